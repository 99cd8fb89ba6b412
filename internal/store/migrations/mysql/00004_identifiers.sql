-- The keyed hashes of the identifiers that an event with an external reference was sent with: 8 bytes each of the customer's, the
-- classification's and the unit's. By them the same event is known when it is sent again, whatever the identifiers mean by then.
--
-- A start may be interrupted after ALTER TABLE and before the migration is noted as done, and MySQL has no ADD COLUMN IF NOT EXISTS:
-- so the column is looked for first. Servers of the version before go on writing meanwhile, and leave it NULL.
-- +goose NO TRANSACTION
-- +goose Up
SET @add_column = IF((SELECT COUNT(*) FROM information_schema.columns
  WHERE table_schema = DATABASE() AND table_name = 'web_customer_events' AND column_name = 'identifiers_hash') = 0,
  'ALTER TABLE web_customer_events ADD COLUMN identifiers_hash BINARY(24) NULL', 'DO 0');
PREPARE add_column FROM @add_column;
EXECUTE add_column;
DEALLOCATE PREPARE add_column;
