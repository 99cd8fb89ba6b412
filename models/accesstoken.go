package models

import "time"

// The states of an access token. Only an effective token identifies a participant.
const (
	Effective           = "EFFECTIVE"
	NotEffective        = "NOT_EFFECTIVE"
	PendingVerification = "PENDING_VERIFICATION"
)

// AccessToken identifies a participant by an authentication code, by an identifier with a pass code, or by a
// one-time password. The three secrets are stored only as keyed hashes (see KeyedHasher); nil means that the
// token has none.
type AccessToken struct {
	Key                      int64 `gorm:"column:access_token_key;primaryKey"`
	Number                   string
	ParticipantKey           int64
	State                    string
	AuthenticationCodeHash   []byte
	Identifier               *string
	PassCodeHash             []byte
	OneTimePasswordHash      []byte
	OneTimePasswordExpiresAt *time.Time
	OneTimePasswordSpentAt   *time.Time
	// Participant owns the token. Look-ups of tokens fill it in.
	Participant Participant `gorm:"-"`
}

// TableName returns the table of access tokens.
func (AccessToken) TableName() string { return "access_tokens" }

// Effective reports whether the token identifies its participant.
func (t AccessToken) Effective() bool { return t.State == Effective }

// OneTimePasswordUsable reports whether the token's one-time password is neither used nor expired at the
// given time.
func (t AccessToken) OneTimePasswordUsable(at time.Time) bool {
	return t.OneTimePasswordSpentAt == nil &&
		(t.OneTimePasswordExpiresAt == nil || at.Before(*t.OneTimePasswordExpiresAt))
}
