package store

import (
	"context"
	"database/sql"
	"errors"

	"github.com/google/uuid"

	"customer-events/models"
)

// upsertPlan is the result of the rows of one transaction, before it is written.
type upsertPlan struct {
	*upserter
	stored  *storedRecords
	rows    []plannedRow
	byKey   map[int64]int         // the row of a stored record
	byValue map[columnValue][]int // the rows that lead to a value
	// waiting are the rows that take a value from the record of another row, by the index of that row.
	waiting map[int][]wanted
	// rejected are the rejected rows whose waiting rows have not been rejected yet.
	rejected []int
}

// plannedRow is a row with its record, which is nil for a new one, and the values that the record will
// have.
type plannedRow struct {
	row     *models.Upsert
	record  *storedRecord
	values  []any
	claims  []claim
	outcome models.Upserted
}

// wanted is a value that a row takes from the record that has it.
type wanted struct {
	row    int
	claim  *claim
	holder *storedRecord
}

var (
	errRepeated = errors.New("another row has the same record: give each record one row")
	errPair     = errors.New("identifier and pass_code belong together: give both or neither")
)

// plan reads the stored records, matches the rows with them and decides about each row.
func (u *upserter) plan(ctx context.Context, tx *sql.Tx, rows []models.Upsert) (*upsertPlan, error) {
	stored, err := u.table.read(ctx, u.store, tx, rows)
	if err != nil {
		return nil, err
	}
	p := &upsertPlan{
		upserter: u,
		stored:   stored,
		rows:     make([]plannedRow, len(rows)),
		byKey:    make(map[int64]int, len(rows)),
		byValue:  make(map[columnValue][]int, len(rows)),
		waiting:  make(map[int][]wanted),
	}
	p.match(rows)
	for i := range p.rows {
		if row := &p.rows[i]; row.outcome.Err == nil {
			row.outcome.Err = u.table.merge(row)
		}
	}
	p.rejectConflicts()
	for i := range p.rows {
		row := &p.rows[i]
		switch {
		case row.outcome.Err != nil:
			row.outcome.Change = models.Refused
		case row.record == nil:
			row.outcome.Change = models.Added
		case same(row.record.values, row.values):
			row.outcome.Change = models.Unchanged
		default:
			row.outcome.Change = models.Changed
		}
	}
	return p, nil
}

// match finds the record of each row. It matches the rows with an id first. A row without an id then
// belongs to the record that has its name once these rows are applied.
func (p *upsertPlan) match(rows []models.Upsert) {
	for n, natural := range p.table.naturalKey {
		for i := range rows {
			row := &p.rows[i]
			if row.row != nil {
				continue
			}
			value, given := rows[i].Values[natural].(string)
			if !given {
				continue
			}
			row.row = &rows[i]
			found := p.stored.byValue[columnValue{natural, value}]
			if len(found) == 0 {
				continue
			}
			switch other, taken := p.byKey[found[0].key]; {
			case !taken:
				row.record, row.outcome.Key = found[0], found[0].key
				p.byKey[found[0].key] = i
			case n == 0 || p.rows[other].row.Values[natural] == value:
				row.outcome.Err = errRepeated
			}
		}
	}
}

// merge sets the values that the record will have: the row's values, and the stored ones where the row
// has none.
func (t *upsertTable) merge(r *plannedRow) error {
	r.values = make([]any, len(t.columns))
	if r.record != nil {
		copy(r.values, r.record.values)
	}
	for c, given := range r.row.Values {
		if given != models.Keep {
			r.values[c] = storedForm(given)
		}
	}
	if t.columns[0].name == "id" && r.values[0] == nil {
		if r.record != nil {
			r.values[0] = r.record.values[0]
		} else {
			r.values[0] = models.ID(uuid.Must(uuid.NewV7())).String()
		}
	}
	if len(t.columns) > tokenPasswordUsed {
		if err := mergeToken(r); err != nil {
			return err
		}
	}
	r.claims = t.claims(r)
	return nil
}

// mergeToken sets the columns of a token that depend on each other. If the row has the one-time password
// that the token has already, the password stays used and keeps its expiry, unless the row has another
// expiry. A different password is new and unused.
func mergeToken(r *plannedRow) error {
	given := r.row.Values
	stored := make([]any, len(r.values))
	if r.record != nil {
		stored = r.record.values
	}
	expires := r.values[tokenPasswordExpires]
	if given[tokenPasswordExpires] == nil || given[tokenPasswordExpires] == models.Keep {
		expires = nil
	}
	password, isGiven := given[tokenPassword].(*models.HashedSecret)
	switch {
	case r.values[tokenPassword] == nil:
		r.values[tokenPasswordExpires], r.values[tokenPasswordUsed] = nil, nil
	case !isGiven || stored[tokenPassword] != nil && isOneOf(stored[tokenPassword], password):
		if r.values[tokenPasswordExpires] = expires; expires == nil {
			r.values[tokenPasswordExpires] = stored[tokenPasswordExpires]
		}
	default:
		if r.values[tokenPasswordExpires], r.values[tokenPasswordUsed] = expires, nil; expires == nil {
			r.values[tokenPasswordExpires] = storedTime(r.row.PasswordExpiry.UnixMicro())
		}
	}
	kept := given[tokenIdentifier] == models.Keep && given[tokenPassCode] == models.Keep
	if !kept && (r.values[tokenIdentifier] == nil) != (r.values[tokenPassCode] == nil) {
		return errPair
	}
	return nil
}

// isOneOf reports whether a stored hash is the hash of the secret with any of the keys.
func isOneOf(stored any, secret *models.HashedSecret) bool {
	if stored == hash(secret.Hash) {
		return true
	}
	for _, older := range secret.Older {
		if stored == hash(older) {
			return true
		}
	}
	return false
}

// results writes the outcomes of the rows.
func (p *upsertPlan) results(into []models.Upserted) {
	for i := range p.rows {
		into[i] = p.rows[i].outcome
	}
}

// remember records in a trial which columns the rows would have changed.
func (p *upsertPlan) remember(trial *models.Trial) {
	for _, row := range p.rows {
		if row.outcome.Change != models.Changed {
			continue
		}
		for c := range row.values {
			if row.values[c] != row.record.values[c] {
				trial.Change(row.record.key, c)
			}
		}
	}
}

// same reports whether two records have the same values.
func same(a, b []any) bool {
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}
