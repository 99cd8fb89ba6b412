package events_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"customer-events/internal/events/eventstest"
	"customer-events/models"
)

// An identifier of another kind than the recorded one refers to the same record if it matches that record.
func TestReplay_AnotherIdentifierThatMatchesTheRecord(t *testing.T) {
	t.Parallel()
	twin := minimalEvent().with("accountsReceivableIdentifier", `{"number":"ACR0000000078"}`)
	for name, event := range map[string]eventJSON{
		"an ambiguous name": twin.with("accountsReceivableIdentifier", `{"name":"Alex Twin"}`),
		"the id":            twin.with("accountsReceivableIdentifier", `{"id":"A78"}`),
		"the unit's code":   twin.with("performedByUnitIdentifier", `{"alternativeCode":"adminunit"}`),
		"both": twin.with("accountsReceivableIdentifier", `{"name":"Alex Twin"}`).
			with("performedByUnitIdentifier", `{"id":"1"}`),
		"the same":            twin,
		"in another notation": twin.with("performedOn", `"2016-06-22T17:00:00+02:00"`),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newTestService(t)
			first := s.create(t, twin.withReference("s", "1"))
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
				twin.with("accountsReceivableIdentifier", `{"name":"Alex Twin"}`).withReference("s", "1"),
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
	mustReject(t, s.create(t, event.with("website", `"x.com"`)), models.Duplicate, differs("website"), "website")
	s.Now = func() time.Time { return now.AddDate(-20, 0, 0) }
	out := s.create(
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

// A wrong credential with the content of a recorded event gets the answer of any wrong credential, and
// counts as one.
func TestReplay_GuessingCounts(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		right     eventJSON
		wrong     func(i int) eventJSON
		maxFailed int
	}{
		"one-time password": {
			token(otp),
			func(i int) eventJSON { return token(fmt.Sprintf(`{"oneTimePassword":"%d"}`, 100_000+i)) },
			20,
		},
		"authentication code": {
			token(`{"authenticationCode":"maria-code"}`),
			func(i int) eventJSON { return token(fmt.Sprintf(`{"authenticationCode":"%d"}`, i)) },
			100,
		},
		"pass code": {
			credentials("maria@example.com", "4711"),
			func(i int) eventJSON { return credentials("maria@example.com", fmt.Sprint(i)) },
			5,
		},
	} {
		for _, replaced := range []bool{false, true} {
			for size, fillers := range map[string][]eventJSON{"small": nil, "large": minimalEvents(150)} {
				t.Run(
					fmt.Sprintf("%s, replaced %v, in a %s call", name, replaced, size),
					func(t *testing.T) {
						t.Parallel()
						s := newTestService(t)
						first := s.create(t, c.right.withReference("s", "1"))
						mustProcess(t, first, false)
						if replaced {
							s.changeToken(func(token *models.AccessToken) {
								token.OneTimePasswordHash, token.PassCodeHash = nil, nil
								token.AuthenticationCodeHash = nil
							})
						}
						send := func(event eventJSON) (code models.Code, text string) {
							out := s.create(
								t,
								append(
									fillers[:len(fillers):len(fillers)],
									event.withIdentifier("attempt").withReference("s", "1"),
								)...)
							for _, u := range out.UnprocessedCustomerEventsSet {
								code, text = u.ErrorCode, u.ErrorDescription
							}
							return code, text
						}
						for i := range c.maxFailed {
							if code, _ := send(c.right); code != "" { // counts nothing
								t.Fatalf("the event itself after %d attempts: %s", i, code)
							}
							code, text := send(c.wrong(i))
							if code != models.NotFound ||
								!strings.Contains(text, "Access Token Not Found.") {
								t.Fatalf("attempt %d: %s %s", i, code, text)
							}
						}
						// Now the credential is locked out. The event itself is still a replay, until as
						// many attempts at it have failed again. With a one-time password it is always a
						// replay, because the event has used the password.
						for i := range c.maxFailed {
							if code, _ := send(c.right); code != "" {
								t.Fatalf("the event itself, once locked out, after %d attempts: %s", i, code)
							}
							if code, _ := send(c.wrong(c.maxFailed + i)); code != models.TooManyAttempts {
								t.Fatalf("attempt %d, once locked out: %s", i, code)
							}
						}
						want := models.TooManyAttempts
						if name == "one-time password" {
							want = ""
						}
						if code, _ := send(c.right); code != want {
							t.Errorf("the event itself, at the end: %q, want %q", code, want)
						}
						if code, _ := send(c.wrong(3 * c.maxFailed)); code != models.TooManyAttempts {
							t.Errorf("an attempt, at the end: %s", code)
						}
					},
				)
			}
		}
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

// A lockout that new events have caused does not affect replays of the caller's own events. It affects those
// of another user.
func TestReplay_LockedOutCredential(t *testing.T) {
	t.Parallel()
	for _, event := range []eventJSON{
		credentials("maria@example.com", "4711"),
		token(`{"authenticationCode":"maria-code"}`),
		token(otp),
	} {
		s := newTestService(t)
		list := make([]eventJSON, 150)
		for i := range list {
			list[i] = event.withIdentifier(fmt.Sprint(i)).withReference("s", fmt.Sprint(i))
		}
		first := s.create(t, list...)
		s.lockOut(t)
		for i := range 5 {
			s.dryRun(t, "", credentials("maria@example.com", fmt.Sprint(i)))
		}
		for range 10 {
			mustEqualEvents(t, first, s.create(t, list...))
			mustProcess(t, s.create(t, list[7]), true)
		}
		s.mustHaveCodes(t, []eventJSON{event}, lockedOutCode)
		s.caller.UserKey = s.data.Users[1].Key
		s.lockOut(t)
		s.mustHaveCodes(t, []eventJSON{event.withReference("s", "1")}, lockedOutCode)
	}
}
