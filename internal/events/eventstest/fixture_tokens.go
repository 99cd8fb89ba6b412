package eventstest

import (
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"customer-events/models"
)

// newToken adds an access token of the fixture's participant, and returns the result that a lookup must
// have.
func (f *fixture) newToken(token models.AccessToken) models.AccessToken {
	token.ParticipantKey = f.participant.Key
	data := Data{AccessTokens: []models.AccessToken{token}}
	f.Add(f.T, data)
	token.Key, token.Participant = data.AccessTokens[0].Key, f.participant
	return token
}

func byIdentifier(identifier string) models.Reference {
	return models.Reference{Kind: models.AccessTokens, By: models.ByIdentifier, Value: identifier}
}

func byCode(parts ...string) models.Reference {
	return models.Reference{
		Kind:  models.AccessTokens,
		By:    models.ByAuthenticationCode,
		Value: string(testHash(parts...)),
	}
}

func byPassword(parts ...string) models.Reference {
	return models.Reference{
		Kind:  models.AccessTokens,
		By:    models.ByOneTimePassword,
		Value: string(testHash(parts...)),
	}
}

// mustMatchTokens checks which tokens match a reference, in any order.
func (f *fixture) mustMatchTokens(ref models.Reference, want ...models.AccessToken) {
	f.Helper()
	found, err := f.AccessTokens(f.Context(), []models.Reference{ref})
	if err != nil || len(found) != 1 {
		f.Fatalf("AccessTokens: %d results, %v", len(found), err)
	}
	byKey := cmpopts.SortSlices(func(a, b models.AccessToken) bool { return a.Key < b.Key })
	if diff := cmp.Diff(want, found[0], byKey, cmpopts.EquateEmpty()); diff != "" {
		f.Errorf("AccessTokens(%q): %s", ref.Value, diff)
	}
}

// passwordUsedAt returns the time at which the token's one-time password was used, or nil.
func (f *fixture) passwordUsedAt(token models.AccessToken) *time.Time {
	f.Helper()
	ref := models.Reference{
		Kind:  models.AccessTokens,
		By:    models.ByOneTimePassword,
		Value: string(token.OneTimePasswordHash),
	}
	found, err := f.AccessTokens(f.Context(), []models.Reference{ref})
	if err != nil {
		f.Fatalf("AccessTokens: %v", err)
	}
	for _, candidate := range found[0] {
		if candidate.Key == token.Key {
			return candidate.OneTimePasswordSpentAt
		}
	}
	f.Fatal("the access token does not exist")
	return nil
}

// newPassword adds an access token with a one-time password that can be used.
func (f *fixture) newPassword(name string) models.AccessToken {
	return f.newToken(
		models.AccessToken{
			Number:              "AT-" + name,
			State:               models.Effective,
			OneTimePasswordHash: testHash("otp", name),
		},
	)
}
