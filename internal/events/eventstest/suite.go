package eventstest

import (
	"context"
	"testing"
	"time"

	"customer-events/internal/events"
	"customer-events/models"
)

// World is an implementation under test. It is empty at first, and no other test uses it.
type World interface {
	events.ReferenceResolver
	events.EventStore
	// Add must store the records and set their Key in the given slices. No record refers to another one of
	// the same call, so a database needs one INSERT for each slice that is not empty.
	Add(t testing.TB, data Data)
	// StartSession and EndSession must do what auth.Sessions says.
	StartSession(ctx context.Context, tokenHash []byte, user models.User, from, until time.Time) (bool, error)
	EndSession(ctx context.Context, tokenHash []byte) error
}

// Data is reference data. As in the CRM, ids, numbers, and names and alternative codes of classifications
// and units are unique byte for byte. Names of accounts, and all attributes of access tokens except their
// number, are not.
type Data struct {
	Users           []models.User
	Accounts        []models.Account
	Classifications []models.Classification
	Units           []models.Unit
	Participants    []models.Participant
	AccessTokens    []models.AccessToken
}

// Conform tests a ReferenceResolver and EventStore against their obligations. It calls open for each
// subtest, from several goroutines. open must return a World for this subtest only, and close it by
// t.Cleanup.
func Conform(t *testing.T, open func(t *testing.T) World) {
	for _, part := range []struct {
		name     string
		promises []obligation
	}{
		{"find", findObligations},
		{"access tokens", tokenObligations},
		{"details", detailObligations},
		{"record", recordObligations},
		{"references", referenceObligations},
		{"idempotency keys", keyObligations},
		{"repeat", repeatObligations},
		{"one-time passwords", usedTokenObligations},
		{"concurrent", concurrencyObligations},
		{"attempts", attemptObligations},
		{"replays", replayObligations},
		{"among", amongObligations},
		{"passes", passObligations},
	} {
		t.Run(part.name, func(t *testing.T) {
			t.Parallel()
			for _, promise := range part.promises {
				t.Run(promise.name, func(t *testing.T) {
					t.Parallel()
					promise.run(newFixture(t, open(t)))
				})
			}
		})
	}
}

// obligation is one obligation and its test.
type obligation struct {
	name string
	run  func(f *fixture)
}
