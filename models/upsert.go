package models

import "time"

// Keep is the value of a column that an import does not contain: the stored value stays, and a new record
// has none.
var Keep any = keep{}

type keep struct{}

// Upsert is one record of reference data that an import writes. Values holds the kind's columns in this
// order:
//
//	Accounts         id, number, name
//	Participants     id, number, account key
//	Classifications  id, name, alternative code, type
//	Units            id, name, alternative code
//	AccessTokens     number, participant key, state, authentication code, identifier, pass code,
//	                 one-time password, its expiry
//
// A value is a string, an int64 (a key), a *HashedSecret, a time.Time, nil (the record has none), or Keep.
type Upsert struct {
	Values []any
	// At is the time of the import, which decides whether a one-time password has expired. PasswordExpiry is
	// the expiry of a new one-time password whose row has none.
	At, PasswordExpiry time.Time
}

// HashedSecret is a secret of an access token, in the form in which it is stored and compared.
type HashedSecret struct {
	// Hash uses the current key, and Older each previous key. A stored secret may have any of these hashes.
	Hash  []byte
	Older [][]byte
	// Same reports whether the hash is that of the pass code for a token. Only pass codes have it: their
	// hash includes the token's number, so that the hashes of two tokens cannot be compared.
	Same func(tokenNumber string, hash []byte) bool
}

// Change is the effect of an upsert on a record.
type Change uint8

// The changes.
const (
	Refused Change = iota
	Added
	Changed
	Unchanged
)

// Upserted is the result of one upsert.
type Upserted struct {
	Change Change
	// Err is the reason if the record was refused.
	Err error
	// Key is the key of the upserted record, 0 for a new one. Holders are the keys of other records that
	// have one of its unique values. The upsert may succeed together with an upsert that changes the
	// holder's value.
	Key     int64
	Holders []int64
}

// Trial is an import that stores nothing. It remembers which columns the import would have changed, so that
// later rows may use the values that earlier rows would have released.
type Trial struct{ changed map[trialColumn]bool }

type trialColumn struct {
	key    int64
	column int
}

// NewTrial returns a Trial without changes.
func NewTrial() *Trial { return &Trial{changed: make(map[trialColumn]bool)} }

// Change records that a record would have another value in the column.
func (t *Trial) Change(key int64, column int) { t.changed[trialColumn{key, column}] = true }

// Changed reports whether a record would have another value in the column. It is false on nil.
func (t *Trial) Changed(key int64, column int) bool {
	return t != nil && t.changed[trialColumn{key, column}]
}
