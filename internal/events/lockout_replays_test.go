package events_test

import (
	"fmt"
	"strings"
	"testing"

	"customer-events/internal/events"
	"customer-events/models"
)

// lockOut uses up all limits of the caller.
func (s *testService) lockOut(t *testing.T) {
	t.Helper()
	for i := range events.MaxFailedPerUser {
		s.dryRun(t, "", token(fmt.Sprintf(`{"authenticationCode":"%d"}`, i)))
		s.dryRun(t, "", token(fmt.Sprintf(`{"oneTimePassword":"%d"}`, 500_000+i)))
	}
}

func TestLockout_ReplaysAreAnswered(t *testing.T) {
	t.Parallel()
	s := newTestService(t)
	byKey := []eventJSON{
		token(`{"authenticationCode":"maria-code"}`).withIdentifier("a"),
		credentials("maria@example.com", "4711").withIdentifier("b"),
	}
	first := s.createWithKey(t, "key", byKey...)
	password := token(otp).withReference("s", "1")
	second := s.create(t, password)
	s.lockOut(t)
	mustEqualEvents(t, first, s.createWithKey(t, "key", byKey...))
	mustEqualEvents(t, second, s.create(t, password))
}

// An event that was recorded by number must not allow guessing of credentials: its caller need not know
// them.
func TestLockout_ReplaysByReferenceAreNoBypass(t *testing.T) {
	t.Parallel()
	s := newTestService(t)
	mustProcess(
		t,
		s.create(t, minimalEvent().forParticipant(`{"number":"RP0000000019"}`).withReference("s", "1")),
		false,
	)
	s.lockOut(t)
	for _, credential := range []eventJSON{
		token(otp),
		token(`{"authenticationCode":"maria-code"}`),
		credentials("maria@example.com", "4711"),
		credentials("maria@example.com", "1"),
	} {
		s.mustHaveCodes(t, []eventJSON{credential.withReference("s", "1")}, lockedOutCode)
	}
	// The same holds for another user's event, even if it was recorded with this very password.
	s = newTestService(t)
	mustProcess(t, s.create(t, token(otp).withReference("s", "1")), false)
	s.caller.UserKey = s.data.Users[1].Key
	s.lockOut(t)
	s.mustHaveCodes(t, []eventJSON{token(otp).withReference("s", "1")}, lockedOutCode)
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
