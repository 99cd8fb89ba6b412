package models

import "errors"

// The storage errors. An error that wraps none of them is a defect of the program.
var (
	// ErrConflict means that nothing was written, because the data has changed since it was read: an
	// external reference, an idempotency key or a one-time password has been used meanwhile. Read it again.
	ErrConflict = errors.New("the data has changed since it was read")
	// ErrAborted means that nothing was written and a retry may succeed: after a deadlock, a lock wait that
	// timed out, or a broken connection.
	ErrAborted = errors.New("the transaction was rolled back")
	// ErrUnavailable means that nothing was written and the database cannot write at the moment: it is not
	// reachable, full, or read-only.
	ErrUnavailable = errors.New("the database is unavailable")
	// ErrCommitUnknown means that the answer to a COMMIT was lost. A retry with the same ids finds out
	// whether the transaction was committed.
	ErrCommitUnknown = errors.New("the outcome of the commit is unknown")
	// ErrCorrupt means that nothing was written because the database file is damaged. The program writes
	// nothing more until it is restarted.
	ErrCorrupt = errors.New("the database file is damaged: " +
		"restore it from a backup, then start the program again")
	// ErrInProgress means that nothing was written, because another call with the same idempotency key was
	// still running when the retry timeout expired.
	ErrInProgress = errors.New("another call with the same idempotency key is running")
)

// RowRejectedError reports that the database rejects an event which the program's own checks accepted.
// Nothing was written.
type RowRejectedError struct {
	// Index is the event's index in WriteSet.Events.
	Index int
	Err   error
}

// Error implements error.
func (e *RowRejectedError) Error() string { return "the database rejects an event: " + e.Err.Error() }

// Unwrap returns the database's error.
func (e *RowRejectedError) Unwrap() error { return e.Err }
