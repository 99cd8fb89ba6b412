package store

import (
	"context"
	"database/sql"
	"errors"
	"strings"

	mysqldriver "github.com/go-sql-driver/mysql"
)

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
