package events_test

import (
	"testing"
	"time"

	"customer-events/internal/events/eventstest"
	"customer-events/models"
)

// An identifier of another kind than the recorded one refers to the same record if it matches that record.
func TestReplay_AnotherIdentifierThatMatchesTheRecord(t *testing.T) {
	t.Parallel()
	base := minimalEvent().with("accountsReceivableIdentifier", `{"number":"ACR0000000078"}`)
	for name, event := range map[string]eventJSON{
		"an ambiguous name": base.with("accountsReceivableIdentifier", `{"name":"Alex Twin"}`),
		"the id":            base.with("accountsReceivableIdentifier", `{"id":"A78"}`),
		"the unit's code":   base.with("performedByUnitIdentifier", `{"alternativeCode":"adminunit"}`),
		"both": base.with("accountsReceivableIdentifier", `{"name":"Alex Twin"}`).
			with("performedByUnitIdentifier", `{"id":"1"}`),
		"the same":            base,
		"in another notation": base.with("performedOn", `"2016-06-22T17:00:00+02:00"`),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newTestService(t)
			first := s.create(t, base.withReference("s", "1"))
			mustProcess(t, first, false)
			s.mustReplay(t, first, event.withReference("s", "1"))
		})
	}
	t.Run("an ambiguous name of others", func(t *testing.T) {
		t.Parallel()
		s := newTestService(t)
		mustProcess(t, s.create(t, minimalEvent().withReference("s", "1")), false)
		mustReject(
			t,
			s.create(
				t,
				base.with("accountsReceivableIdentifier", `{"name":"Alex Twin"}`).withReference("s", "1"),
			),
			models.Ambiguous,
			"Account (Alex Twin) Is Ambiguous: several records have it, use the id or number.",
			"accountsReceivableIdentifier",
			"name",
		)
	})
	t.Run("a participant that moved, by its id", func(t *testing.T) {
		t.Parallel()
		s := newTestService(t)
		first := s.create(
			t,
			minimalEvent().forParticipant(`{"number":"RP0000000019"}`).withReference("s", "1"),
		)
		s.memory.Change(
			eventstest.Data{
				Participants: []models.Participant{
					{
						Key:        s.data.Participants[0].Key,
						ID:         "P19",
						Number:     "RP0000000019",
						AccountKey: s.data.Accounts[1].Key,
					},
				},
			},
		)
		s.mustReplay(t, first, minimalEvent().forParticipant(`{"id":"P19"}`).withReference("s", "1"))
	})
	t.Run("a participant that moved, by its token", func(t *testing.T) {
		t.Parallel()
		s := newTestService(t)
		first := s.create(
			t,
			minimalEvent().forParticipant(`{"number":"RP0000000019"}`).withReference("s", "1"),
		)
		s.memory.Change(
			eventstest.Data{
				Participants: []models.Participant{
					{
						Key:        s.data.Participants[0].Key,
						ID:         "P19",
						Number:     "RP0000000019",
						AccountKey: s.data.Accounts[1].Key,
					},
				},
			},
		)
		s.mustReplay(t, first, token(`{"authenticationCode":"maria-code"}`).withReference("s", "1"))
	})
}

// An identifier that matches other records now is no difference. Problems name only the fields that differ.
func TestReplay_OtherContentAfterAChangeNamesWhatDiffers(t *testing.T) {
	t.Parallel()
	s := newTestService(t)
	event := minimalEvent().with("accountsReceivableIdentifier", `{"name":"Maria Stone"}`).withReference(
		"s",
		"1",
	)
	mustProcess(t, s.create(t, event), false)
	s.memory.Add(t, eventstest.Data{Accounts: []models.Account{{ID: "X", Number: "X", Name: "Maria Stone"}}})
	out := s.create(t, event.with("website", `"x.com"`))
	mustReject(t, out, models.Duplicate, differs("website"), "website")
	s.Now = func() time.Time { return now.AddDate(-20, 0, 0) }
	out = s.create(
		t,
		event.with("website", `"x.com"`),
	) // other content is checked against the clock as well
	if u := out.UnprocessedCustomerEventsSet; len(u) != 1 || len(u[0].Problems) != 2 {
		t.Errorf("%+v", out)
	}
}

// An event that was recorded without hashes is compared by the records that its identifiers match now.
func TestReplay_EventWithoutHashes(t *testing.T) {
	t.Parallel()
	s := newTestService(t)
	first := s.create(
		t,
		minimalEvent().with("accountsReceivableIdentifier", `{"name":"Maria Stone"}`).withReference(
			"s",
			"1",
		),
	)
	s.Store = storeWithoutHashes{s.memory}
	s.memory.Add(t, eventstest.Data{Accounts: []models.Account{{ID: "X", Number: "X", Name: "Maria Stone"}}})
	second := s.create(
		t,
		minimalEvent().with("accountsReceivableIdentifier", `{"name":"Maria Stone"}`).withReference(
			"s",
			"1",
		),
	)
	mustProcess(t, second, true)
	mustEqualEvents(t, first, second)
	mustReject(
		t,
		s.create(
			t,
			minimalEvent().with("performedByUnitIdentifier", `{"name":"Web Shop"}`).withReference("s", "1"),
		),
		models.Duplicate,
		differs("performedByUnitIdentifier"),
		"performedByUnitIdentifier",
	)
}

// Hashes of an older secret key are still recognised.
func TestReplay_AfterTheSecretKeyWasChanged(t *testing.T) {
	t.Parallel()
	for _, event := range []eventJSON{
		token(otp),
		credentials("maria@example.com", "4711"),
		token(`{"authenticationCode":"maria-code"}`),
		minimalEvent().with("accountsReceivableIdentifier", `{"name":"Maria Stone"}`),
	} {
		s := newTestService(t)
		event = event.withReference("s", "1")
		first := s.create(t, event)
		mustProcess(t, first, false)
		s.memory.Add(
			t,
			eventstest.Data{Accounts: []models.Account{{ID: "X", Number: "X", Name: "Maria Stone"}}},
		)
		s.changeToken(func(token *models.AccessToken) {
			token.OneTimePasswordHash, token.PassCodeHash, token.AuthenticationCodeHash = nil, nil, nil
		})
		s.rotate(previousKey)
		s.Store = noFailuresStore{s.memory, t}
		second, err := s.createAfterRotation(t, "", event)
		if err != nil {
			t.Fatal(err)
		}
		mustProcess(t, second, true)
		mustEqualEvents(t, first, second)
	}
}

// With other content, the answer to a replaced credential does not reveal whether the event was recorded
// with it.
func TestReplay_OtherContentRevealsNothingOfTheCredential(t *testing.T) {
	t.Parallel()
	for _, event := range []eventJSON{
		token(otp),
		credentials("maria@example.com", "4711"),
		token(`{"authenticationCode":"maria-code"}`),
	} {
		s := newTestService(t)
		mustProcess(t, s.create(t, event.withReference("s", "1")), false)
		s.changeToken(func(token *models.AccessToken) {
			token.OneTimePasswordHash, token.PassCodeHash, token.AuthenticationCodeHash = nil, nil, nil
		})
		out := s.create(t, event.withReference("s", "1").with("website", `"x.com"`))
		if u := out.UnprocessedCustomerEventsSet; len(u) != 1 || u[0].ErrorCode != models.NotFound ||
			len(u[0].Problems) != 1 {
			t.Errorf("%+v", out)
		}
	}
}

// The event of another user is no replay for a user who may not use its unit.
func TestReplay_AnotherUsersEventOfAForbiddenUnit(t *testing.T) {
	t.Parallel()
	s := newTestService(t)
	mustProcess(t, s.create(t, minimalEvent().withReference("s", "1")), false)
	s.caller.UserKey = s.data.Users[1].Key
	mustProcess(t, s.create(t, minimalEvent().withReference("s", "1")), true)
	s.caller.Units = []int64{s.data.Units[1].Key}
	mustReject(
		t,
		s.create(t, minimalEvent().withReference("s", "1")),
		models.Forbidden,
		"Unit (Admin Unit) Is Not Permitted.",
		"performedByUnitIdentifier",
		"name",
	)
}

// The hash of a secret differs between the rows of two events.
func TestIdentifiersHash_SecretsOfTwoEvents(t *testing.T) {
	t.Parallel()
	for _, event := range []eventJSON{
		credentials("maria@example.com", "4711"),
		token(`{"authenticationCode":"maria-code"}`),
		token(otp),
	} {
		s := newTestService(t)
		mustProcess(
			t,
			s.create(
				t,
				event.withIdentifier("a").withReference("s", "1"),
				event.withIdentifier("b").withReference("s", "2"),
			),
			false,
			false,
		)
		one, _ := s.recorded(t, "s", "1")
		two, _ := s.recorded(t, "s", "2")
		if string(one.IdentifiersHash[:8]) == string(two.IdentifiersHash[:8]) {
			t.Errorf("%s: %x twice", event, one.IdentifiersHash[:8])
		}
	}
}
