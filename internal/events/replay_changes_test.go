package events_test

import (
	"fmt"
	"testing"
	"time"

	"customer-events/internal/events/eventstest"
	"customer-events/models"
)

// minimalEvents returns n events without references. With more than a hundred a call is large: it does not
// look up references first.
func minimalEvents(n int) []eventJSON {
	list := make([]eventJSON, n)
	for i := range list {
		list[i] = minimalEvent().withIdentifier(fmt.Sprint("filler ", i)).with(
			"accountsReceivableIdentifier",
			`{"id":"A78"}`,
		).with("performedByUnitIdentifier", `{"id":"U2"}`)
	}
	return list
}

// An event that was processed stays processed if it is sent again, whatever has changed since.
func TestReplay_AfterChanges(t *testing.T) {
	t.Parallel()
	byName := minimalEvent().with("accountsReceivableIdentifier", `{"name":"Maria Stone"}`)
	late := minimalEvent().with("performedOn", `"2026-03-03T11:59:59Z"`)
	for name, c := range map[string]struct {
		event  eventJSON
		change func(s *testService)
	}{
		"the clock was set back": {
			late,
			func(s *testService) { s.Now = func() time.Time { return now.Add(-time.Minute) } },
		},
		"the tolerance was lowered": {late, func(s *testService) { s.FutureTolerance = time.Hour }},
		"the account's name became ambiguous": {byName, func(s *testService) {
			s.memory.Add(t, eventstest.Data{
				Accounts: []models.Account{{ID: "X", Number: "X", Name: "Maria Stone"}},
			})
		}},
		"the account was renamed": {byName, func(s *testService) {
			s.memory.Change(eventstest.Data{
				Accounts: []models.Account{
					{Key: s.data.Accounts[0].Key, ID: "A20", Number: "ACR0000000020", Name: "Maria Wood"},
				},
			})
		}},
		"the account's name went to another": {byName, func(s *testService) {
			s.memory.Change(eventstest.Data{
				Accounts: []models.Account{
					{Key: s.data.Accounts[0].Key, ID: "A20", Number: "ACR0000000020", Name: "Maria Wood"},
					{Key: s.data.Accounts[1].Key, ID: "A77", Number: "ACR0000000077", Name: "Maria Stone"},
				},
			})
		}},
		"the account's number changed": {minimalEvent(), func(s *testService) {
			s.memory.Change(eventstest.Data{
				Accounts: []models.Account{
					{Key: s.data.Accounts[0].Key, ID: "A20", Number: "ACR9", Name: "Maria Stone"},
				},
			})
		}},
		"the participant moved": {
			minimalEvent().forParticipant(`{"number":"RP0000000019"}`),
			func(s *testService) {
				s.memory.Change(eventstest.Data{
					Participants: []models.Participant{
						{
							Key:        s.data.Participants[0].Key,
							ID:         "P19",
							Number:     "RP0000000019",
							AccountKey: s.data.Accounts[1].Key,
						},
					},
				})
			},
		},
		"the participant by its token moved": {
			token(`{"authenticationCode":"maria-code"}`),
			func(s *testService) {
				s.memory.Change(eventstest.Data{
					Participants: []models.Participant{
						{
							Key:        s.data.Participants[0].Key,
							ID:         "P19",
							Number:     "RP0000000019",
							AccountKey: s.data.Accounts[1].Key,
						},
					},
				})
			},
		},
		"the units exchanged names": {minimalEvent(), func(s *testService) {
			one, two := s.data.Units[0], s.data.Units[1]
			one.Name, two.Name = two.Name, one.Name
			s.memory.Change(eventstest.Data{Units: []models.Unit{one, two}})
		}},
		"the unit was renamed": {minimalEvent(), func(s *testService) {
			s.memory.Change(eventstest.Data{
				Units: []models.Unit{{Key: s.data.Units[0].Key, ID: "1", Name: "Head Office"}},
			})
		}},
		"the classifications exchanged codes": {
			minimalEvent().with("classificationIdentifier", `{"alternativeCode":"NL"}`),
			func(s *testService) {
				one, two := s.data.Classifications[0], s.data.Classifications[1]
				one.AlternativeCode, two.AlternativeCode = two.AlternativeCode, one.AlternativeCode
				s.memory.Change(eventstest.Data{Classifications: []models.Classification{one, two}})
			},
		},
		"the classification is no longer of web events": {
			minimalEvent().with("classificationIdentifier", `{"name":"Newsletter"}`),
			func(s *testService) {
				c := s.data.Classifications[0]
				c.Type = "PURCHASE"
				s.memory.Change(eventstest.Data{Classifications: []models.Classification{c}})
			},
		},
		"the one-time password was used": {token(otp), func(*testService) {}},
		"the one-time password has expired": {
			token(otp),
			func(s *testService) { s.Now = func() time.Time { return now.Add(time.Hour) } },
		},
		"the one-time password was replaced": {token(otp), func(s *testService) {
			s.changeToken(func(token *models.AccessToken) {
				token.OneTimePasswordHash = s.Hasher.OneTimePassword("111111")
			})
		}},
		"the one-time password was removed": {token(otp), func(s *testService) {
			s.changeToken(func(token *models.AccessToken) { token.OneTimePasswordHash = nil })
		}},
		"the one-time password went to another": {token(otp), func(s *testService) {
			s.changeToken(func(token *models.AccessToken) { token.OneTimePasswordHash = nil })
			s.memory.Add(t, tokenData(models.AccessToken{
				Number:              "AT20",
				State:               models.Effective,
				ParticipantKey:      s.data.Participants[1].Key,
				OneTimePasswordHash: s.Hasher.OneTimePassword("073482"),
			}))
		}},
		"the token was imported again": {
			token(otp),
			func(s *testService) { s.changeToken(func(*models.AccessToken) {}) },
		},
		"the authentication code was replaced": {
			token(`{"authenticationCode":"maria-code"}`),
			func(s *testService) {
				s.changeToken(func(token *models.AccessToken) {
					token.AuthenticationCodeHash = s.Hasher.AuthenticationCode("new")
				})
			},
		},
		"the pass code was replaced": {credentials("maria@example.com", "4711"), func(s *testService) {
			s.changeToken(func(token *models.AccessToken) {
				token.PassCodeHash = s.Hasher.PassCode("AT1", "4712")
			})
		}},
		"the token is no longer effective": {credentials("maria@example.com", "4711"), func(s *testService) {
			s.changeToken(func(token *models.AccessToken) { token.State = models.NotEffective })
		}},
		"the token went to another participant": {
			credentials("maria@example.com", "4711"),
			func(s *testService) {
				s.changeToken(func(token *models.AccessToken) {
					token.ParticipantKey = s.data.Participants[1].Key
				})
			},
		},
		"the user was limited to another unit": {
			minimalEvent(),
			func(s *testService) { s.caller.Units = []int64{s.data.Units[1].Key} },
		},
		"several things at once": {
			token(otp).with("performedOn", late["performedOn"]).
				with("classificationIdentifier", `{"alternativeCode":"NL"}`),
			func(s *testService) {
				s.Now = func() time.Time { return now.Add(-time.Minute) }
				s.changeToken(func(token *models.AccessToken) { token.OneTimePasswordHash = nil })
				c := s.data.Classifications[0]
				c.AlternativeCode = nil
				s.memory.Change(eventstest.Data{Classifications: []models.Classification{c},
					Units: []models.Unit{{Key: s.data.Units[0].Key, ID: "X", Name: "Head Office"}}})
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			t.Run("by reference", func(t *testing.T) {
				s := newTestService(t)
				event := c.event.withReference("s", "1")
				first := s.create(t, event)
				mustProcess(t, first, false)
				c.change(s)
				s.mustReplay(t, first, event)
			})
			t.Run("by key", func(t *testing.T) {
				s := newTestService(t)
				first := s.createWithKey(t, "key", c.event)
				mustProcess(t, first, false)
				c.change(s)
				s.Store = noFailuresStore{s.memory, t}
				second := s.createWithKey(t, "key", c.event)
				mustProcess(t, second, true)
				mustEqualEvents(t, first, second)
			})
		})
	}
}

// changeToken changes Maria's access token, as an import does.
func (s *testService) changeToken(change func(token *models.AccessToken)) {
	token := s.data.AccessTokens[0]
	change(&token)
	s.memory.Change(tokenData(token))
}
