-- Keyed hashes of the identifiers in the request of an event with an external reference: 8 bytes each of the
-- customer's, the classification's and the unit's. With them a replay is recognised even if the identifiers have since
-- come to mean other records.
-- +goose Up
ALTER TABLE web_customer_events ADD COLUMN identifiers_hash BLOB NULL;
