package store

import (
	"errors"
	"fmt"

	"customer-events/models"
)

// errCorruptCommit is the meaning of a COMMIT that finds the file damaged: the outcome is unknown.
var errCorruptCommit = fmt.Errorf("%w: %w", models.ErrCommitUnknown, models.ErrCorrupt)

// sqliteErrors has primary codes, and extended codes whose meaning differs from their primary code's.
// Source: https://www.sqlite.org/rescode.html.
var sqliteErrors = errorTable{
	{"PRIMARYKEY, UNIQUE, ROWID", []int{1555, 2067, 2579}, models.ErrConflict, models.ErrConflict},
	{"BUSY, LOCKED, INTERRUPT, PROTOCOL", []int{5, 6, 9, 15}, models.ErrAborted, models.ErrAborted},
	{"NOMEM, IOERR", []int{7, 10}, models.ErrUnavailable, models.ErrCommitUnknown},
	// FULL means that a page was not written. The page that commits is the last one, so nothing is
	// committed.
	{"PERM, READONLY, FULL, CANTOPEN", []int{3, 8, 13, 14}, models.ErrUnavailable, models.ErrUnavailable},
	{"CORRUPT, NOTADB", []int{11, 26}, models.ErrCorrupt, errCorruptCommit},
	{"TOOBIG, CONSTRAINT, MISMATCH", []int{18, 19, 20}, errRowRejected, errRowRejected},
}

// sqliteError is the interface of the driver's errors.
type sqliteError interface {
	error
	Code() int
}

// classify looks up the error in sqliteErrors. After an error of COMMIT that is not in the table, nothing
// is committed.
func (*sqliteDialect) classify(err error, committing bool) error {
	var sqliteErr sqliteError
	if !errors.As(err, &sqliteErr) {
		return err
	}
	code := sqliteErrors.known(sqliteErr.Code(), sqliteErr.Code()&0xff)
	return sqliteErrors.classify(code, err, committing, nil)
}

// classifyClaim changes nothing: SQLite has one writer at a time, so no call waits for a key that is not
// committed.
func (*sqliteDialect) classifyClaim(err error) error { return err }

// isRowError reports whether SQLite rejects a value.
func (*sqliteDialect) isRowError(err error) bool {
	var sqliteErr sqliteError
	return errors.As(err, &sqliteErr) &&
		sqliteErrors.meaning(sqliteErrors.known(sqliteErr.Code(), sqliteErr.Code()&0xff)) == errRowRejected
}

func (*sqliteDialect) isStatementTooLarge(error) bool { return false }

// isWriterBusy reports whether another connection holds the write lock of the file.
func (*sqliteDialect) isWriterBusy(err error) bool {
	const busy = 5
	var sqliteErr sqliteError
	return errors.As(err, &sqliteErr) && sqliteErr.Code()&0xff == busy
}
