package models

import "time"

// Keep is the value of a column that an import does not give: the stored value stays, and a new record has
// none.
var Keep any = keep{}

type keep struct{}

// Upsert is one record of reference data as an import writes it. Values holds the kind's columns in this
// order:
//
//	Accounts         id, number, name
//	Participants     id, number, account key
//	Classifications  id, name, alternative code, type
//	Units            id, name, alternative code
//	AccessTokens     number, participant key, state, authentication code, identifier, pass code, one-time password, its expiry
//
// A value is a string, an int64 (a key), a *HashedSecret, a time.Time, nil (the record has none), or Keep.
type Upsert struct {
	Values []any
	// At is the time of the import, by which one-time passwords expire. PasswordExpiry is the expiry of a
	// new one-time password that comes without one.
	At, PasswordExpiry time.Time
}

// HashedSecret is a secret of an access token, as it is stored and compared.
type HashedSecret struct {
	// Hash is made with the current key, Older with each older key: a stored secret may have any of them.
	Hash  []byte
	Older [][]byte
	// Same reports whether a token's pass code is stored as the hash. Only pass codes have it: their hash
	// contains the token's number, so that the hashes of two tokens cannot be compared.
	Same func(tokenNumber string, hash []byte) bool
}

// Change is what an upsert has done to a record.
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
	// Err is why the record was refused.
	Err error
	// Key is the key of the record that the upsert is about; 0 for a new one. Holders are the keys of the
	// records that have a value which this one wants. The upsert may succeed together with an upsert that
	// takes the value from its holder.
	Key     int64
	Holders []int64
}

// Trial is an import that stores nothing. It remembers which columns the import would have changed, so that
// later rows may take the values that earlier ones would have given up.
type Trial struct{ changed map[trialColumn]bool }

type trialColumn struct {
	key    int64
	column int
}

// NewTrial begins an import that stores nothing.
func NewTrial() *Trial { return &Trial{changed: make(map[trialColumn]bool)} }

// Change remembers that a record would have another value in the column.
func (t *Trial) Change(key int64, column int) { t.changed[trialColumn{key, column}] = true }

// Changed reports whether a record would have another value in the column. It is false on nil.
func (t *Trial) Changed(key int64, column int) bool {
	return t != nil && t.changed[trialColumn{key, column}]
}
