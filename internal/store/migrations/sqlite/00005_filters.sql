-- Every filter by one attribute has an index that gives the events newest first. The external reference stays unique: its index
-- only begins with the number now, so that it serves a filter by the number alone too. A second index beside the old one would cost
-- every insert more.
-- +goose Up
CREATE UNIQUE INDEX web_customer_events_reference_number ON web_customer_events (external_system_reference_number, external_system);
CREATE INDEX web_customer_events_external_system ON web_customer_events (external_system);
DROP INDEX web_customer_events_external_reference;
