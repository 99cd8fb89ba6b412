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

// The texts and codes of every way to fail are one, and of every way to be locked another.
func TestFailuresAreAnsweredAlike(t *testing.T) {
	t.Parallel()
	for name, url := range databases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			two := newTwoServers(t, url)
			secrets, past := two.servers[0].Hasher, time.Now().UTC().Add(-time.Hour).Truncate(time.Microsecond)
			token := func(number, state string) models.AccessToken {
				return models.AccessToken{Number: number, ParticipantKey: two.person, State: state, Identifier: ptr("who " + number), PassCodeHash: secrets.PassCode(number, "right"),
					OneTimePasswordHash: secrets.OneTimePassword("99999" + number), AuthenticationCodeHash: secrets.AuthenticationCode("code " + number)}
			}
			spent, expired := token("3", models.Effective), token("4", models.Effective)
			spent.OneTimePasswordSpentAt, expired.OneTimePasswordExpiresAt = &past, &past
			two.world.Add(t, eventstest.Data{AccessTokens: []models.AccessToken{token("1", models.Effective), token("2", models.NotEffective), spent, expired}})
			said := func(credential string) string {
				set, err := two.decoder.DecodeBatch(strictjson.New(`[{"requestUniqueIdentifier":"1","rewardsParticipantIdentifier":{"accessTokenIdentifier":` + credential + `},"performedByUnitIdentifier":{"id":"1"},"performedOn":"2020-01-01T00:00:00Z","website":"www.crm.com"}]`))
				if err != nil {
					t.Fatal(err)
				}
				outcome, err := two.servers[0].CreateWebCustomerEvents(t.Context(), events.Request{Caller: models.Caller{UserKey: two.users[0].Key}, Events: set})
				if err != nil || len(outcome.UnprocessedCustomerEventsSet) != 1 {
					t.Fatalf("%s: %+v, %v", credential, outcome, err)
				}
				u := outcome.UnprocessedCustomerEventsSet[0]
				for i := range u.Problems {
					u.Problems[i].Path = u.Problems[i].Path[:2] // the caller's own choice comes after
				}
				text, _ := json.Marshal(u)
				return string(text)
			}
			answers := make(map[string]string)
			for _, credential := range []string{passCode(1, 1), `{"credentials":{"identifier":"who 2","passCode":"right"}}`, `{"credentials":{"identifier":"nobody","passCode":"right"}}`,
				`{"authenticationCode":"code 2"}`, `{"authenticationCode":"nobody's"}`, `{"oneTimePassword":"999992"}`, `{"oneTimePassword":"999993"}`, `{"oneTimePassword":"999994"}`, `{"oneTimePassword":"123456"}`} {
				answers[said(credential)] = credential
			}
			if len(answers) != 1 {
				t.Errorf("failures are told apart: %v", answers)
			}
			for i := range 2 * events.MaxFailedPerSecret {
				for _, identifier := range []string{"who 1", "who 2", "nobody"} {
					if answer := said(fmt.Sprintf(`{"credentials":{"identifier":%q,"passCode":"%d"}}`, identifier, i)); i >= events.MaxFailedPerSecret {
						answers[answer] = identifier
					}
				}
			}
			for _, credential := range []string{`{"credentials":{"identifier":"who 1","passCode":"right"}}`, `{"credentials":{"identifier":"who 2","passCode":"right"}}`, `{"credentials":{"identifier":"nobody","passCode":"right"}}`} {
				answers[said(credential)] = credential
			}
			if len(answers) != 2 {
				t.Errorf("locked credentials are told apart: %v", answers)
			}
		})
	}
}

// Failures take the same time, whyever they fail, and locked credentials whatever they are. The lower
// quartiles are compared, which a busy machine disturbs less than the medians, and generously.
func TestFailuresTakeTheSameTime(t *testing.T) {
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
				tokens = append(tokens, models.AccessToken{Number: fmt.Sprint("T", i), ParticipantKey: two.person, State: state, Identifier: ptr(fmt.Sprint("who ", i)), PassCodeHash: secrets.PassCode(fmt.Sprint("T", i), "00007")})
			}
			two.world.Add(t, eventstest.Data{AccessTokens: tokens})
			kinds := []struct {
				name       string
				credential string
				want       models.Code
			}{
				{"a wrong pass code", passCode(0, 8), models.NotFound},
				{"an identifier that nobody bears", passCode(9, 7), models.NotFound},
				{"a token that is not effective", passCode(1, 7), models.NotFound},
				{"locked, wrong", passCode(2, 8), models.TooManyAttempts},
				{"locked, right", passCode(2, 7), models.TooManyAttempts},
			}
			took := make([][]time.Duration, len(kinds))
			for round := range 60 {
				// A window of its own for each round, in which the third identifier is locked first.
				two.servers[0].Now = func() time.Time { return start.Add(time.Duration(round) * 2 * models.LockoutWindow) }
				var wrong []string
				for i := range events.MaxFailedPerSecret {
					wrong = append(wrong, passCode(2, 100+i))
				}
				two.call(t, 0, two.users[round], wrong, true)
				for _, i := range rand.Perm(len(kinds)) { // who comes after a write waits a little longer
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
					t.Errorf("%s: %s, and %s: %s", kind.name, quartile, kinds[i/3*3].name, first)
				}
			}
		})
	}
}
