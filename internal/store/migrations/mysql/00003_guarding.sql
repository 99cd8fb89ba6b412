-- Counters of failed attempts at secrets, and API users that are disabled.
-- +goose NO TRANSACTION
-- +goose Up
CREATE TABLE IF NOT EXISTS failed_attempts (
  subject  BINARY(32) NOT NULL PRIMARY KEY,
  failures INT NOT NULL,
  ends_at  DATETIME(6) NOT NULL,
  KEY failed_attempts_ends_at (ends_at)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- This is a table and not a column of api_users, because ADD COLUMN cannot run again after an interruption.
CREATE TABLE IF NOT EXISTS disabled_users (
  user_key    BIGINT NOT NULL PRIMARY KEY,
  disabled_at DATETIME(6) NOT NULL
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;
