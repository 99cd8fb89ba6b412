-- An index for every filter by one attribute, in which the events are ordered by number. The external reference stays
-- unique. Its index now begins with the reference number, so that it also serves a filter by this number alone. A
-- second index besides the old one would make every insert slower.
--
-- MySQL has no IF NOT EXISTS for indexes. The prepared statements check for the indexes, so that each can run again. One
-- ALTER TABLE adds both indexes, so that the server reads the table once.
-- +goose NO TRANSACTION
-- +goose Up
SET @ddl = (SELECT IF(COUNT(*) > 0, 'DO 0', 'ALTER TABLE web_customer_events
    ADD UNIQUE KEY web_customer_events_reference_number (external_system_reference_number, external_system),
    ADD KEY web_customer_events_external_system (external_system)')
  FROM information_schema.statistics WHERE table_schema = DATABASE() AND table_name = 'web_customer_events'
    AND index_name = 'web_customer_events_external_system');
PREPARE ddl FROM @ddl;
EXECUTE ddl;
SET @ddl = (SELECT IF(COUNT(*) = 0, 'DO 0', 'ALTER TABLE web_customer_events
    DROP KEY web_customer_events_external_reference')
  FROM information_schema.statistics WHERE table_schema = DATABASE() AND table_name = 'web_customer_events'
    AND index_name = 'web_customer_events_external_reference');
PREPARE ddl FROM @ddl;
EXECUTE ddl;
DEALLOCATE PREPARE ddl;
