package auth

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/argon2"

	"customer-events/models"
)

// useCheapHashes makes logins fast where the cost of a hash does not matter.
func useCheapHashes(service *Service, kept *sessions) {
	hash := func(password string) string {
		salt := []byte("salt of 16 bytes")
		return "$argon2id$v=19$m=8,t=1,p=1$" + base64Raw.EncodeToString(salt) + "$" +
			base64Raw.EncodeToString(argon2.IDKey([]byte(password), salt, 1, 8, 1, 32))
	}
	service.dummyHash = hash("the password of no user")
	kept.users["anna"].PasswordHash = hash("right password")
}

func failedLogin(t *testing.T, service *Service, address, name, password string) bool {
	t.Helper()
	_, err := service.LogIn(WithAddress(t.Context(), address), name, password)
	var many ErrTooManyLogins
	switch {
	case errors.Is(err, ErrWrongLogin):
		return true
	case errors.As(err, &many):
		if many.RetryAfter <= 0 || many.RetryAfter > models.LockoutWindow {
			t.Errorf("retry after %s", many.RetryAfter)
		}
		return false
	}
	t.Errorf("%s as %s: %v", address, name, err)
	return false
}

func TestLogIn_LimitPerNameAndAddress(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"anna", "unknown"} {
		service, kept, now := setup()
		useCheapHashes(service, kept)
		for i := range MaxFailedPerNameAndAddress {
			if !failedLogin(t, service, "192.0.2.1", name, "wrong") {
				t.Fatalf("%s: login %d is locked out", name, i)
			}
		}
		for _, password := range []string{"wrong", "right password"} {
			if failedLogin(t, service, "192.0.2.1", name, password) {
				t.Errorf("%s: the password is checked although the login is locked out", name)
			}
		}
		if !failedLogin(t, service, "192.0.2.2", name, "wrong") {
			t.Errorf("%s: locked out at another address", name)
		}
		*now = now.Add(models.LockoutWindow)
		if !failedLogin(t, service, "192.0.2.1", name, "wrong") {
			t.Errorf("%s: locked out after the window", name)
		}
	}
}

// After fifty failures for a name from five networks, the user still has one attempt at any other address.
func TestLogIn_AttackedNameIsNotLockedOutElsewhere(t *testing.T) {
	t.Parallel()
	service, kept, _ := setup()
	useCheapHashes(service, kept)
	login := func(address string) error {
		_, err := service.LogIn(WithAddress(t.Context(), address), "anna", "right password")
		return err
	}
	for i := range MaxFailedPerName {
		if !failedLogin(t, service, fmt.Sprint("192.0.2.", i%5), "anna", "wrong") {
			t.Fatalf("login %d is locked out", i)
		}
	}
	if failedLogin(t, service, "192.0.2.0", "anna", "right password") {
		t.Error("the attacker's address is not locked out")
	}
	for _, address := range []string{"203.0.113.1", "2001:db8::1", "203.0.113.1"} {
		if err := login(address); err != nil {
			t.Errorf("%s: %v", address, err)
		}
	}
	// An unfamiliar address has one attempt.
	if !failedLogin(t, service, "203.0.113.2", "anna", "wrong") ||
		failedLogin(t, service, "203.0.113.2", "anna", "right password") {
		t.Error("an unfamiliar address does not have exactly one attempt")
	}
	// For IPv6, a /48 has one attempt.
	if !failedLogin(t, service, "2001:db8:5:1::1", "anna", "wrong") ||
		failedLogin(t, service, "2001:db8:5:2::1", "anna", "right password") {
		t.Error("a /48 does not have exactly one attempt")
	}
	if err := login("2001:db8:6:2::1"); err != nil {
		t.Errorf("another /48: %v", err)
	}
}

// The attempts at a name are bounded for any number of addresses. A familiar address is not locked out by
// them.
func TestLogIn_LimitPerName(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"anna", "unknown"} {
		service, kept, now := setup()
		useCheapHashes(service, kept)
		if _, err := service.LogIn(WithAddress(t.Context(), "203.0.113.1"), "anna",
			"right password"); err != nil {
			t.Fatal(err)
		}
		evaluated := 960 // set in the counter, because attempts are slow
		kept.counters[counterKey("name", name)] = models.Failures{
			Count: evaluated,
			Until: now.Add(models.LockoutWindow),
		}
		for network := range 60 {
			for range 3 {
				address := fmt.Sprintf("10.0.%d.%d", network/250, network%250)
				if failedLogin(t, service, address, name, "wrong") {
					evaluated++
				}
			}
		}
		if evaluated != MaxFailedEverywhere {
			t.Errorf("%s: %d attempts are evaluated, want %d", name, evaluated, MaxFailedEverywhere)
		}
		if failedLogin(t, service, "203.0.113.2", name, "right password") {
			t.Errorf("%s: an unfamiliar address is not locked out", name)
		}
		if _, err := service.LogIn(WithAddress(t.Context(), "203.0.113.1"), "anna",
			"right password"); err != nil {
			t.Errorf("the address of the last login: %v", err)
		}
		*now = now.Add(models.LockoutWindow)
		if !failedLogin(t, service, "203.0.113.2", name, "wrong") {
			t.Errorf("%s: locked out after the window", name)
		}
	}
}

// One client of a shared address does not lock out the others, and its attempts are bounded.
func TestLogIn_SharedAddress(t *testing.T) {
	t.Parallel()
	for what, address := range map[string]string{
		"a proxy":            "198.51.100.1",
		"an IPv6 proxy":      "2001:db8:9::5",
		"loopback":           "127.0.0.1",
		"IPv6 loopback":      "::1",
		"a familiar address": "203.0.113.1",
	} {
		service, kept, now := setup()
		useCheapHashes(service, kept)
		login := func() error {
			_, err := service.LogIn(WithAddress(t.Context(), address), "anna", "right password")
			return err
		}
		if what == "a familiar address" {
			if err := login(); err != nil {
				t.Fatal(err)
			}
		}
		from := clientOf(WithAddress(t.Context(), address))
		for _, name := range []string{
			"unknown",
			"anna",
		} { // an unknown and a known name get the same responses
			for i := range MaxFailedPerNameAndSharedAddress {
				if i > MaxFailedPerNameAndAddress+2 && i < MaxFailedPerNameAndSharedAddress-2 {
					kept.counters[sharedLimits(name, from)[1].CounterKey] = models.Failures{
						Count: i + 1,
						Until: now.Add(models.LockoutWindow),
					}
					continue
				}
				if failedLogin(t, service, address, name, "wrong") != (i < MaxFailedPerNameAndAddress) {
					t.Fatalf("%s: wrong password %d of %s gets another response", what, i, name)
				}
				if name == "anna" && i%44 == MaxFailedPerNameAndAddress { // at 10 and 98
					if err := login(); err != nil {
						t.Fatalf("%s: after %d wrong passwords: %v", what, i+1, err)
					}
				}
			}
		}
		// The slow limits follow.
		for minute := range 3 {
			for i := range MaxFailedPerNameAndSharedAddressSlow {
				if i == 1 {
					if err := login(); err != nil {
						t.Errorf("%s: minute %d, after %d: %v", what, minute, i, err)
					}
				}
				failedLogin(t, service, address, "anna", "wrong")
			}
			var many ErrTooManyLogins
			if err := login(); !errors.As(err, &many) || many.RetryAfter > slowWindow {
				t.Errorf("%s: minute %d: %v", what, minute, err)
			}
			*now = now.Add(slowWindow)
		}
		// One client that tries many names does not lock out the others either.
		*now = now.Add(models.LockoutWindow)
		evaluated := MaxFailedPerSharedAddress - 10
		kept.counters[counterKey("shared address", from.address)] = models.Failures{
			Count: evaluated,
			Until: now.Add(models.LockoutWindow),
		}
		for i := range 100 {
			if failedLogin(t, service, address, fmt.Sprint("name ", i), "wrong") {
				evaluated++
			}
		}
		if evaluated != MaxFailedPerSharedAddress+MaxFailedPerSharedAddressSlow {
			t.Errorf("%s: %d attempts are evaluated", what, evaluated)
		}
		*now = now.Add(slowWindow)
		if err := login(); err != nil {
			t.Errorf("%s: a minute later: %v", what, err)
		}
	}
}

// An address stays familiar for thirty days.
func TestLogIn_FamiliarAddressExpires(t *testing.T) {
	t.Parallel()
	service, kept, now := setup()
	useCheapHashes(service, kept)
	if _, err := service.LogIn(WithAddress(t.Context(), "203.0.113.1"), "anna",
		"right password"); err != nil {
		t.Fatal(err)
	}
	*now = now.Add(NetworkTTL + time.Second)
	for range MaxFailedPerNameAndAddress {
		failedLogin(t, service, "203.0.113.1", "anna", "wrong")
	}
	if failedLogin(t, service, "203.0.113.1", "anna", "right password") {
		t.Error("the address is still familiar")
	}
}

// All 2^64 addresses of an IPv6 /64 count as one.
func TestLogIn_LimitPerAddress(t *testing.T) {
	t.Parallel()
	for _, addresses := range []string{"192.0.2.7", "2001:db8::%x", "::ffff:192.0.2.7"} {
		service, kept, _ := setup()
		useCheapHashes(service, kept)
		address := func(i int) string {
			if strings.Contains(addresses, "%") {
				return fmt.Sprintf(addresses, i)
			}
			return addresses
		}
		for i := range MaxFailedPerAddress {
			if !failedLogin(t, service, address(i), fmt.Sprint("name ", i), "wrong") {
				t.Fatalf("%s: login %d is locked out", addresses, i)
			}
		}
		if failedLogin(t, service, address(1000), "anna", "right password") {
			t.Errorf("%s: the password is checked although the address is locked out", addresses)
		}
		other := WithAddress(t.Context(), "2001:db8:0:1::1")
		if _, err := service.LogIn(other, "anna", "right password"); err != nil {
			t.Errorf("%s: another address is locked out: %v", addresses, err)
		}
	}
}
