package store

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"customer-events/internal/events"
	"customer-events/internal/events/eventstest"
	"customer-events/internal/strictjson"
	"customer-events/models"
)

// TestLockout_SameAnswerForAllFailures expects one text and code for all kinds of failure, and one for
// all kinds of locked-out attempt.
func TestLockout_SameAnswerForAllFailures(t *testing.T) {
	t.Parallel()
	for name, url := range databases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			two := newTwoServers(t, url)
			secrets, past := two.servers[0].Hasher, time.Now().UTC().Add(-time.Hour).Truncate(time.Microsecond)
			token := func(number, state string) models.AccessToken {
				return models.AccessToken{
					Number:                 number,
					ParticipantKey:         two.participant,
					State:                  state,
					Identifier:             ptr("who " + number),
					PassCodeHash:           secrets.PassCode(number, "right"),
					OneTimePasswordHash:    secrets.OneTimePassword("99999" + number),
					AuthenticationCodeHash: secrets.AuthenticationCode("code " + number),
				}
			}
			used, expired := token("3", models.Effective), token("4", models.Effective)
			used.OneTimePasswordSpentAt, expired.OneTimePasswordExpiresAt = &past, &past
			two.world.Add(t, eventstest.Data{AccessTokens: []models.AccessToken{
				token("1", models.Effective), token("2", models.NotEffective), used, expired}})
			answer := func(credential string) string {
				batch, err := two.decoder.DecodeBatch(strictjson.New("[" + eventOf(1, credential) + "]"))
				if err != nil {
					t.Fatal(err)
				}
				request := events.Request{Caller: models.Caller{UserKey: two.users[0].Key}, Events: batch}
				outcome, err := two.servers[0].CreateWebCustomerEvents(t.Context(), request)
				if err != nil || len(outcome.UnprocessedCustomerEventsSet) != 1 {
					t.Fatalf("%s: %+v, %v", credential, outcome, err)
				}
				u := outcome.UnprocessedCustomerEventsSet[0]
				for i := range u.Problems {
					u.Problems[i].Path = u.Problems[i].Path[:2] // the rest depends on the kind of credential
				}
				text, _ := json.Marshal(u)
				return string(text)
			}
			answers := make(map[string]string)
			for _, credential := range []string{
				passCode(1, 1),
				`{"credentials":{"identifier":"who 2","passCode":"right"}}`,
				`{"credentials":{"identifier":"unknown","passCode":"right"}}`,
				`{"authenticationCode":"code 2"}`,
				`{"authenticationCode":"unknown"}`,
				`{"oneTimePassword":"999992"}`,
				`{"oneTimePassword":"999993"}`,
				`{"oneTimePassword":"999994"}`,
				`{"oneTimePassword":"123456"}`,
			} {
				answers[answer(credential)] = credential
			}
			if len(answers) != 1 {
				t.Errorf("failures have different answers: %v", answers)
			}
			for i := range 2 * events.MaxFailedPerSecret {
				for _, identifier := range []string{"who 1", "who 2", "unknown"} {
					credential := fmt.Sprintf(`{"credentials":{"identifier":%q,"passCode":"%d"}}`, identifier, i)
					if got := answer(credential); i >= events.MaxFailedPerSecret {
						answers[got] = identifier
					}
				}
			}
			for _, credential := range []string{
				`{"credentials":{"identifier":"who 1","passCode":"right"}}`,
				`{"credentials":{"identifier":"who 2","passCode":"right"}}`,
				`{"credentials":{"identifier":"unknown","passCode":"right"}}`,
			} {
				answers[answer(credential)] = credential
			}
			if len(answers) != 2 {
				t.Errorf("locked-out attempts have different answers: %v", answers)
			}
		})
	}
}

// TestLockout_NoFailureReturnsEarly compares the durations of all kinds of failure, and of locked-out
// attempts that are correct or wrong. It finds a kind of failure that returns without the work of the
// others: the durations may differ by a factor of three. It does not show that they are equal. An
// attacker who can average many attempts can measure much smaller differences. It compares the lower
// quartiles, which load on the machine changes less than the medians.
func TestLockout_NoFailureReturnsEarly(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("long: it runs without the race detector")
	}
	for name, url := range databases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			two := newTwoServers(t, url)
			secrets, start := two.servers[0].Hasher, time.Now()
			var tokens []models.AccessToken
			for i, state := range []string{models.Effective, models.NotEffective, models.Effective} {
				tokens = append(tokens, models.AccessToken{
					Number:         fmt.Sprint("T", i),
					ParticipantKey: two.participant,
					State:          state,
					Identifier:     ptr(fmt.Sprint("who ", i)),
					PassCodeHash:   secrets.PassCode(fmt.Sprint("T", i), "00007"),
				})
			}
			two.world.Add(t, eventstest.Data{AccessTokens: tokens})
			kinds := []struct {
				name       string
				credential string
				want       models.Code
			}{
				{"a wrong pass code", passCode(0, 8), models.NotFound},
				{"an unknown identifier", passCode(9, 7), models.NotFound},
				{"a token that is not effective", passCode(1, 7), models.NotFound},
				{"locked out, wrong", passCode(2, 8), models.TooManyAttempts},
				{"locked out, correct", passCode(2, 7), models.TooManyAttempts},
			}
			took := make([][]time.Duration, len(kinds))
			for round := range 60 {
				// Each round has a window of its own, in which the third identifier is locked out first.
				now := start.Add(time.Duration(round) * 2 * models.LockoutWindow)
				two.servers[0].Now = func() time.Time { return now }
				var wrong []string
				for i := range events.MaxFailedPerSecret {
					wrong = append(wrong, passCode(2, 100+i))
				}
				two.call(t, 0, two.users[round], wrong, true)
				for _, i := range rand.Perm(len(kinds)) { // a call after a write takes slightly longer
					kind := kinds[i]
					begin := time.Now()
					code := two.call(t, 0, two.users[round], []string{kind.credential}, true)
					took[i] = append(took[i], time.Since(begin))
					if len(code) != 1 || code[0] != kind.want {
						t.Fatalf("%s: %v", kind.name, code)
					}
				}
			}
			for i, kind := range kinds {
				slices.Sort(took[i])
				quartile, first := took[i][len(took[i])/4], took[i/3*3][len(took[i])/4]
				t.Logf("%s: %s, median %s", kind.name, quartile, took[i][len(took[i])/2])
				if ratio := float64(quartile) / float64(first); ratio < 0.33 || ratio > 3 {
					t.Errorf("%s takes %s, and %s takes %s", kind.name, quartile, kinds[i/3*3].name, first)
				}
			}
		})
	}
}
