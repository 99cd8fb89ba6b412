package models

import (
	"time"
)

// IdempotencyKey identifies a bulk call that its sender may repeat: by the keyed hash of the sender's
// idempotency key, and by the hash of the call's events.
type IdempotencyKey struct {
	UserKey     int64
	KeyHash     []byte
	Fingerprint []byte
}

// IdempotencyRecord is the stored result of a call: the recorded events by the hash of their request
// identifiers.
type IdempotencyRecord struct {
	Key         int64
	Fingerprint []byte
	Events      map[string]EventRef
	// UsedAt is when the record was written or renewed (see KeyRenewal).
	UsedAt time.Time
}

// KeyRenewal is the age of UsedAt from which a replay renews it. The retention time of an idempotency key
// starts with its last use, but a replay should not write every time. So a key is stored for this much
// longer than its retention time.
const KeyRenewal = time.Hour

// EventRef identifies a recorded event.
type EventRef struct {
	ID     ID
	Number int64
}

// WriteSet is what one call writes in one transaction.
type WriteSet struct {
	// Events are written in this order, in which their ids ascend. Writing sets their numbers.
	Events []*WebCustomerEvent
	// Key is stored with its events, if the caller gave an idempotency key. RecordKey is the primary key of
	// its record if there is one already, else 0.
	Key       *IdempotencyKey
	RecordKey int64
	// RequestHashes are the hashes of the events' request identifiers, one for each event, if there is a
	// Key.
	RequestHashes [][]byte
	// Replays are the other requests to store with the Key. Each is a replay of an event that was recorded
	// before, or of one of Events, whose number is set first.
	Replays []Replay
	// Unchecked reports that the external references of Events were not looked up. A WriteSet with no
	// references, or with references that were found free, may share a transaction with others; a reference
	// that is already used would roll back all of them.
	Unchecked bool
	// UsedTokens are the keys of the access tokens whose one-time password these events use.
	UsedTokens []int64
	At         time.Time
}

// Replay is a request of a call whose result is an event that another request recorded.
type Replay struct {
	RequestHash []byte
	Event       *WebCustomerEvent
}
