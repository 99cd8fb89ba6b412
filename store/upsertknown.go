package store

import (
	"context"
	"database/sql"
	"strconv"
	"strings"
)

// knownRows are records by the values of each unique column.
type knownRows [3]map[string]*upsertRow

func (k *knownRows) add(row *upsertRow) {
	for c, value := range row.unique {
		if value != "" {
			k[c][value] = row
		}
	}
}

// known reads the records that have any of the rows' unique values, and keeps others from changing them.
func (s *Store) known(ctx context.Context, tx *sql.Tx, t *upsertTable, rows []upsertRow) (known knownRows, err error) {
	for c := range known {
		known[c] = make(map[string]*upsertRow, len(rows))
	}
	byKey := make(map[int64]bool)
	for c, column := range t.columns[:t.unique] {
		var values []any
		for _, row := range rows {
			if row.unique[c] != "" {
				values = append(values, row.unique[c])
			}
		}
		if len(values) == 0 {
			continue
		}
		query := "SELECT " + t.key + ", " + strings.Join(t.columns, ", ") + " FROM " + t.name +
			" WHERE " + column + " IN (" + placeholders(len(values)) + ")" + s.dialect.forUpdate()
		if err := t.read(ctx, tx, query, values, &known, byKey); err != nil {
			return known, err
		}
	}
	return known, nil
}

func (t *upsertTable) read(ctx context.Context, tx *sql.Tx, query string, values []any, known *knownRows, byKey map[int64]bool) error {
	rows, err := tx.QueryContext(ctx, query, values...)
	if err != nil {
		return err
	}
	defer rows.Close()
	into := make([]any, 1+len(t.columns))
	for rows.Next() {
		row, columns := new(upsertRow), make([]sql.NullString, len(t.columns))
		into[0] = &row.key
		for c := range columns {
			into[1+c] = &columns[c]
		}
		if err := rows.Scan(into...); err != nil {
			return err
		}
		for c := range t.unique {
			row.unique[c] = columns[c].String
		}
		row.kept = columns[t.unique:]
		if !byKey[row.key] {
			byKey[row.key] = true
			known.add(row)
		}
	}
	return rows.Err()
}

// same reports whether the table has the row already. Times are not compared: a token that comes with a one-time password is
// written in any case.
func (r *upsertRow) same(row *upsertRow) bool {
	if r.kept == nil || r.unique != row.unique {
		return false
	}
	for i, kept := range r.kept {
		text, null := "", false
		switch value := row.rest[i].(type) {
		case nil:
			null = true
		case string:
			text = value
		case []byte:
			text = string(value)
		case int64:
			text = strconv.FormatInt(value, 10)
		default:
			return false
		}
		if kept.Valid == null || kept.String != text {
			return false
		}
	}
	return true
}
