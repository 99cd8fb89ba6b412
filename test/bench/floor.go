package main

import (
	"context"
	"database/sql"
	"strings"
	"time"

	"github.com/google/uuid"
)

// floor writes batches by hand.
type floor struct {
	db *sql.DB
	// known are the keys of the references, if they are known beforehand; else each batch looks up its own.
	known *keys
}

// keys are those of the records that events point at.
type keys struct{ accounts, classifications, units map[string]int64 }

func newKeys() *keys {
	return &keys{accounts: map[string]int64{}, classifications: map[string]int64{}, units: map[string]int64{}}
}

// learn finds the keys of all references, once: the rows are then the very ones that the server writes, and go to the same places
// of the indexes.
func (f *floor) learn(ctx context.Context) error {
	all := newKeys()
	if err := f.find(ctx, all, nil, nil, nil); err != nil {
		return err
	}
	f.known = all
	return nil
}

const floorColumns = 28

var floorInsert = "INSERT INTO web_customer_events (id, account_key, participant_key, classification_key, unit_key, performed_on, website, description, " +
	"external_system, external_system_reference_number, udf_string_1, udf_string_2, udf_string_3, udf_string_4, udf_string_5, udf_string_6, udf_string_7, udf_string_8, " +
	"udf_float_1, udf_float_2, udf_float_3, udf_float_4, udf_date_1, udf_date_2, udf_date_3, udf_date_4, created_at, created_by_key) VALUES "

func (f *floor) write(ctx context.Context, batch []event) error {
	keys := f.known
	if keys == nil {
		keys = newKeys()
		if err := f.lookUp(ctx, batch, keys); err != nil {
			return err
		}
	}
	now := time.Now().UTC()
	values := make([]any, 0, floorColumns*len(batch))
	for i := range batch {
		e := &batch[i]
		id := uuid.Must(uuid.NewV7())
		values = append(values, id[:], keys.accounts[e.Account.Number], nil, keys.classifications[e.Classification.AlternativeCode], keys.units[e.Unit.Name],
			e.PerformedOn, e.Website, e.Description, e.ExternalSystem, e.ExternalSystemReferenceNumber,
			e.UDFString1, e.UDFString2, e.UDFString3, e.UDFString4, e.UDFString5, e.UDFString6, e.UDFString7, e.UDFString8,
			e.UDFFloat1, e.UDFFloat2, e.UDFFloat3, e.UDFFloat4, e.UDFDate1, e.UDFDate2, e.UDFDate3, e.UDFDate4, now, 1)
	}
	tx, err := f.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	row := "(" + marks(floorColumns) + "),"
	if _, err := tx.ExecContext(ctx, floorInsert+strings.TrimSuffix(strings.Repeat(row, len(batch)), ","), values...); err != nil {
		_ = tx.Rollback()
		return err
	}
	return tx.Commit()
}

// lookUp finds the keys that a batch needs, those of a kind at once.
func (f *floor) lookUp(ctx context.Context, batch []event, keys *keys) error {
	var numbers, codes, names []any
	for i := range batch {
		e := &batch[i]
		ask(keys.accounts, &numbers, e.Account.Number)
		ask(keys.classifications, &codes, e.Classification.AlternativeCode)
		ask(keys.units, &names, e.Unit.Name)
	}
	return f.find(ctx, keys, numbers, codes, names)
}

// find reads the keys of the records that have the values, or of all where there are no values; a question for each kind.
func (f *floor) find(ctx context.Context, keys *keys, numbers, codes, names []any) error {
	for _, q := range []struct {
		query, column string
		values        []any
		keys          map[string]int64
	}{
		{"SELECT account_key, number FROM accounts_receivable", "number", numbers, keys.accounts},
		{"SELECT classification_key, alternative_code FROM classifications", "alternative_code", codes, keys.classifications},
		{"SELECT unit_key, name FROM units", "name", names, keys.units},
	} {
		if len(q.values) > 0 {
			q.query += " WHERE " + q.column + " IN (" + marks(len(q.values)) + ")"
		}
		if err := f.read(ctx, q.query, q.values, q.keys); err != nil {
			return err
		}
	}
	return nil
}

func ask(keys map[string]int64, values *[]any, value string) {
	if _, asked := keys[value]; !asked {
		keys[value] = 0
		*values = append(*values, value)
	}
}

func (f *floor) read(ctx context.Context, query string, values []any, keys map[string]int64) error {
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

func marks(n int) string { return strings.TrimSuffix(strings.Repeat("?,", n), ",") }
