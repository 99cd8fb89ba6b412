-- Counters of failed attempts at secrets, and API users that are disabled.
-- +goose Up
CREATE TABLE failed_attempts (
  subject  BLOB NOT NULL PRIMARY KEY,
  failures INTEGER NOT NULL,
  ends_at  DATETIME NOT NULL
) WITHOUT ROWID;
CREATE INDEX failed_attempts_ends_at ON failed_attempts (ends_at);

CREATE TABLE disabled_users (
  user_key    INTEGER NOT NULL PRIMARY KEY,
  disabled_at DATETIME NOT NULL
);
