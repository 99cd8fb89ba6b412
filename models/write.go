package models

import (
	"errors"
	"time"
)

// IdempotencyKey names one bulk call that its sender may repeat: the sender's idempotency key, as a keyed hash, and the hash of the
// events that came with it.
type IdempotencyKey struct {
	UserKey     int64
	KeyHash     []byte
	Fingerprint []byte
}

// IdempotencyRecord is what is kept of a call: by the hash of its request identifier, the event that each one became.
type IdempotencyRecord struct {
	Key         int64
	Fingerprint []byte
	Events      map[string]EventRef
	// UsedAt is when the call was last recorded or renewed (see KeyRenewal).
	UsedAt time.Time
}

// KeyRenewal is how old UsedAt may become before a replay renews it. The retention time of an idempotency
// key runs from its last use, and a replay should not have to write each time: so a key is kept for this
// much longer than its retention time.
const KeyRenewal = time.Hour

// EventRef is how a recorded event is known.
type EventRef struct {
	ID     ID
	Number int64
}

// WriteSet is what one call adds to the ledger, all of it or nothing.
type WriteSet struct {
	// Events are written in this order, in which their ids ascend; recording sets their numbers.
	Events []*WebCustomerEvent
	// Key is remembered with its events, if the caller gave a key. CallKey is its key if it is remembered already, else 0.
	Key       *IdempotencyKey
	RecordKey int64
	// RequestHashes are the hashes of the events' request identifiers, one for each event, if there is a Call.
	RequestHashes [][]byte
	// Replays are the other requests that the Call is to remember: each is a replay of an event that was
	// recorded before, or of one of Events, whose number recording sets first.
	Replays []Replay
	// Unchecked tells that the external references of Events were not looked up. An entry without them, or
	// with references that were found free, may share a transaction with others; a taken reference would
	// undo all of them.
	Unchecked bool
	// UsedTokens are the keys of the access tokens whose one-time password these events use up.
	UsedTokens []int64
	At         time.Time
}

// Replay is a request of a call that was answered with an event which it did not record itself.
type Replay struct {
	RequestHash []byte
	Event       *WebCustomerEvent
}

// What a ledger or directory may answer besides success. An error that wraps none of them is a fault of ours.
var (
	// ErrStale: nothing was written, because something has been recorded since the caller looked (a reference is taken now, a
	// key is remembered now, a one-time password is spent now). Look again.
	ErrConflict = errors.New("what was read is no longer so")
	// ErrRerun: nothing was written, the same again may succeed (a deadlock, a lock wait, a connection that broke).
	ErrAborted = errors.New("the transaction was given up")
	// ErrAway: nothing was written, the database cannot take it for now (not reachable, full, read-only).
	ErrUnavailable = errors.New("the database is away")
	// ErrUnknown: the answer to a COMMIT was lost. Only the same again, with the same ids, can tell.
	ErrCommitUnknown = errors.New("the outcome is unknown")
	// ErrCorrupt: nothing was written, the database file is damaged. Nothing is written until the program is started again.
	ErrCorrupt = errors.New("the database file is damaged: restore it from a backup, then start the program again")
	// ErrLocked: nothing was written, since a twin with the same idempotency key was still at it when patience ran out.
	ErrInProgress = errors.New("a twin of the call is running")
)

// RowRejectedError is the database's refusal of one event that our own checks had let pass. Nothing was written.
type RowRejectedError struct {
	// Index is the event's place in Entry.Events.
	Index int
	Err   error
}

func (e *RowRejectedError) Error() string { return "the database refuses an event: " + e.Err.Error() }

func (e *RowRejectedError) Unwrap() error { return e.Err }
