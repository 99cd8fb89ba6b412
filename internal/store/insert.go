package store

import (
	"context"
	"database/sql"
	"errors"
	"strings"

	mysqldriver "github.com/go-sql-driver/mysql"
)

// eventColumns are the columns of an event, in the order of literals.event and feed.Column. The number is the database's to give.
var eventColumns = []string{
	"id", "account_key", "participant_key", "classification_key", "unit_key", "performed_on", "website", "description",
	"external_system", "external_system_reference_number",
	"udf_string_1", "udf_string_2", "udf_string_3", "udf_string_4", "udf_string_5", "udf_string_6", "udf_string_7", "udf_string_8",
	"udf_float_1", "udf_float_2", "udf_float_3", "udf_float_4", "udf_date_1", "udf_date_2", "udf_date_3", "udf_date_4",
	"created_at", "created_by_key", "identifiers_hash",
}

// insert writes rows of so many values each, in as few statements as the database's limits allow. behind stands behind the
// values: nothing, or dialect.upsert.
func (s *Store) insert(ctx context.Context, tx *sql.Tx, into, behind string, width int, values []any) error {
	row := "(" + placeholders(width) + "),"
	most := s.dialect.maxPlaceholders() / width
	for len(values) > 0 {
		n := min(most, len(values)/width)
		err := splitOnPacketTooLarge(n, func(from, to int) error {
			query := into + strings.TrimSuffix(strings.Repeat(row, to-from), ",") + behind
			_, err := tx.ExecContext(ctx, query, values[from*width:to*width]...)
			return err
		})
		if err != nil {
			return err
		}
		values = values[n*width:]
	}
	return nil
}

// splitOnPacketTooLarge does something with n things at once, or, where that makes a statement larger than MySQL's max_allowed_packet, with
// one half of them and then with the other. The driver knows the limit: of a statement that is too large nothing has been sent.
func splitOnPacketTooLarge(n int, do func(from, to int) error) error {
	var part func(from, to int) error
	part = func(from, to int) error {
		err := do(from, to)
		if to-from < 2 || !errors.Is(err, mysqldriver.ErrPktTooLarge) {
			return err
		}
		middle := (from + to) / 2
		if err := part(from, middle); err != nil {
			return err
		}
		return part(middle, to)
	}
	return part(0, n)
}
