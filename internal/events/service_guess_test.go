package events_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"customer-events/internal/events"
	"customer-events/internal/events/eventstest"
	"customer-events/models"
)

const tooMany = "Error:Access Token Not Checked. - Description:Too many failed attempts, try again later."

func credentials(identifier, passCode string) raw {
	return token(`{"credentials":{"identifier":"` + identifier + `","passCode":"` + passCode + `"}}`)
}

// codes are the first codes of what was refused; "" stands for processed.
func codes(out events.Outcome) []models.Code {
	list := make([]models.Code, out.Summary.Received)
	for _, u := range out.UnprocessedCustomerEventsSet {
		list[u.Index] = u.ErrorCode
	}
	return list
}

// mustTell makes a call and checks each event's code.
func (s *shop) mustTell(t *testing.T, list []raw, want ...models.Code) {
	t.Helper()
	for i := range list {
		list[i] = list[i].named(fmt.Sprint(i))
	}
	out := s.create(t, list...)
	if got := codes(out); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%v, want %v", got, want)
	}
	for _, u := range out.UnprocessedCustomerEventsSet {
		if u.ErrorCode == models.TooManyAttempts && (u.ErrorDescription != tooMany || !u.Retryable) {
			t.Errorf("%+v", u)
		}
	}
}

const right, wrong, locked = models.Code(""), models.NotFound, models.TooManyAttempts

func TestFiveWrongPassCodesLockTheIdentifier(t *testing.T) {
	t.Parallel()
	for _, identifier := range []string{"maria@example.com", "nobody@example.com", "ended@example.com"} { // nobody can tell which of them is borne
		s := newShop(t)
		for i := range 5 {
			s.mustTell(t, []raw{credentials(identifier, fmt.Sprint(i))}, wrong)
		}
		s.mustTell(t, []raw{credentials(identifier, "4711"), credentials(identifier, "5"), plain()}, locked, locked, right)
		s.Now = func() time.Time { return now.Add(models.LockoutWindow - time.Microsecond) }
		s.mustTell(t, []raw{credentials(identifier, "4711")}, locked)
		s.Now = func() time.Time { return now.Add(models.LockoutWindow) }
		if identifier == "maria@example.com" {
			s.mustTell(t, []raw{credentials(identifier, "4711")}, right)
		} else {
			s.mustTell(t, []raw{credentials(identifier, "4711")}, wrong)
		}
	}
}

// Whoever sends them: the attacker may have many users, and the customer has one pass code.
func TestWrongPassCodesOfAllUsersAreOneBudget(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	for i := range 5 {
		s.caller.UserKey++
		s.mustTell(t, []raw{credentials("maria@example.com", fmt.Sprint(i))}, wrong)
	}
	s.caller.UserKey++
	s.mustTell(t, []raw{credentials("maria@example.com", "4711")}, locked)
	// Her other ways in are open, or else anybody could shut her out.
	s.mustTell(t, []raw{token(`{"authenticationCode":"maria-code"}`), token(otp)}, right, right)
}

func TestGuessesOfOneCallAreJudgedInItsOrder(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	list := []raw{credentials("maria@example.com", "4711")}
	want := []models.Code{right}
	for i := range 8 {
		code := credentials("maria@example.com", fmt.Sprint(i))
		list, want = append(list, code, code), append(want, wrong, wrong) // an equal guess is the same guess
		if i >= 5 {
			want[len(want)-1], want[len(want)-2] = locked, locked
		}
	}
	list, want = append(list, credentials("maria@example.com", "4711"), plain()), append(want, right, right) // it was let through above
	s.mustTell(t, list, want...)
	s.mustTell(t, []raw{credentials("maria@example.com", "4711")}, locked)
}

func TestACallIsLookedAtUpToTwentyFailures(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	var list []raw
	var want []models.Code
	for i := range 25 {
		list, want = append(list, token(fmt.Sprintf(`{"authenticationCode":"guess %d"}`, i))), append(want, wrong)
		if i >= events.MaxFailedPerCall {
			want[i] = locked
		}
	}
	list, want = append(list, token(`{"authenticationCode":"maria-code"}`), plain()), append(want, locked, right)
	s.mustTell(t, list, want...)
	s.mustTell(t, []raw{token(`{"authenticationCode":"maria-code"}`)}, right)
}

func TestAUserMayFailAHundredTimes(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	for i := range events.MaxFailedPerUser {
		s.mustTell(t, []raw{token(fmt.Sprintf(`{"authenticationCode":"guess %d"}`, i))}, wrong)
	}
	s.mustTell(t, []raw{token(`{"authenticationCode":"maria-code"}`), credentials("maria@example.com", "4711"), plain()}, locked, locked, right)
	s.caller.UserKey = s.data.Users[1].Key // nobody else suffers
	s.mustTell(t, []raw{token(`{"authenticationCode":"maria-code"}`), credentials("maria@example.com", "4711")}, right, right)
}

func TestWrongOneTimePasswordsOfAUserAndOfAll(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	guess := 100_000
	fail := func(n int) {
		for range n {
			guess++
			s.mustTell(t, []raw{token(fmt.Sprintf(`{"oneTimePassword":"%d"}`, guess))}, wrong)
		}
	}
	fail(events.MaxFailedPasswordsPerUser)
	s.mustTell(t, []raw{token(otp), token(`{"oneTimePassword":"000005"}`), token(`{"authenticationCode":"maria-code"}`)}, locked, locked, right)
	for failed := events.MaxFailedPasswordsPerUser; failed < events.MaxFailedPasswordsInAll; failed += events.MaxFailedPasswordsPerUser {
		s.caller.UserKey++
		fail(events.MaxFailedPasswordsPerUser)
	}
	s.caller.UserKey++
	s.mustTell(t, []raw{token(otp), token(`{"authenticationCode":"maria-code"}`)}, locked, right)
}

// Whatever the check tells without counting could be tried there without end.
func TestTheCheckCountsAsTheCallDoes(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	for i := range 5 {
		s.check(t, "", credentials("maria@example.com", fmt.Sprint(i)))
	}
	if v := s.check(t, "", credentials("maria@example.com", "4711")); v.Acceptable != 0 || v.UnprocessedCustomerEventsSet[0].ErrorDescription != tooMany {
		t.Errorf("%+v", v)
	}
	s.mustTell(t, []raw{credentials("maria@example.com", "4711")}, locked)
}

// lock uses every budget of the caller up.
func (s *shop) lock(t *testing.T) {
	t.Helper()
	for i := range events.MaxFailedPerUser {
		s.check(t, "", token(fmt.Sprintf(`{"authenticationCode":"%d"}`, i)))
		s.check(t, "", token(fmt.Sprintf(`{"oneTimePassword":"%d"}`, 500_000+i)))
	}
}

func TestAReplayIsAnsweredThoughTheCallerIsLocked(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	byKey := []raw{token(`{"authenticationCode":"maria-code"}`).named("a"), credentials("maria@example.com", "4711").named("b")}
	first := s.createWith(t, "key", byKey...)
	password := token(otp).referred("s", "1")
	second := s.create(t, password)
	s.lock(t)
	mustBeTheSame(t, first, s.createWith(t, "key", byKey...))
	mustBeTheSame(t, second, s.create(t, password))
}

// An event that was recorded by number is no way to try credentials by: those who may record by number need not know them.
func TestAReplayByReferenceIsNoWayRoundTheLock(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	mustProcess(t, s.create(t, plain().by(`{"number":"RP0000000019"}`).referred("s", "1")), false)
	s.lock(t)
	for _, credential := range []raw{token(otp), token(`{"authenticationCode":"maria-code"}`), credentials("maria@example.com", "4711"), credentials("maria@example.com", "1")} {
		s.mustTell(t, []raw{credential.referred("s", "1")}, locked)
	}
	// Nor is another user's event, though it was recorded by this very password.
	s = newShop(t)
	mustProcess(t, s.create(t, token(otp).referred("s", "1")), false)
	s.caller.UserKey = s.data.Users[1].Key
	s.lock(t)
	s.mustTell(t, []raw{token(otp).referred("s", "1")}, locked)
}

// stumbling gives a few passes up before one gets through.
type stumbling struct {
	*eventstest.Memory
	errs []error
}

func (l *stumbling) Record(ctx context.Context, entry models.WriteSet) error {
	if len(l.errs) > 0 {
		err := l.errs[0]
		l.errs = l.errs[1:]
		return err
	}
	return l.Memory.Record(ctx, entry)
}

func TestABatchThatStartsOverCountsItsFailuresOnce(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.Store = &stumbling{s.memory, []error{models.ErrConflict, models.ErrAborted, models.ErrConflict, models.ErrConflict, models.ErrAborted, models.ErrConflict}}
	s.mustTell(t, []raw{plain(), credentials("maria@example.com", "0")}, right, wrong)
	for i := range 4 {
		s.mustTell(t, []raw{credentials("maria@example.com", fmt.Sprint(i))}, wrong)
	}
	s.mustTell(t, []raw{credentials("maria@example.com", "4711")}, locked)
}

func TestFailuresOfACallThatIsGivenUpStayCounted(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.RetryTimeout = time.Millisecond
	for i := range 5 {
		s.Store = &stumbling{s.memory, []error{models.ErrUnavailable}}
		if _, err := s.CreateWebCustomerEvents(t.Context(), s.request(t, "", plain().named("x"), credentials("maria@example.com", fmt.Sprint(i)))); !errors.Is(err, events.ErrUnavailable) {
			t.Fatal(err)
		}
	}
	s.Store = s.memory
	s.mustTell(t, []raw{credentials("maria@example.com", "4711")}, locked)
}

// uncounting is a ledger that must not be asked to count.
type uncounting struct {
	*eventstest.Memory
	t *testing.T
}

func (l uncounting) CountAttempts(context.Context, models.Attempts) ([]time.Time, error) {
	l.t.Error("attempts are asked for")
	return nil, errors.New("attempts are asked for")
}

func TestACallWithoutCredentialsCountsNothing(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.Store = uncounting{s.memory, t}
	mustProcess(t, s.create(t, plain().named("a"), plain().by(`{"number":"RP0000000019"}`).named("b")), false, false)
}
