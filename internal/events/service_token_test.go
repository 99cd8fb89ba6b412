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

// Whatever is wrong with an access token, the answer is the same to the letter, so that nothing can be probed.
func TestAccessTokensThatDoNotOpen(t *testing.T) {
	t.Parallel()
	for choice, tokens := range map[string][]string{
		"authenticationCode": {`"nobody's"`, `"ended"`, `"pending"`, `"shared"`, `"MARIA-CODE"`, `"maria-code "`},
		"oneTimePassword":    {`"999999"`, `"000002"`, `"000003"`, `"000004"`, `"000005"`, `"000006"`, `"73482"`, `999999`, `4`},
		"credentials": {`{"identifier":"nobody","passCode":"4711"}`, `{"identifier":"maria@example.com","passCode":"4712"}`, `{"identifier":"maria@example.com","passCode":"4711 "}`,
			`{"identifier":"Maria@example.com","passCode":"4711"}`, `{"identifier":"ended@example.com","passCode":"4711"}`, `{"identifier":"pending@example.com","passCode":"4711"}`,
			`{"identifier":"nocode@example.com","passCode":"4711"}`},
	} {
		for _, value := range tokens {
			t.Run(choice+value, func(t *testing.T) {
				t.Parallel()
				out := newShop(t).create(t, token(`{"`+choice+`":`+value+`}`))
				mustRefuse(t, out, models.NotFound, "Access Token Not Found.", "rewardsParticipantIdentifier", "accessTokenIdentifier", choice)
			})
		}
	}
}

func TestAOneTimePasswordServesOneCall(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	out := s.create(t, token(otp).named("a"), token(`{"oneTimePassword":73482}`).named("b"), plain().named("c"), token(otp).named("d"))
	mustProcess(t, out, false, false, false, false)
	if !s.spent(t, "073482") {
		t.Error("it is not spent")
	}
	mustRefuse(t, s.create(t, token(otp)), models.NotFound, "Access Token Not Found.", "rewardsParticipantIdentifier", "accessTokenIdentifier", "oneTimePassword")
}

func TestAOneTimePasswordIsNotSpentByEventsThatAreNotRecorded(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	for _, bad := range []raw{token(otp).with("performedByUnitIdentifier", `{"id":"x"}`), token(otp).with("udfFloat1", `"x"`), token(otp).with("performedOn", `"2030-01-01T00:00:00"`)} {
		if out := s.create(t, bad); out.Summary.Processed != 0 || s.spent(t, "073482") {
			t.Errorf("%s: %+v", bad, out)
		}
	}
	mustProcess(t, s.create(t, token(otp)), false)
}

func TestAOneTimePasswordEndsAtItsExpiry(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.Now = func() time.Time { return now.Add(time.Microsecond) }
	mustRefuse(t, s.create(t, token(otp)), models.NotFound, "Access Token Not Found.", "rewardsParticipantIdentifier", "accessTokenIdentifier", "oneTimePassword")
	s.Now = func() time.Time { return now.Add(999 * time.Nanosecond) }
	mustProcess(t, s.create(t, token(otp)), false)
}

// Six digits are soon used up: of many tokens, some have had the same one-time password before.
func TestAOneTimePasswordIsNotHiddenByOthersThatAreOver(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	hash := s.Hasher.OneTimePassword("073482")
	s.memory.Add(t, eventstest.Data{AccessTokens: []models.AccessToken{
		{Number: "AT10", State: models.Effective, ParticipantKey: s.data.Participants[1].Key, OneTimePasswordHash: hash, OneTimePasswordSpentAt: &now},
		{Number: "AT11", State: models.Effective, ParticipantKey: s.data.Participants[1].Key, OneTimePasswordHash: hash, OneTimePasswordExpiresAt: &now},
		{Number: "AT12", State: models.NotEffective, ParticipantKey: s.data.Participants[1].Key, OneTimePasswordHash: hash}}})
	mustProcess(t, s.create(t, token(otp).referred("s", "1")), false)
	if event, _ := s.recorded(t, "s", "1"); event.AccountKey != s.data.Accounts[0].Key {
		t.Errorf("another customer's: %+v", event)
	}
	// From here on nobody can tell whose it was.
	mustRefuse(t, s.create(t, token(otp)), models.NotFound, "Access Token Not Found.", "rewardsParticipantIdentifier", "accessTokenIdentifier", "oneTimePassword")
}

func TestAReplayFindsTheHolderAmongThoseWhoHadTheSamePassword(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	mustProcess(t, s.create(t, token(otp).referred("s", "1")), false)
	for _, spentAt := range []*time.Time{&now, nil} { // another who had it, then another who has it now
		s.memory.Add(t, eventstest.Data{AccessTokens: []models.AccessToken{{Number: "AT10", State: models.Effective, ParticipantKey: s.data.Participants[1].Key,
			OneTimePasswordHash: s.Hasher.OneTimePassword("073482"), OneTimePasswordSpentAt: spentAt}}})
		mustProcess(t, s.create(t, token(otp).referred("s", "1")), true)
	}
	if list := s.memory.Events(); len(list) != 1 {
		t.Errorf("%d events are recorded", len(list))
	}
}

func TestACallIsReplayedByItsKeyThoughItsPasswordIsSpent(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	list := []raw{token(otp).named("a"), token(otp).named("b").referred("s", "1")}
	first := s.createWith(t, "key", list...)
	mustProcess(t, first, false, false)
	second := s.createWith(t, "key", list...)
	mustProcess(t, second, true, true)
	mustBeTheSame(t, first, second)
}

func TestAnEventIsReplayedByItsReferenceThoughItsPasswordIsSpent(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	first := s.create(t, token(otp).referred("s", "1"), plain().named("b").referred("s", "2"))
	mustProcess(t, first, false, false)
	s.Now = func() time.Time { return now.Add(time.Hour) } // spent, and expired as well
	second := s.create(t, token(otp).referred("s", "1"), plain().named("b").referred("s", "2"))
	mustProcess(t, second, true, true)
	mustBeTheSame(t, first, second)
}

// The event that has the reference must not say more about a password than its being over does: a password that is nobody's
// gets the very same answer.
func TestASpentPasswordTellsNothingAboutOtherEvents(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	mustProcess(t, s.create(t, token(otp).referred("s", "1")), false)
	for _, digits := range []string{"073482", "000005", "000004", "999999"} {
		out := s.create(t, token(`{"oneTimePassword":"`+digits+`"}`).referred("s", "1").with("website", `"www.other.com"`))
		mustRefuse(t, out, models.NotFound, "Access Token Not Found.", "rewardsParticipantIdentifier", "accessTokenIdentifier", "oneTimePassword")
	}
}

// A replay forgives a password that is over, and nothing else.
func TestAReplayForgivesNoOtherFault(t *testing.T) {
	t.Parallel()
	t.Run("a repeated request identifier", func(t *testing.T) {
		t.Parallel()
		s := newShop(t)
		list := []raw{token(otp).named("a").referred("s", "1"), token(otp).named("b").referred("s", "2")}
		// Recorded through another way in, so that the password is still good.
		for i, event := range list {
			list[i] = event.by(`{"number":"RP0000000019"}`)
		}
		mustProcess(t, s.create(t, list...), false, false)
		out := s.create(t, token(otp).named("x").referred("s", "1"), token(otp).named("x").referred("s", "2"))
		if out.Summary.Unprocessed != 2 || out.UnprocessedCustomerEventsSet[0].ErrorCode != models.Duplicate {
			t.Errorf("%+v", out)
		}
	})
	t.Run("a forbidden unit", func(t *testing.T) {
		t.Parallel()
		s := newShop(t)
		mustProcess(t, s.create(t, plain().by(`{"number":"RP0000000019"}`).referred("s", "1")), false)
		s.caller.Units = []int64{}
		mustRefuse(t, s.create(t, token(otp).referred("s", "1")), models.Forbidden, "Unit (Admin Unit) Is Not Permitted.", "performedByUnitIdentifier", "name")
	})
}

// A replay does not use the password up: the event was recorded before.
func TestAReplaySpendsNothing(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	mustProcess(t, s.create(t, plain().by(`{"number":"RP0000000019"}`).referred("s", "1")), false)
	mustProcess(t, s.create(t, token(otp).referred("s", "1")), true)
	if s.spent(t, "073482") {
		t.Error("the password is spent")
	}
}

func TestNoAnswerHoldsASecret(t *testing.T) {
	t.Parallel()
	list := canaries()
	for len(list) > 0 {
		n := min(len(list), 500)
		texts := make([]string, n)
		for i, text := range list[:n] { // some of them valid but nobody's, under a reference that is taken, or in a call with a twin
			texts[i] = strings.Replace(text, `"requestUniqueIdentifier":"06"`, fmt.Sprintf(`"externalSystem":"s","externalSystemReferenceNumber":"%d","requestUniqueIdentifier":"%d"`, i%3, i/2*2), 1)
		}
		list = list[n:]
		s := newShop(t)
		request := s.request(t, "")
		request.Events = decodeTexts(t, texts...)
		out, err := s.CreateWebCustomerEvents(t.Context(), request)
		if err != nil {
			t.Fatal(err)
		}
		for _, u := range out.UnprocessedCustomerEventsSet {
			said, err := json.Marshal(u)
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(string(said), canary) || strings.Contains(string(said), canaryNumber[:9]) {
				t.Errorf("%s: %s", texts[u.Index], said)
			}
		}
	}
}
