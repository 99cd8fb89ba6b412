package events_test

import (
	"testing"

	"customer-events/models"
)

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
