-- An index for every filter by one attribute, in which the events are ordered by number. The external reference stays
-- unique. Its index now begins with the reference number, so that it also serves a filter by this number alone. A
-- second index besides the old one would make every insert slower.
-- +goose Up
CREATE UNIQUE INDEX web_customer_events_reference_number ON web_customer_events (external_system_reference_number, external_system);
CREATE INDEX web_customer_events_external_system ON web_customer_events (external_system);
DROP INDEX web_customer_events_external_reference;
