package events_test

import (
	"fmt"
	"testing"
	"time"

	"customer-events/internal/events"
	"customer-events/models"
)

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
