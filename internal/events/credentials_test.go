package events_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"customer-events/internal/events/eventstest"
	"customer-events/models"
)

const otp = `{"oneTimePassword":"073482"}`

// All rejected access tokens get exactly the same answer, so that callers cannot probe for values.
func TestToken_NotFound(t *testing.T) {
	t.Parallel()
	for choice, tokens := range map[string][]string{
		"authenticationCode": {
			`"unknown"`,
			`"ended"`,
			`"pending"`,
			`"shared"`,
			`"MARIA-CODE"`,
			`"maria-code "`,
		},
		"oneTimePassword": {
			`"999999"`,
			`"000002"`,
			`"000003"`,
			`"000004"`,
			`"000005"`,
			`"000006"`,
			`"73482"`,
			`999999`,
			`4`,
		},
		"credentials": {
			`{"identifier":"unknown","passCode":"4711"}`,
			`{"identifier":"maria@example.com","passCode":"4712"}`,
			`{"identifier":"maria@example.com","passCode":"4711 "}`,
			`{"identifier":"Maria@example.com","passCode":"4711"}`,
			`{"identifier":"ended@example.com","passCode":"4711"}`,
			`{"identifier":"pending@example.com","passCode":"4711"}`,
			`{"identifier":"nocode@example.com","passCode":"4711"}`,
		},
	} {
		for _, value := range tokens {
			t.Run(choice+value, func(t *testing.T) {
				t.Parallel()
				out := newTestService(t).create(t, token(`{"`+choice+`":`+value+`}`))
				mustReject(
					t,
					out,
					models.NotFound,
					"Access Token Not Found.",
					"rewardsParticipantIdentifier",
					"accessTokenIdentifier",
					choice,
				)
			})
		}
	}
}

func TestOneTimePassword_UsedByOneCall(t *testing.T) {
	t.Parallel()
	s := newTestService(t)
	out := s.create(
		t,
		token(otp).withIdentifier("a"),
		token(`{"oneTimePassword":73482}`).withIdentifier("b"),
		minimalEvent().withIdentifier("c"),
		token(otp).withIdentifier("d"),
	)
	mustProcess(t, out, false, false, false, false)
	if !s.passwordUsed(t, "073482") {
		t.Error("it is not used")
	}
	mustReject(
		t,
		s.create(t, token(otp)),
		models.NotFound,
		"Access Token Not Found.",
		"rewardsParticipantIdentifier",
		"accessTokenIdentifier",
		"oneTimePassword",
	)
}

func TestOneTimePassword_NotUsedByRejectedEvents(t *testing.T) {
	t.Parallel()
	s := newTestService(t)
	for _, bad := range []eventJSON{
		token(otp).with("performedByUnitIdentifier", `{"id":"x"}`),
		token(otp).with("udfFloat1", `"x"`),
		token(otp).with("performedOn", `"2030-01-01T00:00:00"`),
	} {
		if out := s.create(t, bad); out.Summary.Processed != 0 || s.passwordUsed(t, "073482") {
			t.Errorf("%s: %+v", bad, out)
		}
	}
	mustProcess(t, s.create(t, token(otp)), false)
}

func TestOneTimePassword_Expiry(t *testing.T) {
	t.Parallel()
	s := newTestService(t)
	s.Now = func() time.Time { return now.Add(time.Microsecond) }
	mustReject(
		t,
		s.create(t, token(otp)),
		models.NotFound,
		"Access Token Not Found.",
		"rewardsParticipantIdentifier",
		"accessTokenIdentifier",
		"oneTimePassword",
	)
	s.Now = func() time.Time { return now.Add(999 * time.Nanosecond) }
	mustProcess(t, s.create(t, token(otp)), false)
}

// Six digits recur: among many tokens, some have had the same one-time password before.
func TestOneTimePassword_ExpiredDuplicates(t *testing.T) {
	t.Parallel()
	s := newTestService(t)
	hash := s.Hasher.OneTimePassword("073482")
	s.memory.Add(t, eventstest.Data{AccessTokens: []models.AccessToken{
		{
			Number:                 "AT10",
			State:                  models.Effective,
			ParticipantKey:         s.data.Participants[1].Key,
			OneTimePasswordHash:    hash,
			OneTimePasswordSpentAt: &now,
		},
		{
			Number:                   "AT11",
			State:                    models.Effective,
			ParticipantKey:           s.data.Participants[1].Key,
			OneTimePasswordHash:      hash,
			OneTimePasswordExpiresAt: &now,
		},
		{
			Number:              "AT12",
			State:               models.NotEffective,
			ParticipantKey:      s.data.Participants[1].Key,
			OneTimePasswordHash: hash,
		}}})
	mustProcess(t, s.create(t, token(otp).withReference("s", "1")), false)
	if event, _ := s.recorded(t, "s", "1"); event.AccountKey != s.data.Accounts[0].Key {
		t.Errorf("another customer's: %+v", event)
	}
	// Now the password is not usable and matches several tokens.
	mustReject(
		t,
		s.create(t, token(otp)),
		models.NotFound,
		"Access Token Not Found.",
		"rewardsParticipantIdentifier",
		"accessTokenIdentifier",
		"oneTimePassword",
	)
}

func TestOneTimePassword_ReplayWithDuplicates(t *testing.T) {
	t.Parallel()
	s := newTestService(t)
	mustProcess(t, s.create(t, token(otp).withReference("s", "1")), false)
	// used by another participant, then usable by another one
	for _, usedAt := range []*time.Time{
		&now,
		nil,
	} {
		s.memory.Add(
			t,
			eventstest.Data{
				AccessTokens: []models.AccessToken{
					{Number: "AT10", State: models.Effective, ParticipantKey: s.data.Participants[1].Key,
						OneTimePasswordHash: s.Hasher.OneTimePassword(
							"073482",
						), OneTimePasswordSpentAt: usedAt},
				},
			},
		)
		mustProcess(t, s.create(t, token(otp).withReference("s", "1")), true)
	}
	if list := s.memory.Events(); len(list) != 1 {
		t.Errorf("%d events are recorded", len(list))
	}
}

func TestOneTimePassword_ReplayByKey(t *testing.T) {
	t.Parallel()
	s := newTestService(t)
	list := []eventJSON{
		token(otp).withIdentifier("a"),
		token(otp).withIdentifier("b").withReference("s", "1"),
	}
	first := s.createWithKey(t, "key", list...)
	mustProcess(t, first, false, false)
	second := s.createWithKey(t, "key", list...)
	mustProcess(t, second, true, true)
	mustEqualEvents(t, first, second)
}

func TestOneTimePassword_ReplayByReference(t *testing.T) {
	t.Parallel()
	s := newTestService(t)
	first := s.create(
		t,
		token(otp).withReference("s", "1"),
		minimalEvent().withIdentifier("b").withReference("s", "2"),
	)
	mustProcess(t, first, false, false)
	s.Now = func() time.Time { return now.Add(time.Hour) } // used, and expired as well
	second := s.create(
		t,
		token(otp).withReference("s", "1"),
		minimalEvent().withIdentifier("b").withReference("s", "2"),
	)
	mustProcess(t, second, true, true)
	mustEqualEvents(t, first, second)
}

// An event with the same reference must not reveal anything about a password: an expired password gets the
// same answer as one that does not exist.
func TestOneTimePassword_RevealsNothingOfOtherEvents(t *testing.T) {
	t.Parallel()
	s := newTestService(t)
	mustProcess(t, s.create(t, token(otp).withReference("s", "1")), false)
	for _, digits := range []string{"073482", "000005", "000004", "999999"} {
		out := s.create(
			t,
			token(
				`{"oneTimePassword":"`+digits+`"}`,
			).withReference("s", "1").with("website", `"www.other.com"`),
		)
		mustReject(
			t,
			out,
			models.NotFound,
			"Access Token Not Found.",
			"rewardsParticipantIdentifier",
			"accessTokenIdentifier",
			"oneTimePassword",
		)
	}
}

// A replay may have an expired password, but no other problem.
func TestReplay_OtherProblems(t *testing.T) {
	t.Parallel()
	t.Run("a repeated request identifier", func(t *testing.T) {
		t.Parallel()
		s := newTestService(t)
		list := []eventJSON{
			token(otp).withIdentifier("a").withReference("s", "1"),
			token(otp).withIdentifier("b").withReference("s", "2"),
		}
		// Recorded by number, so that the password is still usable.
		for i, event := range list {
			list[i] = event.forParticipant(`{"number":"RP0000000019"}`)
		}
		mustProcess(t, s.create(t, list...), false, false)
		out := s.create(
			t,
			token(otp).withIdentifier("x").withReference("s", "1"),
			token(otp).withIdentifier("x").withReference("s", "2"),
		)
		if out.Summary.Unprocessed != 2 ||
			out.UnprocessedCustomerEventsSet[0].ErrorCode != models.Duplicate {
			t.Errorf("%+v", out)
		}
	})
	t.Run("a forbidden unit", func(t *testing.T) {
		t.Parallel()
		s := newTestService(t)
		mustProcess(
			t,
			s.create(t, minimalEvent().forParticipant(`{"number":"RP0000000019"}`).withReference("s", "1")),
			false,
		)
		s.caller.Units = []int64{}
		mustReject(
			t,
			s.create(t, token(otp).withReference("s", "1")),
			models.Forbidden,
			"Unit (Admin Unit) Is Not Permitted.",
			"performedByUnitIdentifier",
			"name",
		)
	})
}

// A replay does not use the password, because the event was recorded before.
func TestReplay_UsesNoPassword(t *testing.T) {
	t.Parallel()
	s := newTestService(t)
	mustProcess(
		t,
		s.create(t, minimalEvent().forParticipant(`{"number":"RP0000000019"}`).withReference("s", "1")),
		false,
	)
	mustProcess(t, s.create(t, token(otp).withReference("s", "1")), true)
	if s.passwordUsed(t, "073482") {
		t.Error("the password is used")
	}
}

func TestCreate_NoSecretsInProblems(t *testing.T) {
	t.Parallel()
	list := eventsWithSecrets()
	for len(list) > 0 {
		n := min(len(list), 500)
		texts := make([]string, n)
		// Some have an existing reference, or the request identifier of another event.
		for i, text := range list[:n] {
			texts[i] = strings.Replace(
				text,
				`"requestUniqueIdentifier":"06"`,
				fmt.Sprintf(
					`"externalSystem":"s","externalSystemReferenceNumber":"%d","requestUniqueIdentifier":"%d"`,
					i%3,
					i/2*2,
				),
				1,
			)
		}
		list = list[n:]
		s := newTestService(t)
		request := s.request(t, "")
		request.Events = decodeTexts(t, texts...)
		out, err := s.CreateWebCustomerEvents(t.Context(), request)
		if err != nil {
			t.Fatal(err)
		}
		for _, u := range out.UnprocessedCustomerEventsSet {
			shown, err := json.Marshal(u)
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(string(shown), secretText) ||
				strings.Contains(string(shown), secretDigits[:9]) {
				t.Errorf("%s: %s", texts[u.Index], shown)
			}
		}
	}
}
