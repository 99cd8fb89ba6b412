package main

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
)

// floor writes batches by hand.
type floor struct {
	db *sql.DB
	// lookups is whether references are looked up first.
	lookups bool
}

const floorColumns = 28

var floorInsert = "INSERT INTO web_customer_events (id, account_key, participant_key, classification_key, unit_key, performed_on, website, description, " +
	"external_system, external_system_reference_number, udf_string_1, udf_string_2, udf_string_3, udf_string_4, udf_string_5, udf_string_6, udf_string_7, udf_string_8, " +
	"udf_float_1, udf_float_2, udf_float_3, udf_float_4, udf_date_1, udf_date_2, udf_date_3, udf_date_4, created_at, created_by_key) VALUES "

func (f *floor) write(ctx context.Context, batch []event) error {
	accountKeys, classificationKeys, unitKeys := map[string]int64{}, map[string]int64{}, map[string]int64{}
	if f.lookups {
		var numbers, codes, names []any
		for i := range batch {
			e := &batch[i]
			ask(accountKeys, &numbers, e.Account.Number)
			ask(classificationKeys, &codes, e.Classification.AlternativeCode)
			ask(unitKeys, &names, e.Unit.Name)
		}
		for _, q := range []struct {
			query  string
			values []any
			keys   map[string]int64
		}{
			{"SELECT account_key, number FROM accounts_receivable WHERE number IN (%s)", numbers, accountKeys},
			{"SELECT classification_key, alternative_code FROM classifications WHERE alternative_code IN (%s)", codes, classificationKeys},
			{"SELECT unit_key, name FROM units WHERE name IN (%s)", names, unitKeys},
		} {
			if err := f.keys(ctx, q.query, q.values, q.keys); err != nil {
				return err
			}
		}
	}
	now := time.Now().UTC()
	values := make([]any, 0, floorColumns*len(batch))
	for i := range batch {
		e := &batch[i]
		id := uuid.Must(uuid.NewV7())
		values = append(values, id[:], accountKeys[e.Account.Number], nil, classificationKeys[e.Classification.AlternativeCode], unitKeys[e.Unit.Name],
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

func ask(keys map[string]int64, values *[]any, value string) {
	if _, asked := keys[value]; !asked {
		keys[value] = 0
		*values = append(*values, value)
	}
}

func (f *floor) keys(ctx context.Context, query string, values []any, keys map[string]int64) error {
	rows, err := f.db.QueryContext(ctx, fmt.Sprintf(query, marks(len(values))), values...)
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
