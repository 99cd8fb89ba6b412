package store

import (
	"errors"
	"fmt"
)

// errRowRejected means that the database rejects a value of a row.
var errRowRejected = errors.New("the database rejects a value")

// errorRow maps some of a database's error codes to their meaning, in a statement and in COMMIT. COMMIT
// is separate because its error may leave the outcome unknown. Only writing the same rows again, with the
// same ids, then shows whether they are stored (models.ErrCommitUnknown).
type errorRow struct {
	name              string
	codes             []int
	statement, commit error
}

// errorTable has one row for each kind of database error. A code is in one row only.
type errorTable []errorRow

// row returns the row that has the code; nil if there is none.
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

// meaning returns the meaning of a code in a statement; nil if the code is not in the table.
func (t errorTable) meaning(code int) error {
	if row := t.row(code); row != nil {
		return row.statement
	}
	return nil
}

// classify wraps the error in the meaning of its code. otherwise is the meaning in COMMIT of a code that
// is not in the table.
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
