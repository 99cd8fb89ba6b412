package store

import (
	"context"

	"customer-events/models"
)

// upsertTable says how the records of a kind are told apart.
type upsertTable struct {
	name, key string
	columns   []string
	// unique is how many of the first columns have a unique key, each by itself.
	unique int
	// natural are the unique columns that tell which record a row is about: the first one that the row gives.
	natural []int
}

var (
	upsertAccounts     = upsertTable{"accounts_receivable", "account_key", []string{"id", "number", "name"}, 2, []int{1}}
	upsertParticipants = upsertTable{"rewards_participants", "participant_key", []string{"id", "number", "account_key"}, 2, []int{1}}
	upsertTokens       = upsertTable{"access_tokens", "access_token_key", []string{"number", "participant_key", "state", "authentication_code_hash",
		"identifier", "pass_code_hash", "one_time_password_hash", "one_time_password_expires_at", "one_time_password_spent_at"}, 1, []int{0}}
	upsertClassifications = upsertTable{"classifications", "classification_key", []string{"id", "name", "alternative_code", "type"}, 3, []int{0, 1}}
	upsertUnits           = upsertTable{"units", "unit_key", []string{"id", "name", "alternative_code"}, 3, []int{0, 1}}
)

// UpsertAccounts makes the accounts be as given, whether their numbers are in the table or not. An account without an ID
// keeps the one it has, or gets a new one. It must return, by index, why single accounts are refused; the others are
// written, in this order, so that of two with one number the later one counts. An error means that some may be written and
// some not: the same again is safe.
//
// All of them go through one transaction, a thousand or so at a time being a good size.
func (s *Store) UpsertAccounts(ctx context.Context, accounts []models.Account) (refused map[int]error, err error) {
	return upsert(ctx, s, &upsertAccounts, accounts, func(a models.Account) upsertRow {
		return upsertRow{unique: [3]string{a.ID, a.Number}, rest: []any{a.Name}}
	})
}

// UpsertParticipants is UpsertAccounts for participants. Their AccountKey must be set.
func (s *Store) UpsertParticipants(ctx context.Context, participants []models.Participant) (refused map[int]error, err error) {
	return upsert(ctx, s, &upsertParticipants, participants, func(p models.Participant) upsertRow {
		return upsertRow{unique: [3]string{p.ID, p.Number}, rest: []any{p.AccountKey}}
	})
}

// UpsertAccessTokens is UpsertAccounts for access tokens. Their ParticipantKey must be set.
func (s *Store) UpsertAccessTokens(ctx context.Context, tokens []models.AccessToken) (refused map[int]error, err error) {
	hash := func(h []byte) any {
		if len(h) == 0 {
			return nil
		}
		return h
	}
	return upsert(ctx, s, &upsertTokens, tokens, func(t models.AccessToken) upsertRow {
		return upsertRow{unique: [3]string{t.Number}, rest: []any{t.ParticipantKey, t.State, hash(t.AuthenticationCodeHash), value(t.Identifier),
			hash(t.PassCodeHash), hash(t.OneTimePasswordHash), value(t.OneTimePasswordExpiresAt), value(t.OneTimePasswordSpentAt)}}
	})
}

// UpsertClassifications is UpsertAccounts for classifications, which are known by their ID if it is given, else by their name.
func (s *Store) UpsertClassifications(ctx context.Context, classifications []models.Classification) (refused map[int]error, err error) {
	return upsert(ctx, s, &upsertClassifications, classifications, func(c models.Classification) upsertRow {
		return upsertRow{unique: [3]string{c.ID, c.Name, text(c.AlternativeCode)}, rest: []any{c.Type}}
	})
}

// UpsertUnits is UpsertAccounts for units, which are known by their ID if it is given, else by their name.
func (s *Store) UpsertUnits(ctx context.Context, units []models.Unit) (refused map[int]error, err error) {
	return upsert(ctx, s, &upsertUnits, units, func(u models.Unit) upsertRow {
		return upsertRow{unique: [3]string{u.ID, u.Name, text(u.AlternativeCode)}}
	})
}

func text(p *string) string {
	if p == nil {
		return ""
	}
	return *p
}
