package store

import (
	"context"
	"database/sql"
	"strings"

	"customer-events/models"
)

// eventColumns are the columns of an event, in the order of eventValues. The number is the database's to give.
var eventColumns = []string{
	"id", "account_key", "participant_key", "classification_key", "unit_key", "performed_on", "website", "description",
	"external_system", "external_system_reference_number",
	"udf_string_1", "udf_string_2", "udf_string_3", "udf_string_4", "udf_string_5", "udf_string_6", "udf_string_7", "udf_string_8",
	"udf_float_1", "udf_float_2", "udf_float_3", "udf_float_4", "udf_date_1", "udf_date_2", "udf_date_3", "udf_date_4",
	"created_at", "created_by_key",
}

// eventValues appends an event's values. Pointers are followed here: left to database/sql, each costs a reflection.
func eventValues(to []any, e *models.WebCustomerEvent) []any {
	return append(to, e.ID[:], e.AccountKey, value(e.ParticipantKey), value(e.ClassificationKey), e.UnitKey, e.PerformedOn, e.Website, value(e.Description),
		value(e.ExternalSystem), value(e.ExternalSystemReferenceNumber),
		value(e.UDFString1), value(e.UDFString2), value(e.UDFString3), value(e.UDFString4), value(e.UDFString5), value(e.UDFString6), value(e.UDFString7), value(e.UDFString8),
		value(e.UDFFloat1), value(e.UDFFloat2), value(e.UDFFloat3), value(e.UDFFloat4), value(e.UDFDate1), value(e.UDFDate2), value(e.UDFDate3), value(e.UDFDate4),
		e.CreatedAt, e.CreatedByKey)
}

func value[T any](p *T) any {
	if p == nil {
		return nil
	}
	return *p
}

var insertEvents = "INSERT INTO web_customer_events (" + strings.Join(eventColumns, ", ") + ") VALUES "

func (s *Store) insertEvents(ctx context.Context, tx *sql.Tx, events []*models.WebCustomerEvent) error {
	if s.dialect.literals() {
		return insertLiterals(ctx, tx, events)
	}
	values := make([]any, 0, len(events)*len(eventColumns))
	for _, event := range events {
		values = eventValues(values, event)
	}
	return s.insert(ctx, tx, insertEvents, "", len(eventColumns), values)
}

// insertLiterals writes events as text, in as few statements as maxStatement allows.
func insertLiterals(ctx context.Context, tx *sql.Tx, events []*models.WebCustomerEvent) error {
	text := texts.Get().(*literals)
	defer texts.Put(text)
	for len(events) > 0 {
		n, bytes := 0, len(insertEvents)
		for n < len(events) && (n == 0 || bytes < maxStatement) {
			bytes += size(events[n])
			n++
		}
		text.Reset()
		text.Grow(bytes + bytes/8)
		text.WriteString(insertEvents)
		for i, event := range events[:n] {
			if i > 0 {
				text.WriteByte(',')
			}
			text.event(event)
		}
		if _, err := tx.ExecContext(ctx, text.query()); err != nil {
			return err
		}
		events = events[n:]
	}
	return nil
}

// maxStatement is how many bytes of values one INSERT carries at the most. A thousand usual events have one; only batches of
// very long texts are divided, before a server's smallest usual packet (16 MB, MariaDB) could refuse them even if every byte
// has to be escaped.
const maxStatement = 6 << 20

// insert writes rows of so many values each, in as few statements as the database's limits allow. behind stands behind the
// values: nothing, or dialect.upsert.
func (s *Store) insert(ctx context.Context, tx *sql.Tx, into, behind string, width int, values []any) error {
	most := s.dialect.maxPlaceholders() / width * width
	row := "(" + placeholders(width) + "),"
	for len(values) > 0 {
		n, size := 0, 0
		for n < len(values) && n < most && size < maxStatement {
			for _, v := range values[n : n+width] {
				if text, ok := v.(string); ok {
					size += len(text)
				}
			}
			n += width
		}
		query := into + strings.TrimSuffix(strings.Repeat(row, n/width), ",") + behind
		if _, err := tx.ExecContext(ctx, query, values[:n]...); err != nil {
			return err
		}
		values = values[n:]
	}
	return nil
}
