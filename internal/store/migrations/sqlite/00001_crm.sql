-- The CRM's reference data, the API users and their sessions.
--
-- SQLite compares text by bytes. The tables are not STRICT, because a strict table cannot have DATETIME columns, and
-- from that type the driver knows that a number is a time (microseconds since 1970, UTC). The program checks lengths.
-- +goose Up
CREATE TABLE accounts_receivable (
  account_key INTEGER PRIMARY KEY AUTOINCREMENT,
  id          TEXT NOT NULL,
  number      TEXT NOT NULL,
  name        TEXT NOT NULL
);
CREATE UNIQUE INDEX accounts_receivable_id ON accounts_receivable (id);
CREATE UNIQUE INDEX accounts_receivable_number ON accounts_receivable (number);
CREATE INDEX accounts_receivable_name ON accounts_receivable (name);

CREATE TABLE rewards_participants (
  participant_key INTEGER PRIMARY KEY AUTOINCREMENT,
  id              TEXT NOT NULL,
  number          TEXT NOT NULL,
  account_key     INTEGER NOT NULL
);
CREATE UNIQUE INDEX rewards_participants_id ON rewards_participants (id);
CREATE UNIQUE INDEX rewards_participants_number ON rewards_participants (number);

CREATE TABLE access_tokens (
  access_token_key             INTEGER PRIMARY KEY AUTOINCREMENT,
  number                       TEXT NOT NULL,
  participant_key              INTEGER NOT NULL,
  state                        TEXT NOT NULL,
  authentication_code_hash     BLOB NULL,
  identifier                   TEXT NULL,
  pass_code_hash               BLOB NULL,
  one_time_password_hash       BLOB NULL,
  one_time_password_expires_at DATETIME NULL,
  one_time_password_spent_at   DATETIME NULL
);
CREATE UNIQUE INDEX access_tokens_number ON access_tokens (number);
CREATE INDEX access_tokens_authentication_code ON access_tokens (authentication_code_hash);
CREATE INDEX access_tokens_identifier ON access_tokens (identifier);
CREATE INDEX access_tokens_one_time_password ON access_tokens (one_time_password_hash);

CREATE TABLE classifications (
  classification_key INTEGER PRIMARY KEY AUTOINCREMENT,
  id                 TEXT NOT NULL,
  name               TEXT NOT NULL,
  alternative_code   TEXT NULL,
  type               TEXT NOT NULL
);
CREATE UNIQUE INDEX classifications_id ON classifications (id);
CREATE UNIQUE INDEX classifications_name ON classifications (name);
CREATE UNIQUE INDEX classifications_alternative_code ON classifications (alternative_code);

CREATE TABLE units (
  unit_key         INTEGER PRIMARY KEY AUTOINCREMENT,
  id               TEXT NOT NULL,
  name             TEXT NOT NULL,
  alternative_code TEXT NULL
);
CREATE UNIQUE INDEX units_id ON units (id);
CREATE UNIQUE INDEX units_name ON units (name);
CREATE UNIQUE INDEX units_alternative_code ON units (alternative_code);

CREATE TABLE api_users (
  user_key      INTEGER PRIMARY KEY AUTOINCREMENT,
  name          TEXT NOT NULL,
  password_hash TEXT NOT NULL,
  created_at    DATETIME NOT NULL
);
CREATE UNIQUE INDEX api_users_name ON api_users (name);

-- The units that a user is limited to. A user without a row here may use all units.
CREATE TABLE api_user_units (
  user_key INTEGER NOT NULL,
  unit_key INTEGER NOT NULL,
  PRIMARY KEY (user_key, unit_key)
) WITHOUT ROWID;


-- Session tokens are stored as their SHA-256 only.
CREATE TABLE sessions (
  token_hash BLOB NOT NULL PRIMARY KEY,
  user_key   INTEGER NOT NULL,
  created_at DATETIME NOT NULL,
  expires_at DATETIME NOT NULL
) WITHOUT ROWID;
CREATE INDEX sessions_expires_at ON sessions (expires_at);
