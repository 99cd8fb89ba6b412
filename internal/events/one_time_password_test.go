package events_test

import (
	"testing"
	"time"

	"customer-events/internal/events/eventstest"
	"customer-events/models"
)

const otp = `{"oneTimePassword":"073482"}`

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
