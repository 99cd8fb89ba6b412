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

const lockedOutText = "Error:Access Token Not Checked." +
	" - Description:Too many failed attempts, try again later."

func credentials(identifier, passCode string) eventJSON {
	return token(`{"credentials":{"identifier":"` + identifier + `","passCode":"` + passCode + `"}}`)
}

// firstCodes returns the code of each event: "" for a processed one.
func firstCodes(out events.Outcome) []models.Code {
	list := make([]models.Code, out.Summary.Received)
	for _, u := range out.UnprocessedCustomerEventsSet {
		list[u.Index] = u.ErrorCode
	}
	return list
}

// mustHaveCodes makes a call and checks each event's code.
func (s *testService) mustHaveCodes(t *testing.T, list []eventJSON, want ...models.Code) {
	t.Helper()
	for i := range list {
		list[i] = list[i].withIdentifier(fmt.Sprint(i))
	}
	out := s.create(t, list...)
	if got := firstCodes(out); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%v, want %v", got, want)
	}
	for _, u := range out.UnprocessedCustomerEventsSet {
		if u.ErrorCode == models.TooManyAttempts && (u.ErrorDescription != lockedOutText || !u.Retryable) {
			t.Errorf("%+v", u)
		}
	}
}

const processedCode, notFoundCode, lockedOutCode = models.Code(""), models.NotFound, models.TooManyAttempts

func TestLockout_PassCodesOfAnIdentifier(t *testing.T) {
	t.Parallel()
	// the answers must not reveal which of them exist
	for _, identifier := range []string{
		"maria@example.com",
		"unknown@example.com",
		"ended@example.com",
	} {
		s := newTestService(t)
		for i := range 5 {
			s.mustHaveCodes(t, []eventJSON{credentials(identifier, fmt.Sprint(i))}, notFoundCode)
		}
		s.mustHaveCodes(
			t,
			[]eventJSON{credentials(identifier, "4711"), credentials(identifier, "5"), minimalEvent()},
			lockedOutCode,
			lockedOutCode,
			processedCode,
		)
		s.Now = func() time.Time { return now.Add(models.LockoutWindow - time.Microsecond) }
		s.mustHaveCodes(t, []eventJSON{credentials(identifier, "4711")}, lockedOutCode)
		s.Now = func() time.Time { return now.Add(models.LockoutWindow) }
		if identifier == "maria@example.com" {
			s.mustHaveCodes(t, []eventJSON{credentials(identifier, "4711")}, processedCode)
		} else {
			s.mustHaveCodes(t, []eventJSON{credentials(identifier, "4711")}, notFoundCode)
		}
	}
}

// The limit is for all users together: an attacker may have many users, and the customer has one pass code.
func TestLockout_PassCodesOfAllUsers(t *testing.T) {
	t.Parallel()
	s := newTestService(t)
	for i := range 5 {
		s.caller.UserKey++
		s.mustHaveCodes(t, []eventJSON{credentials("maria@example.com", fmt.Sprint(i))}, notFoundCode)
	}
	s.caller.UserKey++
	s.mustHaveCodes(t, []eventJSON{credentials("maria@example.com", "4711")}, lockedOutCode)
	// The customer's other credentials still work, because otherwise any user could lock the customer out.
	s.mustHaveCodes(
		t,
		[]eventJSON{token(`{"authenticationCode":"maria-code"}`), token(otp)},
		processedCode,
		processedCode,
	)
}

func TestLockout_OrderInOneCall(t *testing.T) {
	t.Parallel()
	s := newTestService(t)
	list := []eventJSON{credentials("maria@example.com", "4711")}
	want := []models.Code{processedCode}
	for i := range 8 {
		code := credentials("maria@example.com", fmt.Sprint(i))
		list = append(list, code, code) // equal credentials are one attempt
		want = append(want, notFoundCode, notFoundCode)
		if i >= 5 {
			want[len(want)-1], want[len(want)-2] = lockedOutCode, lockedOutCode
		}
	}
	list = append(list, credentials("maria@example.com", "4711"), minimalEvent()) // it was accepted above
	want = append(want, processedCode, processedCode)
	s.mustHaveCodes(t, list, want...)
	s.mustHaveCodes(t, []eventJSON{credentials("maria@example.com", "4711")}, lockedOutCode)
}

func TestLockout_OneCall(t *testing.T) {
	t.Parallel()
	s := newTestService(t)
	var list []eventJSON
	var want []models.Code
	for i := range 25 {
		list = append(list, token(fmt.Sprintf(`{"authenticationCode":"guess %d"}`, i)))
		want = append(want, notFoundCode)
		if i >= events.MaxFailedPerCall {
			want[i] = lockedOutCode
		}
	}
	list = append(list, token(`{"authenticationCode":"maria-code"}`), minimalEvent())
	want = append(want, lockedOutCode, processedCode)
	s.mustHaveCodes(t, list, want...)
	s.mustHaveCodes(t, []eventJSON{token(`{"authenticationCode":"maria-code"}`)}, processedCode)
}

func TestLockout_OneUser(t *testing.T) {
	t.Parallel()
	s := newTestService(t)
	for i := range events.MaxFailedPerUser {
		s.mustHaveCodes(
			t,
			[]eventJSON{token(fmt.Sprintf(`{"authenticationCode":"guess %d"}`, i))},
			notFoundCode,
		)
	}
	s.mustHaveCodes(
		t,
		[]eventJSON{
			token(`{"authenticationCode":"maria-code"}`),
			credentials("maria@example.com", "4711"),
			minimalEvent(),
		},
		lockedOutCode,
		lockedOutCode,
		processedCode,
	)
	s.caller.UserKey = s.data.Users[1].Key // no other user is affected
	s.mustHaveCodes(
		t,
		[]eventJSON{token(`{"authenticationCode":"maria-code"}`), credentials("maria@example.com", "4711")},
		processedCode,
		processedCode,
	)
}

func TestLockout_OneTimePasswords(t *testing.T) {
	t.Parallel()
	s := newTestService(t)
	attempt := 100_000
	fail := func(n int) {
		for range n {
			attempt++
			s.mustHaveCodes(
				t,
				[]eventJSON{token(fmt.Sprintf(`{"oneTimePassword":"%d"}`, attempt))},
				notFoundCode,
			)
		}
	}
	fail(events.MaxFailedPasswordsPerUser)
	s.mustHaveCodes(
		t,
		[]eventJSON{
			token(otp),
			token(`{"oneTimePassword":"000005"}`),
			token(`{"authenticationCode":"maria-code"}`),
		},
		lockedOutCode,
		lockedOutCode,
		processedCode,
	)
	const perUser = events.MaxFailedPasswordsPerUser
	for failed := perUser; failed < events.MaxFailedPasswordsInAll; failed += perUser {
		s.caller.UserKey++
		fail(events.MaxFailedPasswordsPerUser)
	}
	s.caller.UserKey++
	s.mustHaveCodes(
		t,
		[]eventJSON{token(otp), token(`{"authenticationCode":"maria-code"}`)},
		lockedOutCode,
		processedCode,
	)
}

// If a dry run did not count, guessing would be free there.
func TestLockout_DryRun(t *testing.T) {
	t.Parallel()
	s := newTestService(t)
	for i := range 5 {
		s.dryRun(t, "", credentials("maria@example.com", fmt.Sprint(i)))
	}
	if v := s.dryRun(t, "", credentials("maria@example.com", "4711")); v.Acceptable != 0 ||
		v.UnprocessedCustomerEventsSet[0].ErrorDescription != lockedOutText {
		t.Errorf("%+v", v)
	}
	s.mustHaveCodes(t, []eventJSON{credentials("maria@example.com", "4711")}, lockedOutCode)
}

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

// failingStore returns some errors before it records.
type failingStore struct {
	*eventstest.Memory
	errs []error
}

func (l *failingStore) Record(ctx context.Context, set models.WriteSet) error {
	if len(l.errs) > 0 {
		err := l.errs[0]
		l.errs = l.errs[1:]
		return err
	}
	return l.Memory.Record(ctx, set)
}

func TestLockout_RetryCountsOnce(t *testing.T) {
	t.Parallel()
	s := newTestService(t)
	s.Store = &failingStore{
		s.memory,
		[]error{
			models.ErrConflict,
			models.ErrAborted,
			models.ErrConflict,
			models.ErrConflict,
			models.ErrAborted,
			models.ErrConflict,
		},
	}
	s.mustHaveCodes(
		t,
		[]eventJSON{minimalEvent(), credentials("maria@example.com", "0")},
		processedCode,
		notFoundCode,
	)
	for i := range 4 {
		s.mustHaveCodes(t, []eventJSON{credentials("maria@example.com", fmt.Sprint(i))}, notFoundCode)
	}
	s.mustHaveCodes(t, []eventJSON{credentials("maria@example.com", "4711")}, lockedOutCode)
}

func TestLockout_FailedCallCounts(t *testing.T) {
	t.Parallel()
	s := newTestService(t)
	s.RetryTimeout = time.Millisecond
	for i := range 5 {
		s.Store = &failingStore{s.memory, []error{models.ErrUnavailable}}
		guess := credentials("maria@example.com", fmt.Sprint(i))
		request := s.request(t, "", minimalEvent().withIdentifier("x"), guess)
		if _, err := s.CreateWebCustomerEvents(t.Context(), request); !errors.Is(err, events.ErrUnavailable) {
			t.Fatal(err)
		}
	}
	s.Store = s.memory
	s.mustHaveCodes(t, []eventJSON{credentials("maria@example.com", "4711")}, lockedOutCode)
}

// uncountedStore fails the test if attempts are counted.
type uncountedStore struct {
	*eventstest.Memory
	t *testing.T
}

func (l uncountedStore) CountAttempts(context.Context, models.Attempts) ([]time.Time, error) {
	l.t.Error("attempts are counted")
	return nil, errors.New("attempts are counted")
}

func TestLockout_NoCredentials(t *testing.T) {
	t.Parallel()
	s := newTestService(t)
	s.Store = uncountedStore{s.memory, t}
	mustProcess(
		t,
		s.create(
			t,
			minimalEvent().withIdentifier("a"),
			minimalEvent().forParticipant(`{"number":"RP0000000019"}`).withIdentifier("b"),
		),
		false,
		false,
	)
}
