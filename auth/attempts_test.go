package auth

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/argon2"

	"customer-events/models"
)

// cheap makes logins fast where the cost of a hash does not matter.
func cheap(service *Service, kept *sessions) {
	hash := func(password string) string {
		salt := []byte("salt of 16 bytes")
		return "$argon2id$v=19$m=8,t=1,p=1$" + base64Raw.EncodeToString(salt) + "$" + base64Raw.EncodeToString(argon2.IDKey([]byte(password), salt, 1, 8, 1, 32))
	}
	service.nobody = hash("nobody's password")
	kept.users["anna"].PasswordHash = hash("right password")
}

func failed(t *testing.T, service *Service, address, name, password string) bool {
	t.Helper()
	_, err := service.LogIn(WithAddress(t.Context(), address), name, password)
	var many ErrTooManyLogins
	switch {
	case errors.Is(err, ErrWrongLogin):
		return true
	case errors.As(err, &many):
		if many.RetryAfter <= 0 || many.RetryAfter > models.AttemptWindow {
			t.Errorf("retry after %s", many.RetryAfter)
		}
		return false
	}
	t.Errorf("%s as %s: %v", address, name, err)
	return false
}

func TestLoginsAreLimitedByNameAndAddress(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"anna", "nobody"} {
		service, kept, now := setup()
		cheap(service, kept)
		for i := range MaxFailedHere {
			if !failed(t, service, "192.0.2.1", name, "wrong") {
				t.Fatalf("%s: login %d is refused", name, i)
			}
		}
		for _, password := range []string{"wrong", "right password"} {
			if failed(t, service, "192.0.2.1", name, password) {
				t.Errorf("%s: looked at though locked", name)
			}
		}
		if !failed(t, service, "192.0.2.2", name, "wrong") {
			t.Errorf("%s: locked elsewhere", name)
		}
		*now = now.Add(models.AttemptWindow)
		if !failed(t, service, "192.0.2.1", name, "wrong") {
			t.Errorf("%s: locked for ever", name)
		}
	}
}

func TestLoginsAreLimitedByName(t *testing.T) {
	t.Parallel()
	service, kept, _ := setup()
	cheap(service, kept)
	for i := range MaxFailedPerName {
		if !failed(t, service, fmt.Sprint("192.0.2.", i), "anna", "wrong") {
			t.Fatalf("login %d is refused", i)
		}
	}
	if failed(t, service, "192.0.2.200", "anna", "right password") {
		t.Error("looked at though locked")
	}
}

// Of IPv6 whoever has one address has 2^64.
func TestLoginsAreLimitedByAddress(t *testing.T) {
	t.Parallel()
	for _, addresses := range []string{"192.0.2.7", "2001:db8::%x", "::ffff:192.0.2.7"} {
		service, kept, _ := setup()
		cheap(service, kept)
		address := func(i int) string {
			if strings.Contains(addresses, "%") {
				return fmt.Sprintf(addresses, i)
			}
			return addresses
		}
		for i := range MaxFailedPerAddress {
			if !failed(t, service, address(i), fmt.Sprint("name ", i), "wrong") {
				t.Fatalf("%s: login %d is refused", addresses, i)
			}
		}
		if failed(t, service, address(1000), "anna", "right password") {
			t.Errorf("%s: looked at though locked", addresses)
		}
		if _, err := service.LogIn(WithAddress(t.Context(), "2001:db8:0:1::1"), "anna", "right password"); err != nil {
			t.Errorf("%s: others are locked: %v", addresses, err)
		}
	}
}

func TestALoginThatIsRefusedIsNotHashed(t *testing.T) {
	t.Parallel()
	service, kept, _ := setup()
	cheap(service, kept)
	for range MaxFailedHere {
		failed(t, service, "192.0.2.1", "anna", "wrong")
	}
	end := make(chan struct{})
	defer close(end)
	for range service.turns.Count() { // whoever has to hash waits for ever now
		taken := make(chan struct{})
		go func() { _ = service.turns.Do(t.Context(), func() { close(taken); <-end }) }()
		<-taken
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	var many ErrTooManyLogins
	if _, err := service.LogIn(WithAddress(ctx, "192.0.2.1"), "anna", "right password"); !errors.As(err, &many) {
		t.Errorf("%v", err)
	}
}

func TestLoginsWaitInAQueueThatEnds(t *testing.T) {
	t.Parallel()
	service, _, _ := setup()
	for range cap(service.waiting) {
		service.waiting <- struct{}{}
	}
	var many ErrTooManyLogins
	if _, err := service.LogIn(t.Context(), "anna", "right password"); !errors.As(err, &many) {
		t.Errorf("%v", err)
	}
	<-service.waiting
	if _, err := service.LogIn(t.Context(), "anna", "right password"); err != nil {
		t.Error(err)
	}
	if got, want := len(service.waiting), cap(service.waiting)-1; got != want {
		t.Errorf("%d wait afterwards, want %d", got, want)
	}
}

func TestTheCostOfAHashIsRaisedOnLogin(t *testing.T) {
	t.Parallel()
	service, kept, _ := setup()
	cheap(service, kept)
	weak := kept.users["anna"].PasswordHash
	if _, err := service.LogIn(t.Context(), "anna", "wrong"); !errors.Is(err, ErrWrongLogin) || kept.users["anna"].PasswordHash != weak {
		t.Errorf("a wrong password: %v, %q", err, kept.users["anna"].PasswordHash)
	}
	for range 2 {
		if _, err := service.LogIn(t.Context(), "anna", "right password"); err != nil {
			t.Fatal(err)
		}
	}
	raised := kept.users["anna"].PasswordHash
	if !strings.HasPrefix(raised, "$argon2id$v=19$m=7168,t=5,p=1$") {
		t.Errorf("kept as %q", raised)
	}
	if _, err := service.LogIn(t.Context(), "anna", "right password"); err != nil || kept.users["anna"].PasswordHash != raised {
		t.Errorf("%v; a hash of today's cost is replaced", err)
	}
}

func TestADisabledUserLogsInLikeNobody(t *testing.T) {
	t.Parallel()
	service, kept, _ := setup()
	kept.users["anna"].Disabled = true
	for _, password := range []string{"right password", "wrong"} {
		if _, err := service.LogIn(t.Context(), "anna", password); !errors.Is(err, ErrWrongLogin) {
			t.Errorf("%q: %v", password, err)
		}
	}
}

// Unknown, wrong and disabled take the same time. The medians are compared, and generously, for the
// machine may be busy: a login that is not hashed takes a hundredth. It runs beside no other test of the package.
func TestFailedLoginsTakeTheSameTime(t *testing.T) {
	if testing.Short() {
		t.Skip("long: it runs without the race detector")
	}
	service, kept, _ := setup()
	kept.users["berta"] = &models.User{Key: 8, Name: "berta", PasswordHash: HashPassword("right password"), Disabled: true}
	kinds := [][2]string{{"anna", "wrong password"}, {"nobody", "right password"}, {"berta", "right password"}}
	took := make([][]time.Duration, len(kinds))
	for round := range 11 {
		for i, kind := range kinds {
			start := time.Now()
			failed(t, service, fmt.Sprint("192.0.2.", round), kind[0], kind[1])
			took[i] = append(took[i], time.Since(start))
		}
	}
	for i := range took {
		slices.Sort(took[i])
		median, first := took[i][len(took[i])/2], took[0][len(took[0])/2]
		t.Logf("%s: %s", kinds[i][0], median)
		if ratio := float64(median) / float64(first); ratio < 0.33 || ratio > 3 {
			t.Errorf("%s: %s, and %s: %s", kinds[i][0], median, kinds[0][0], first)
		}
	}
}
