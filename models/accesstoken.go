package models

import "time"

// The states of an access token. Only an effective one identifies a participant.
const (
	Effective           = "EFFECTIVE"
	NotEffective        = "NOT_EFFECTIVE"
	PendingVerification = "PENDING_VERIFICATION"
)

// AccessToken is what a participant holds to be known by: an authentication code, an identifier with a pass code, or a
// one-time password. The three secrets are kept as keyed hashes only (see Secrets); nil means that the token has none.
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
	// Participant is whose token it is; it is filled in when tokens are looked up.
	Participant Participant `gorm:"-"`
}

// TableName is where access tokens are kept.
func (AccessToken) TableName() string { return "access_tokens" }

// Effective reports whether the token identifies anybody at all.
func (t AccessToken) Effective() bool { return t.State == Effective }

// OneTimePasswordUsable reports whether the token's one-time password may still be used at the given time: not spent,
// and before its expiry.
func (t AccessToken) OneTimePasswordUsable(at time.Time) bool {
	return t.OneTimePasswordSpentAt == nil &&
		(t.OneTimePasswordExpiresAt == nil || at.Before(*t.OneTimePasswordExpiresAt))
}
