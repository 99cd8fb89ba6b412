package store

import (
	"context"
	"database/sql"
	"strings"
)

// insert writes rows of width values each, in as few statements as the database's limits allow. into is the
// statement up to VALUES, and suffix its end: empty, or dialect.upsert.
func (s *Store) insert(
	ctx context.Context, tx *sql.Tx, into, suffix string, width int, values []any,
) error {
	row := "(" + placeholders(width) + "),"
	maxRows := s.dialect.maxPlaceholders() / width
	for len(values) > 0 {
		n := min(maxRows, len(values)/width)
		err := splitStatement(s.dialect, n, func(from, to int) error {
			query := into + strings.TrimSuffix(strings.Repeat(row, to-from), ",") + suffix
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

// splitStatement calls run for n items with one statement, or with halves of them if the statement is too
// large for the server. The driver knows the server's limit, and sends nothing of a statement that
// exceeds it.
func splitStatement(d dialect, n int, run func(from, to int) error) error {
	var part func(from, to int) error
	part = func(from, to int) error {
		err := run(from, to)
		if to-from < 2 || !d.isStatementTooLarge(err) {
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
