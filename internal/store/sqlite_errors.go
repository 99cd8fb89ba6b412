package store

import (
	"errors"
	"fmt"

	"customer-events/models"
)

// errCorruptCommit: a COMMIT that finds the file damaged leaves its outcome open.
var errCorruptCommit = fmt.Errorf("%w: %w", models.ErrCommitUnknown, models.ErrCorrupt)

// sqliteErrors has primary codes, and extended ones where they mean something else. Source:
// https://www.sqlite.org/rescode.html.
var sqliteErrors = errorTable{
	{"PRIMARYKEY, UNIQUE, ROWID", []int{1555, 2067, 2579}, models.ErrConflict, models.ErrConflict},
	{"BUSY, LOCKED, INTERRUPT, PROTOCOL", []int{5, 6, 9, 15}, models.ErrAborted, models.ErrAborted},
	{"NOMEM, IOERR", []int{7, 10}, models.ErrUnavailable, models.ErrCommitUnknown},
	// FULL concerns a page, and the page that commits is the last one: nothing is committed.
	{"PERM, READONLY, FULL, CANTOPEN", []int{3, 8, 13, 14}, models.ErrUnavailable, models.ErrUnavailable},
	{"CORRUPT, NOTADB", []int{11, 26}, models.ErrCorrupt, errCorruptCommit},
	{"TOOBIG, CONSTRAINT, MISMATCH", []int{18, 19, 20}, errRowRejected, errRowRejected},
}

// sqliteError is what the driver's errors have.
type sqliteError interface {
	error
	Code() int
}

// classify looks the error up in sqliteErrors. An error of COMMIT that is not in the table is certain: SQLite has
// written nothing.
func (*sqliteDialect) classify(err error, committing bool) error {
	var fault sqliteError
	if !errors.As(err, &fault) {
		return err
	}
	return sqliteErrors.classify(sqliteErrors.known(fault.Code(), fault.Code()&0xff), err, committing, nil)
}

// twin: there is one writer at a time, so nobody waits for a key that is not committed.
func (*sqliteDialect) classifyClaim(err error) error { return err }

func (*sqliteDialect) isRowError(err error) bool {
	var fault sqliteError
	return errors.As(err, &fault) &&
		sqliteErrors.meaning(sqliteErrors.known(fault.Code(), fault.Code()&0xff)) == errRowRejected
}

func (*sqliteDialect) isStatementTooLarge(error) bool { return false }

// isWriterBusy reports whether another connection holds the write lock of the file.
func (*sqliteDialect) isWriterBusy(err error) bool {
	const busy = 5
	var fault sqliteError
	return errors.As(err, &fault) && fault.Code()&0xff == busy
}
