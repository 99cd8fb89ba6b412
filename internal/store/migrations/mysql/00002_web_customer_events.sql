-- The events, and the idempotency records of the calls that recorded them.
--
-- number is the primary key: rows are appended, and "newest first" is the reverse order of the key. The references to
-- other tables are not foreign keys: those tables never lose a row, and checking four parents for each of 1000 rows
-- would lock rows that all calls use.
--
-- The clauses in /*T! */ are for TiDB. For other servers they are comments. They cannot be added to a table later. With
-- AUTO_ID_CACHE 1, all TiDB servers share one counter, so that numbers ascend across servers. By default each server
-- reserves 30,000 numbers. With SHARD_ROW_ID_BITS, rows are stored in 16 regions. In the order of their numbers, all
-- servers would write to the same region of one TiKV node.
-- +goose NO TRANSACTION
-- +goose Up
CREATE TABLE IF NOT EXISTS web_customer_events (
  number                           BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY /*T![clustered_index] NONCLUSTERED */,
  id                               BINARY(16) NOT NULL,
  account_key                      BIGINT NOT NULL,
  participant_key                  BIGINT NULL,
  classification_key               BIGINT NULL,
  unit_key                         BIGINT NOT NULL,
  performed_on                     DATETIME(6) NOT NULL,
  website                          VARCHAR(2048) NOT NULL,
  description                      VARCHAR(4000) NULL,
  external_system                  VARBINARY(1020) NULL,
  external_system_reference_number VARBINARY(1020) NULL,
  udf_string_1                     VARCHAR(255) NULL,
  udf_string_2                     VARCHAR(255) NULL,
  udf_string_3                     VARCHAR(255) NULL,
  udf_string_4                     VARCHAR(255) NULL,
  udf_string_5                     VARCHAR(255) NULL,
  udf_string_6                     VARCHAR(255) NULL,
  udf_string_7                     VARCHAR(255) NULL,
  udf_string_8                     VARCHAR(255) NULL,
  udf_float_1                      DOUBLE NULL,
  udf_float_2                      DOUBLE NULL,
  udf_float_3                      DOUBLE NULL,
  udf_float_4                      DOUBLE NULL,
  udf_date_1                       DATETIME(6) NULL,
  udf_date_2                       DATETIME(6) NULL,
  udf_date_3                       DATETIME(6) NULL,
  udf_date_4                       DATETIME(6) NULL,
  created_at                       DATETIME(6) NOT NULL,
  created_by_key                   BIGINT NOT NULL,
  UNIQUE KEY web_customer_events_id (id),
  UNIQUE KEY web_customer_events_external_reference (external_system, external_system_reference_number),
  KEY web_customer_events_account (account_key),
  KEY web_customer_events_participant (participant_key),
  KEY web_customer_events_classification (classification_key),
  KEY web_customer_events_unit (unit_key),
  KEY web_customer_events_performed_on (performed_on),
  KEY web_customer_events_created_at (created_at)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin /*T![auto_id_cache] AUTO_ID_CACHE 1 */ /*T! SHARD_ROW_ID_BITS = 4 */;

CREATE TABLE IF NOT EXISTS idempotent_calls (
  call_key    BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  user_key    BIGINT NOT NULL,
  key_hash    BINARY(32) NOT NULL,
  fingerprint BINARY(32) NOT NULL,
  created_at  DATETIME(6) NOT NULL,
  UNIQUE KEY idempotent_calls_key (user_key, key_hash),
  KEY idempotent_calls_created_at (created_at)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;

CREATE TABLE IF NOT EXISTS idempotent_call_events (
  call_key     BIGINT NOT NULL,
  request_hash BINARY(32) NOT NULL,
  number       BIGINT NOT NULL,
  PRIMARY KEY (call_key, request_hash)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_bin;
