-- The CRM's reference data, the API users and their sessions.
--
-- Identifying columns are VARBINARY, which compares bytes on every server. No collation that MySQL, MariaDB and TiDB
-- share does that: for utf8mb4_bin, 'ACR1 ' equals 'ACR1'. 255 characters need at most 1020 bytes.
--
-- Every statement can run again: DDL is not transactional on MySQL, so a start may be interrupted between two of them.
-- Every table names its engine and row format, because the default may be an engine without transactions (MyISAM,
-- Aria), or a row format with a limit for keys that is too low (COMPACT).
-- +goose NO TRANSACTION
-- +goose Up
CREATE TABLE IF NOT EXISTS accounts_receivable (
  account_key BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  id          VARBINARY(1020) NOT NULL,
  number      VARBINARY(1020) NOT NULL,
  name        VARBINARY(1020) NOT NULL,
  UNIQUE KEY accounts_receivable_id (id),
  UNIQUE KEY accounts_receivable_number (number),
  KEY accounts_receivable_name (name)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

CREATE TABLE IF NOT EXISTS rewards_participants (
  participant_key BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  id              VARBINARY(1020) NOT NULL,
  number          VARBINARY(1020) NOT NULL,
  account_key     BIGINT NOT NULL,
  UNIQUE KEY rewards_participants_id (id),
  UNIQUE KEY rewards_participants_number (number)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

CREATE TABLE IF NOT EXISTS access_tokens (
  access_token_key             BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  number                       VARBINARY(1020) NOT NULL,
  participant_key              BIGINT NOT NULL,
  state                        VARCHAR(32) NOT NULL,
  authentication_code_hash     VARBINARY(32) NULL,
  identifier                   VARBINARY(1020) NULL,
  pass_code_hash               VARBINARY(32) NULL,
  one_time_password_hash       VARBINARY(32) NULL,
  one_time_password_expires_at DATETIME(6) NULL,
  one_time_password_spent_at   DATETIME(6) NULL,
  UNIQUE KEY access_tokens_number (number),
  KEY access_tokens_authentication_code (authentication_code_hash),
  KEY access_tokens_identifier (identifier),
  KEY access_tokens_one_time_password (one_time_password_hash)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

CREATE TABLE IF NOT EXISTS classifications (
  classification_key BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  id                 VARBINARY(1020) NOT NULL,
  name               VARBINARY(1020) NOT NULL,
  alternative_code   VARBINARY(1020) NULL,
  type               VARCHAR(64) NOT NULL,
  UNIQUE KEY classifications_id (id),
  UNIQUE KEY classifications_name (name),
  UNIQUE KEY classifications_alternative_code (alternative_code)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

CREATE TABLE IF NOT EXISTS units (
  unit_key         BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  id               VARBINARY(1020) NOT NULL,
  name             VARBINARY(1020) NOT NULL,
  alternative_code VARBINARY(1020) NULL,
  UNIQUE KEY units_id (id),
  UNIQUE KEY units_name (name),
  UNIQUE KEY units_alternative_code (alternative_code)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

CREATE TABLE IF NOT EXISTS api_users (
  user_key      BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  name          VARBINARY(1020) NOT NULL,
  password_hash VARCHAR(255) NOT NULL,
  created_at    DATETIME(6) NOT NULL,
  UNIQUE KEY api_users_name (name)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- The units that a user is limited to. A user without a row here may use all units.
CREATE TABLE IF NOT EXISTS api_user_units (
  user_key BIGINT NOT NULL,
  unit_key BIGINT NOT NULL,
  PRIMARY KEY (user_key, unit_key)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- Session tokens are stored as their SHA-256 only.
CREATE TABLE IF NOT EXISTS sessions (
  token_hash BINARY(32) NOT NULL PRIMARY KEY,
  user_key   BIGINT NOT NULL,
  created_at DATETIME(6) NOT NULL,
  expires_at DATETIME(6) NOT NULL,
  KEY sessions_expires_at (expires_at)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;
