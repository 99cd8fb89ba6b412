-- The events, and the idempotency records of the calls that recorded them. number is the primary key: rows are
-- appended, and "newest first" is the reverse order of the key.
-- +goose Up
CREATE TABLE web_customer_events (
  number                           INTEGER PRIMARY KEY AUTOINCREMENT,
  id                               BLOB NOT NULL,
  account_key                      INTEGER NOT NULL,
  participant_key                  INTEGER NULL,
  classification_key               INTEGER NULL,
  unit_key                         INTEGER NOT NULL,
  performed_on                     DATETIME NOT NULL,
  website                          TEXT NOT NULL,
  description                      TEXT NULL,
  external_system                  TEXT NULL,
  external_system_reference_number TEXT NULL,
  udf_string_1                     TEXT NULL,
  udf_string_2                     TEXT NULL,
  udf_string_3                     TEXT NULL,
  udf_string_4                     TEXT NULL,
  udf_string_5                     TEXT NULL,
  udf_string_6                     TEXT NULL,
  udf_string_7                     TEXT NULL,
  udf_string_8                     TEXT NULL,
  udf_float_1                      REAL NULL,
  udf_float_2                      REAL NULL,
  udf_float_3                      REAL NULL,
  udf_float_4                      REAL NULL,
  udf_date_1                       DATETIME NULL,
  udf_date_2                       DATETIME NULL,
  udf_date_3                       DATETIME NULL,
  udf_date_4                       DATETIME NULL,
  created_at                       DATETIME NOT NULL,
  created_by_key                   INTEGER NOT NULL
);
CREATE UNIQUE INDEX web_customer_events_id ON web_customer_events (id);
CREATE UNIQUE INDEX web_customer_events_external_reference ON web_customer_events (external_system, external_system_reference_number);
CREATE INDEX web_customer_events_account ON web_customer_events (account_key);
CREATE INDEX web_customer_events_participant ON web_customer_events (participant_key);
CREATE INDEX web_customer_events_classification ON web_customer_events (classification_key);
CREATE INDEX web_customer_events_unit ON web_customer_events (unit_key);
CREATE INDEX web_customer_events_performed_on ON web_customer_events (performed_on);
CREATE INDEX web_customer_events_created_at ON web_customer_events (created_at);

CREATE TABLE idempotent_calls (
  call_key    INTEGER PRIMARY KEY AUTOINCREMENT,
  user_key    INTEGER NOT NULL,
  key_hash    BLOB NOT NULL,
  fingerprint BLOB NOT NULL,
  created_at  DATETIME NOT NULL
);
CREATE UNIQUE INDEX idempotent_calls_key ON idempotent_calls (user_key, key_hash);
CREATE INDEX idempotent_calls_created_at ON idempotent_calls (created_at);

CREATE TABLE idempotent_call_events (
  call_key     INTEGER NOT NULL,
  request_hash BLOB NOT NULL,
  number       INTEGER NOT NULL,
  PRIMARY KEY (call_key, request_hash)
) WITHOUT ROWID;

