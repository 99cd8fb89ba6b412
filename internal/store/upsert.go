package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"customer-events/models"
)

// upsertTable is the table of a kind, with its columns in the order of models.Upsert.
type upsertTable struct {
	name, key string
	columns   []upsertColumn
	// unique is the number of columns, from the first one on, that have a unique index each.
	unique int
	// naturalKey are the unique columns that identify the record of a row. The first one that the row has
	// decides.
	naturalKey []int
}

type upsertColumn struct {
	name string
	kind columnKind
}

// columnKind is the type of a column's values.
type columnKind uint8

const (
	isText columnKind = iota
	isKey
	isHash
	isTime
)

// hash is a stored keyed hash. It is a string, so that values are comparable and can be keys of maps.
type hash string

// storedTime is a stored time, in microseconds since 1970.
type storedTime int64

// The columns of access tokens.
const (
	tokenNumber = iota
	tokenParticipant
	tokenState
	tokenAuthenticationCode
	tokenIdentifier
	tokenPassCode
	tokenPassword
	tokenPasswordExpires
	tokenPasswordUsed
)

var upsertTables = map[models.Kind]*upsertTable{
	models.Accounts: {"accounts_receivable", "account_key", []upsertColumn{
		{"id", isText}, {"number", isText}, {"name", isText}}, 2, []int{1}},
	models.Participants: {"rewards_participants", "participant_key", []upsertColumn{
		{"id", isText}, {"number", isText}, {"account_key", isKey}}, 2, []int{1}},
	models.Classifications: {"classifications", "classification_key", []upsertColumn{
		{"id", isText}, {"name", isText}, {"alternative_code", isText}, {"type", isText}}, 3, []int{0, 1}},
	models.Units: {"units", "unit_key", []upsertColumn{
		{"id", isText}, {"name", isText}, {"alternative_code", isText}}, 3, []int{0, 1}},
	models.AccessTokens: {"access_tokens", "access_token_key", []upsertColumn{
		tokenNumber:             {"number", isText},
		tokenParticipant:        {"participant_key", isKey},
		tokenState:              {"state", isText},
		tokenAuthenticationCode: {"authentication_code_hash", isHash},
		tokenIdentifier:         {"identifier", isText},
		tokenPassCode:           {"pass_code_hash", isHash},
		tokenPassword:           {"one_time_password_hash", isHash},
		tokenPasswordExpires:    {"one_time_password_expires_at", isTime},
		tokenPasswordUsed:       {"one_time_password_spent_at", isTime},
	}, 1, []int{0}},
}

// errWriteConflict is the error of a row that conflicts with other writers in every retry.
var errWriteConflict = errors.New("another program is writing a record with one of its values: " +
	"import the row again")

// Upsert adds or changes records in one transaction; about a thousand rows are a good size. It checks the
// rows against the state that all of them together lead to, so that two rows may exchange their values,
// in any order. It returns the result of each row and writes those that are not rejected.
//
// After an error some rows may be written; repeating the call is safe. The results are also valid with
// models.ErrCommitUnknown. With a trial it writes nothing.
func (s *Store) Upsert(
	ctx context.Context, kind models.Kind, rows []models.Upsert, trial *models.Trial,
) ([]models.Upserted, error) {
	u := &upserter{store: s, table: upsertTables[kind], trial: trial}
	results := make([]models.Upserted, len(rows))
	return results, u.write(ctx, rows, results)
}

// upserter writes the rows of one call.
type upserter struct {
	store *Store
	table *upsertTable
	trial *models.Trial
}

// write writes rows in one transaction. If the database rejects one of them, write tries each half, down
// to single rows.
func (u *upserter) write(ctx context.Context, rows []models.Upsert, results []models.Upserted) error {
	if len(rows) == 0 {
		return nil
	}
	var err error
	for range 3 { // a retry reads the records that others have written meanwhile
		err = u.store.transaction(ctx, func(ctx context.Context, tx *sql.Tx) error {
			p, err := u.plan(ctx, tx, rows)
			if err != nil {
				return err
			}
			p.results(results)
			if u.trial != nil {
				p.remember(u.trial)
				return nil
			}
			return p.write(ctx, tx)
		})
		if !errors.Is(err, models.ErrConflict) {
			break
		}
	}
	inConflict, half := errors.Is(err, models.ErrConflict), len(rows)/2
	switch {
	case err == nil:
		return nil
	case !inConflict && !u.store.dialect.isRowError(err):
		return err
	case half > 0:
		if err := u.write(ctx, rows[:half], results[:half]); err != nil {
			return err
		}
		return u.write(ctx, rows[half:], results[half:])
	case inConflict:
		results[0] = models.Upserted{Err: errWriteConflict}
	default:
		results[0] = models.Upserted{Err: fmt.Errorf("the database refuses the row: %w", err)}
	}
	return nil
}

// vacatedPrefix begins the temporary values of a unique column while two records exchange their values.
// No imported value has a control character.
const vacatedPrefix = "\x01"

// write writes the rows that are not rejected: first the changed ones, by the key of their record, then
// the new ones. ON DUPLICATE KEY UPDATE alone must not decide which record changes: on MySQL it applies
// to any unique key, so that a row could overwrite another record with the same id.
//
// Databases check unique keys row by row. So a value that moves from one record to another is replaced
// first.
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

// vacate replaces the values that changed rows take from other records by temporary ones.
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
		for chunk := range slices.Chunk(keys, maxLookups) {
			column := p.table.columns[c].name
			query := fmt.Sprintf("UPDATE %s SET %s = CONCAT(?, %s) WHERE %s IN (%s)", p.table.name, column,
				p.table.key, p.table.key, placeholders(len(chunk)))
			if _, err := tx.ExecContext(ctx, query, append([]any{vacatedPrefix}, chunk...)...); err != nil {
				return err
			}
		}
	}
	return nil
}

// appendArguments appends the values as the driver expects them.
func appendArguments(to, values []any) []any {
	for _, value := range values {
		to = append(to, argument(value))
	}
	return to
}

// storedForm returns a value of a row in the form of stored values.
func storedForm(given any) any {
	switch given := given.(type) {
	case *models.HashedSecret:
		return hash(given.Hash)
	case time.Time:
		return storedTime(given.UnixMicro())
	}
	return given
}
