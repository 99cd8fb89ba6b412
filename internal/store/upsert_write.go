package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"

	"customer-events/models"
)

// vacated is how the value begins that a unique column has between the two steps of an exchange. No
// imported value has a control character.
const vacated = "\x01"

// write writes the rows that are not refused: the changed ones by the key of their record, then the new
// ones. ON DUPLICATE KEY UPDATE alone must not decide: on MySQL it means any unique key, and would write a
// row over the record that happens to have its id.
//
// A value that one row gives up and another takes is first replaced, since a database checks unique keys
// row by row.
func (p *upsertPlan) write(ctx context.Context, tx *sql.Tx) error {
	if err := p.vacate(ctx, tx); err != nil {
		return err
	}
	var changed, added []any
	for i := range p.rows {
		row := &p.rows[i]
		switch row.outcome.Change {
		case models.Changed:
			changed = append(changed, row.record.key)
			changed = appendArguments(changed, row.values)
		case models.Added:
			added = appendArguments(added, row.values)
		}
	}
	t, columns := p.table, make([]string, len(p.table.columns))
	for i, column := range t.columns {
		columns[i] = column.name
	}
	if err := p.store.insert(ctx, tx, "INSERT INTO "+t.name+" ("+t.key+", "+t.names()+") VALUES ",
		p.store.dialect.upsert(t.key, columns), 1+len(columns), changed); err != nil {
		return err
	}
	return p.store.insert(ctx, tx, "INSERT INTO "+t.name+" ("+t.names()+") VALUES ", "", len(columns), added)
}

func (p *upsertPlan) vacate(ctx context.Context, tx *sql.Tx) error {
	keys := make([][]any, p.table.unique)
	for _, list := range p.waiting {
		for _, w := range list {
			// New records are written last, when the value is free.
			if w.claim.column < p.table.unique && p.rows[w.row].outcome.Change == models.Changed {
				keys[w.claim.column] = append(keys[w.claim.column], w.holder.key)
			}
		}
	}
	for c, keys := range keys {
		slices.SortFunc(keys, func(a, b any) int { return int(min(max(a.(int64)-b.(int64), -1), 1)) })
		for part := range slices.Chunk(keys, valuesAtOnce) {
			column := p.table.columns[c].name
			query := fmt.Sprintf("UPDATE %s SET %s = CONCAT(?, %s) WHERE %s IN (%s)", p.table.name, column, p.table.key, p.table.key,
				placeholders(len(part)))
			if _, err := tx.ExecContext(ctx, query, append([]any{vacated}, part...)...); err != nil {
				return err
			}
		}
	}
	return nil
}

func appendArguments(to, values []any) []any {
	for _, value := range values {
		to = append(to, argument(value))
	}
	return to
}

// written is a value of a row as it is compared with a stored one.
func written(given any) any {
	switch given := given.(type) {
	case *models.HashedSecret:
		return hash(given.Hash)
	case time.Time:
		return storedTime(given.UnixMicro())
	}
	return given
}
