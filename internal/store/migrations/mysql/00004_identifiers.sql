-- Keyed hashes of the identifiers in the request of an event with an external reference: 8 bytes each of the
-- customer's, the classification's and the unit's. With them a replay is recognised even if the identifiers have since
-- come to mean other records.
--
-- The migration first checks whether the column exists: a start may be interrupted between ALTER TABLE and the record of
-- the migration, and MySQL has no ADD COLUMN IF NOT EXISTS. Servers of the previous version may write meanwhile, and
-- leave the column NULL.
-- +goose NO TRANSACTION
-- +goose Up
SET @add_column = IF((SELECT COUNT(*) FROM information_schema.columns
  WHERE table_schema = DATABASE() AND table_name = 'web_customer_events' AND column_name = 'identifiers_hash') = 0,
  'ALTER TABLE web_customer_events ADD COLUMN identifiers_hash BINARY(24) NULL', 'DO 0');
PREPARE add_column FROM @add_column;
EXECUTE add_column;
DEALLOCATE PREPARE add_column;
