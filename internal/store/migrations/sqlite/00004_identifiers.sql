-- The keyed hashes of the identifiers that an event with an external reference was sent with: 8 bytes each of the customer's, the
-- classification's and the unit's. By them the same event is known when it is sent again, whatever the identifiers mean by then.
-- +goose Up
ALTER TABLE web_customer_events ADD COLUMN identifiers_hash BLOB NULL;
