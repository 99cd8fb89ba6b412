-- The CRM's reference data, and who may call.
--
-- Identifying columns are VARBINARY: they match byte for byte on every server, which no collation that MySQL, MariaDB and
-- TiDB share does (utf8mb4_bin takes 'ACR1 ' for 'ACR1'). 1020 bytes hold 255 characters.
-- Every statement can be run again: DDL is not transactional here, and a start may be interrupted between two of them.
-- Engine and row format are named: a server's default may be an engine without transactions (MyISAM, Aria), or a row format
-- whose keys are too short for these (COMPACT).
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

-- The units that a user is limited to; a user without a row here may use all.
CREATE TABLE IF NOT EXISTS api_user_units (
  user_key BIGINT NOT NULL,
  unit_key BIGINT NOT NULL,
  PRIMARY KEY (user_key, unit_key)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

-- Tokens are kept as their SHA-256 only.
CREATE TABLE IF NOT EXISTS sessions (
  token_hash BINARY(32) NOT NULL PRIMARY KEY,
  user_key   BIGINT NOT NULL,
  created_at DATETIME(6) NOT NULL,
  expires_at DATETIME(6) NOT NULL,
  KEY sessions_expires_at (expires_at)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;
