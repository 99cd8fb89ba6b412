-- Every filter by one attribute has an index that gives the events newest first. The external reference stays unique: its index
-- only begins with the number now, so that it serves a filter by the number alone too. A second index beside the old one would cost
-- every insert more.
--
-- MySQL has no IF NOT EXISTS for indexes, hence the prepared statements: each can be run again. The table is read once.
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
