package main

import (
	"context"
	"database/sql"
	"strings"
	"time"

	"github.com/google/uuid"

	"customer-events/test/program"
)

// floor writes batches with hand-written SQL.
type floor struct {
	db *sql.DB
	// keys are those of all references, loaded beforehand. With nil each batch looks up its own.
	keys *referenceKeys
}

// referenceKeys are the database keys of the records that events refer to.
type referenceKeys struct{ accounts, classifications, units map[string]int64 }

func newReferenceKeys() *referenceKeys {
	return &referenceKeys{
		accounts:        map[string]int64{},
		classifications: map[string]int64{},
		units:           map[string]int64{},
	}
}

// loadKeys reads the keys of all references once. The floor then writes the same rows as the server, at
// the same places of the indexes, without a lookup in each batch.
func (f *floor) loadKeys(ctx context.Context) error {
	all := newReferenceKeys()
	if err := f.find(ctx, all, nil, nil, nil); err != nil {
		return err
	}
	f.keys = all
	return nil
}

const floorColumns = 28

var floorInsert = "INSERT INTO web_customer_events (id, account_key, participant_key, classification_key, " +
	"unit_key, " +
	"performed_on, website, description, external_system, external_system_reference_number, " +
	"udf_string_1, udf_string_2, udf_string_3, udf_string_4, udf_string_5, udf_string_6, udf_string_7, " +
	"udf_string_8, " +
	"udf_float_1, udf_float_2, udf_float_3, udf_float_4, udf_date_1, udf_date_2, udf_date_3, udf_date_4, " +
	"created_at, created_by_key) VALUES "

func (f *floor) write(ctx context.Context, batch []program.Event) error {
	keys := f.keys
	if keys == nil {
		keys = newReferenceKeys()
		if err := f.lookUp(ctx, batch, keys); err != nil {
			return err
		}
	}
	now := time.Now().UTC()
	values := make([]any, 0, floorColumns*len(batch))
	for i := range batch {
		e := &batch[i]
		id := uuid.Must(uuid.NewV7())
		values = append(values, id[:], keys.accounts[e.Account.Number], nil,
			keys.classifications[e.Classification.AlternativeCode], keys.units[e.Unit.Name],
			e.PerformedOn, e.Website, e.Description, e.ExternalSystem, e.ExternalSystemReferenceNumber,
			e.UDFString1, e.UDFString2, e.UDFString3, e.UDFString4, e.UDFString5, e.UDFString6, e.UDFString7,
			e.UDFString8,
			e.UDFFloat1, e.UDFFloat2, e.UDFFloat3, e.UDFFloat4, e.UDFDate1, e.UDFDate2, e.UDFDate3,
			e.UDFDate4, now, 1)
	}
	tx, err := f.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	row := "(" + placeholders(floorColumns) + "),"
	if _, err := tx.ExecContext(ctx, floorInsert+strings.TrimSuffix(strings.Repeat(row, len(batch)), ","),
		values...); err != nil {
		_ = tx.Rollback()
		return err
	}
	return tx.Commit()
}

// lookUp finds the keys that a batch needs, with one query for each kind of record.
func (f *floor) lookUp(ctx context.Context, batch []program.Event, keys *referenceKeys) error {
	var numbers, codes, names []any
	for i := range batch {
		e := &batch[i]
		addMissing(keys.accounts, &numbers, e.Account.Number)
		addMissing(keys.classifications, &codes, e.Classification.AlternativeCode)
		addMissing(keys.units, &names, e.Unit.Name)
	}
	return f.find(ctx, keys, numbers, codes, names)
}

// find reads the keys of the records with these values, or of all records of a kind without values.
func (f *floor) find(ctx context.Context, keys *referenceKeys, numbers, codes, names []any) error {
	for _, q := range []struct {
		query, column string
		values        []any
		keys          map[string]int64
	}{
		{"SELECT account_key, number FROM accounts_receivable", "number", numbers, keys.accounts},
		{
			"SELECT classification_key, alternative_code FROM classifications", "alternative_code", codes,
			keys.classifications,
		},
		{"SELECT unit_key, name FROM units", "name", names, keys.units},
	} {
		if len(q.values) > 0 {
			q.query += " WHERE " + q.column + " IN (" + placeholders(len(q.values)) + ")"
		}
		if err := f.readKeys(ctx, q.query, q.values, q.keys); err != nil {
			return err
		}
	}
	return nil
}

// addMissing adds a value to those to look up, once.
func addMissing(keys map[string]int64, values *[]any, value string) {
	if _, added := keys[value]; !added {
		keys[value] = 0
		*values = append(*values, value)
	}
}

func (f *floor) readKeys(ctx context.Context, query string, values []any, keys map[string]int64) error {
	rows, err := f.db.QueryContext(ctx, query, values...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var key int64
		var value string
		if err := rows.Scan(&key, &value); err != nil {
			return err
		}
		keys[value] = key
	}
	return rows.Err()
}

func placeholders(n int) string { return strings.TrimSuffix(strings.Repeat("?,", n), ",") }
