package store

import (
	"context"
	"database/sql"
	"strings"
	"time"

	"customer-events/models"
)

// storedRecord is a record of the table. The values are string, int64, hash, storedTime, or nil.
type storedRecord struct {
	key    int64
	values []any
}

// storedRecords are the records that an upsert may change or conflict with, by key and by the values of
// the columns that it looks up.
type storedRecords struct {
	byKey   map[int64]*storedRecord
	byValue map[columnValue][]*storedRecord
}

// columnValue is a value in a column.
type columnValue struct {
	column int
	value  any
}

// lookups returns the values to look up for the rows, by column: the values of the unique columns, and
// the secrets that no other token may have.
func (t *upsertTable) lookups(rows []models.Upsert) [][]any {
	values := make([][]any, len(t.columns))
	seen := make(map[columnValue]bool, len(rows))
	add := func(column int, value any) {
		if value != nil && !seen[columnValue{column, value}] {
			seen[columnValue{column, value}] = true
			values[column] = append(values[column], value)
		}
	}
	for i := range rows {
		for c, value := range rows[i].Values {
			switch value := value.(type) {
			case string:
				if c < t.unique || c == tokenIdentifier {
					add(c, value)
				}
			case *models.HashedSecret:
				if value.Same == nil {
					add(c, hash(value.Hash))
					for _, older := range value.Older {
						add(c, hash(older))
					}
				}
			}
		}
	}
	return values
}

// read reads and locks the records that have any of the rows' values.
func (t *upsertTable) read(
	ctx context.Context, s *Store, tx *sql.Tx, rows []models.Upsert,
) (*storedRecords, error) {
	found := &storedRecords{
		byKey:   make(map[int64]*storedRecord, len(rows)),
		byValue: make(map[columnValue][]*storedRecord, len(rows)),
	}
	for c, values := range t.lookups(rows) {
		if err := t.readBy(ctx, s, tx, c, values, found); err != nil {
			return nil, err
		}
	}
	// The pass code of a row is compared with the pass codes of all tokens with the same identifier. If
	// the row does not change the identifier, it is the stored one.
	if len(t.columns) > tokenPassCode {
		var identifiers []any
		for i := range rows {
			_, hasPassCode := rows[i].Values[tokenPassCode].(*models.HashedSecret)
			if hasPassCode && rows[i].Values[tokenIdentifier] == models.Keep {
				for _, own := range found.byValue[columnValue{tokenNumber, rows[i].Values[tokenNumber]}] {
					if own.values[tokenIdentifier] != nil {
						identifiers = append(identifiers, own.values[tokenIdentifier])
					}
				}
			}
		}
		if err := t.readBy(ctx, s, tx, tokenIdentifier, identifiers, found); err != nil {
			return nil, err
		}
	}
	return found, nil
}

// maxLookups limits the values that one SELECT looks up: a call may have more values than a statement may
// have placeholders.
const maxLookups = 5000

// readBy reads and locks the records that have one of the values in a column.
func (t *upsertTable) readBy(
	ctx context.Context, s *Store, tx *sql.Tx, column int, values []any, found *storedRecords,
) error {
	for len(values) > 0 {
		n := min(len(values), maxLookups)
		err := splitStatement(s.dialect, n, func(from, to int) error {
			arguments := make([]any, 0, to-from)
			for _, value := range values[from:to] {
				arguments = append(arguments, argument(value))
			}
			query := "SELECT " + t.key + ", " + t.names() + " FROM " + t.name + " WHERE " + t.columns[column].name +
				" IN (" + placeholders(len(arguments)) + ")" + s.dialect.forUpdate()
			return t.scan(ctx, tx, query, arguments, found)
		})
		if err != nil {
			return err
		}
		values = values[n:]
	}
	return nil
}

// scan adds the records of a query to found.
func (t *upsertTable) scan(
	ctx context.Context, tx *sql.Tx, query string, arguments []any, found *storedRecords,
) error {
	rows, err := tx.QueryContext(ctx, query, arguments...)
	if err != nil {
		return err
	}
	defer rows.Close()
	into := make([]any, 1+len(t.columns))
	for i, column := range t.columns {
		switch column.kind {
		case isKey:
			into[1+i] = new(sql.NullInt64)
		case isTime:
			into[1+i] = new(sql.NullTime)
		default:
			into[1+i] = new(sql.NullString)
		}
	}
	for rows.Next() {
		record := &storedRecord{values: make([]any, len(t.columns))}
		into[0] = &record.key
		if err := rows.Scan(into...); err != nil {
			return err
		}
		if found.byKey[record.key] != nil {
			continue
		}
		for i := range t.columns {
			record.values[i] = t.columns[i].stored(into[1+i])
		}
		found.byKey[record.key] = record
		for c, value := range record.values {
			if value != nil && t.lookedUp(c) {
				at := columnValue{c, value}
				found.byValue[at] = append(found.byValue[at], record)
			}
		}
	}
	return rows.Err()
}

// stored returns a scanned value in the form of storedRecord.
func (c upsertColumn) stored(scanned any) any {
	switch value := scanned.(type) {
	case *sql.NullInt64:
		if value.Valid {
			return value.Int64
		}
	case *sql.NullTime:
		if value.Valid {
			return storedTime(value.Time.UnixMicro())
		}
	case *sql.NullString:
		if value.Valid && c.kind == isHash {
			return hash(value.String)
		} else if value.Valid {
			return value.String
		}
	}
	return nil
}

// lookedUp reports whether a value of the column can conflict with another row.
func (t *upsertTable) lookedUp(column int) bool {
	return column < t.unique || t.columns[column].kind == isHash && column != tokenPassCode ||
		column == tokenIdentifier && len(t.columns) > tokenIdentifier
}

// names returns the list of the columns as SQL.
func (t *upsertTable) names() string {
	names := make([]string, len(t.columns))
	for i, column := range t.columns {
		names[i] = column.name
	}
	return strings.Join(names, ", ")
}

// argument returns a stored value as the driver expects it.
func argument(value any) any {
	switch value := value.(type) {
	case hash:
		return []byte(value)
	case storedTime:
		return time.UnixMicro(int64(value)).UTC()
	}
	return value
}
