package store

import (
	"errors"
	"fmt"
)

// errRowRejected means that the database rejects a value of a row.
var errRowRejected = errors.New("the database rejects a value")

// errorRow says what some of a database's error codes mean, in a statement and in COMMIT. COMMIT is separate
// because an error there may leave the outcome open: only writing the same again, with the same ids, decides
// it (models.ErrUnknown).
type errorRow struct {
	name              string
	codes             []int
	statement, commit error
}

// errorTable has a row for each kind of database error. A code is in one row only.
type errorTable []errorRow

func (t errorTable) row(code int) *errorRow {
	for i := range t {
		for _, c := range t[i].codes {
			if c == code {
				return &t[i]
			}
		}
	}
	return nil
}

// known returns the first of the codes that is in the table, or the last one.
func (t errorTable) known(codes ...int) (code int) {
	for _, code = range codes {
		if t.row(code) != nil {
			break
		}
	}
	return code
}

// meaning is what a code means in a statement; nil if it is not in the table.
func (t errorTable) meaning(code int) error {
	if row := t.row(code); row != nil {
		return row.statement
	}
	return nil
}

// classify wraps the error in what its code means. otherwise is what a code means in COMMIT that is not in
// the table.
func (t errorTable) classify(code int, err error, committing bool, otherwise error) error {
	meaning := t.meaning(code)
	if row := t.row(code); row != nil && committing {
		meaning = row.commit
	} else if committing {
		meaning = otherwise
	}
	if meaning == nil {
		return err
	}
	return fmt.Errorf("%w: %w", meaning, err)
}
