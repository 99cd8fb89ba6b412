package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/google/uuid"

	"customer-events/models"
)

// upsertRow is a record as it shall be: the values of the unique columns, "" where there is none, and those of the rest.
type upsertRow struct {
	key    int64 // 0 as long as it is not in the table
	unique [3]string
	rest   []any
	kept   []sql.NullString // what the table has for the rest, of a record that was read
}

func upsert[T any](ctx context.Context, s *Store, t *upsertTable, records []T, row func(T) upsertRow) (refused map[int]error, err error) {
	rows := make([]upsertRow, len(records))
	for i, record := range records {
		rows[i] = row(record)
	}
	refused = make(map[int]error)
	return refused, s.upsertRows(ctx, t, rows, 0, refused)
}

// errContested is what becomes of a row that loses against other writers again and again.
var errContested = errors.New("somebody else writes a record with one of its values at this moment: import the row again")

// upsertRows writes rows in one transaction. If a row cannot be written, or the rows get in each other's way (two that swap
// their names), halves are tried, down to the single row. at is the place of the first row.
func (s *Store) upsertRows(ctx context.Context, t *upsertTable, rows []upsertRow, at int, refused map[int]error) error {
	if len(rows) == 0 {
		return nil
	}
	var found map[int]error
	var err error
	for range 3 { // what others have just written is seen at the next look
		err = s.transaction(ctx, func(ctx context.Context, tx *sql.Tx) (err error) {
			found, err = s.upsertAll(ctx, tx, t, rows)
			return err
		})
		if !errors.Is(err, models.ErrStale) {
			break
		}
	}
	contested, half := errors.Is(err, models.ErrStale), len(rows)/2
	switch {
	case err == nil:
		for i, why := range found {
			refused[at+i] = why
		}
		return nil
	case !contested && !s.dialect.refusesRow(err):
		return err
	case half > 0:
		if err := s.upsertRows(ctx, t, rows[:half], at, refused); err != nil {
			return err
		}
		return s.upsertRows(ctx, t, rows[half:], at+half, refused)
	case contested:
		refused[at] = errContested
	default:
		refused[at] = fmt.Errorf("the database refuses the row: %w", err)
	}
	return nil
}

// upsertAll plays the rows through in memory, one after the other, upon the records that they touch, and then writes what has
// become of these: the known ones by their key, the new ones as new. ON DUPLICATE KEY UPDATE alone must not decide: on MySQL
// it means any unique key, and would write a row over the record that happens to have its id.
func (s *Store) upsertAll(ctx context.Context, tx *sql.Tx, t *upsertTable, rows []upsertRow) (refused map[int]error, err error) {
	known, err := s.known(ctx, tx, t, rows)
	if err != nil {
		return nil, err
	}
	refused = make(map[int]error)
	var changed, added []*upsertRow
	seen := make(map[*upsertRow]bool, len(rows))
	for i, row := range rows {
		record := t.find(known, &row)
		if why := t.taken(known, &row, record); why != nil {
			refused[i] = why
			continue
		}
		if record == nil {
			record = new(upsertRow)
		}
		if t.columns[0] == "id" && row.unique[0] == "" {
			if row.unique[0] = record.unique[0]; row.unique[0] == "" {
				row.unique[0] = models.ID(uuid.Must(uuid.NewV7())).String()
			}
		}
		if record.same(&row) {
			continue // most rows of a file that is imported every night
		}
		for c, value := range record.unique[:t.unique] {
			delete(known[c], value)
		}
		row.key = record.key
		*record = row
		known.add(record)
		switch {
		case seen[record]:
		case record.key == 0:
			added = append(added, record)
		default:
			changed = append(changed, record)
		}
		seen[record] = true
	}
	// First the changes: a new record may take a name that a known one gives up.
	columns := strings.Join(t.columns, ", ")
	if err := s.insert(ctx, tx, "INSERT INTO "+t.name+" ("+t.key+", "+columns+") VALUES ", s.dialect.upsert(t.key, t.columns),
		1+len(t.columns), t.values(changed, true)); err != nil {
		return nil, err
	}
	return refused, s.insert(ctx, tx, "INSERT INTO "+t.name+" ("+columns+") VALUES ", "", len(t.columns), t.values(added, false))
}

// find is the record that a row is about; nil for a new one.
func (t *upsertTable) find(known knownRows, row *upsertRow) *upsertRow {
	for _, c := range t.natural {
		if row.unique[c] != "" {
			return known[c][row.unique[c]]
		}
	}
	return nil
}

// taken says which of the row's values belongs to another record.
func (t *upsertTable) taken(known knownRows, row, record *upsertRow) error {
	for c, value := range row.unique[:t.unique] {
		if other := known[c][value]; value != "" && other != nil && other != record {
			by := t.natural[len(t.natural)-1]
			if by == c {
				by = 0
			}
			return fmt.Errorf("%s (%s) is taken by the record with %s (%s): give the right one, or leave it out where it may be blank",
				t.columns[c], models.Shown(value), t.columns[by], models.Shown(other.unique[by]))
		}
	}
	return nil
}

func (t *upsertTable) values(rows []*upsertRow, keys bool) []any {
	values := make([]any, 0, len(rows)*(1+len(t.columns)))
	for _, row := range rows {
		if keys {
			values = append(values, row.key)
		}
		for _, value := range row.unique[:t.unique] {
			if value == "" {
				values = append(values, nil)
			} else {
				values = append(values, value)
			}
		}
		values = append(values, row.rest...)
	}
	return values
}
