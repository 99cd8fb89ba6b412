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
	service.dummyHash = hash("nobody's password")
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
		if many.RetryAfter <= 0 || many.RetryAfter > models.LockoutWindow {
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
		for i := range MaxFailedPerNameAndAddress {
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
		*now = now.Add(models.LockoutWindow)
		if !failed(t, service, "192.0.2.1", name, "wrong") {
			t.Errorf("%s: locked for ever", name)
		}
	}
}

// Fifty failures for a name from five networks leave the user, wherever they log in from, a try of their own.
func TestLogin_AttackedNameIsNotLockedElsewhere(t *testing.T) {
	t.Parallel()
	service, kept, _ := setup()
	cheap(service, kept)
	login := func(address string) error {
		_, err := service.LogIn(WithAddress(t.Context(), address), "anna", "right password")
		return err
	}
	for i := range MaxFailedPerName {
		if !failed(t, service, fmt.Sprint("192.0.2.", i%5), "anna", "wrong") {
			t.Fatalf("login %d is refused", i)
		}
	}
	if failed(t, service, "192.0.2.0", "anna", "right password") {
		t.Error("the guesser's address is not refused")
	}
	for _, address := range []string{"203.0.113.1", "2001:db8::1", "203.0.113.1"} {
		if err := login(address); err != nil {
			t.Errorf("%s: %v", address, err)
		}
	}
	// An address of which nothing is known has one try.
	if !failed(t, service, "203.0.113.2", "anna", "wrong") || failed(t, service, "203.0.113.2", "anna", "right password") {
		t.Error("an address that is not known has not exactly one try")
	}
	// Of IPv6 a /48 has it.
	if !failed(t, service, "2001:db8:5:1::1", "anna", "wrong") || failed(t, service, "2001:db8:5:2::1", "anna", "right password") {
		t.Error("a /48 has not exactly one try")
	}
	if err := login("2001:db8:6:2::1"); err != nil {
		t.Errorf("another /48: %v", err)
	}
}

// However many addresses an attacker has, there is a bound on the guesses at a name. Who has logged in lately from an
// address is not shut out there.
func TestLogin_GuessesAtANameAreBounded(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"anna", "nobody"} {
		service, kept, now := setup()
		cheap(service, kept)
		if _, err := service.LogIn(WithAddress(t.Context(), "203.0.113.1"), "anna", "right password"); err != nil {
			t.Fatal(err)
		}
		evaluated := 960 // each takes its time, so most are only counted
		kept.tally[subject("name", name)] = models.Failures{Count: evaluated, Until: now.Add(models.LockoutWindow)}
		for network := range 60 {
			for range 3 {
				if failed(t, service, fmt.Sprintf("10.0.%d.%d", network/250, network%250), name, "wrong") {
					evaluated++
				}
			}
		}
		if evaluated != MaxFailedEverywhere {
			t.Errorf("%s: %d guesses are evaluated, want %d", name, evaluated, MaxFailedEverywhere)
		}
		if failed(t, service, "203.0.113.2", name, "right password") {
			t.Errorf("%s: an address that is not known is not refused", name)
		}
		if _, err := service.LogIn(WithAddress(t.Context(), "203.0.113.1"), "anna", "right password"); err != nil {
			t.Errorf("the address of the last login: %v", err)
		}
		*now = now.Add(models.LockoutWindow)
		if !failed(t, service, "203.0.113.2", name, "wrong") {
			t.Errorf("%s: locked for ever", name)
		}
	}
}

// Behind one address that many clients have, one of them locks out no other; and what it may guess is bounded.
func TestLogin_SharedAddress(t *testing.T) {
	t.Parallel()
	for what, address := range map[string]string{"a proxy": "198.51.100.1", "a proxy of IPv6": "2001:db8:9::5", "the loopback": "127.0.0.1", "IPv6's loopback": "::1", "a known address": "203.0.113.1"} {
		service, kept, now := setup()
		cheap(service, kept)
		login := func() error {
			_, err := service.LogIn(WithAddress(t.Context(), address), "anna", "right password")
			return err
		}
		if what == "a known address" {
			if err := login(); err != nil {
				t.Fatal(err)
			}
		}
		for _, name := range []string{"nobody", "anna"} { // both are answered alike
			for i := range MaxFailedHereShared {
				if i > MaxFailedPerNameAndAddress+2 && i < MaxFailedHereShared-2 {
					kept.tally[sharedLimits(name, clientOf(WithAddress(t.Context(), address)))[1].CounterKey] = models.Failures{Count: i + 1, Until: now.Add(models.LockoutWindow)}
					continue
				}
				if failed(t, service, address, name, "wrong") != (i < MaxFailedPerNameAndAddress) {
					t.Fatalf("%s: wrong password %d of %s is answered otherwise", what, i, name)
				}
				if name == "anna" && i%44 == MaxFailedPerNameAndAddress { // at 10 and 98: a right password takes its time
					if err := login(); err != nil {
						t.Fatalf("%s: after %d wrong passwords: %v", what, i+1, err)
					}
				}
			}
		}
		// Then slowly.
		for minute := range 3 {
			for i := range MaxFailedHereSlowly {
				if i == 1 {
					if err := login(); err != nil {
						t.Errorf("%s: minute %d, after %d: %v", what, minute, i, err)
					}
				}
				failed(t, service, address, "anna", "wrong")
			}
			var many ErrTooManyLogins
			if err := login(); !errors.As(err, &many) || many.RetryAfter > slowly {
				t.Errorf("%s: minute %d: %v", what, minute, err)
			}
			*now = now.Add(slowly)
		}
		// One client that tries many names does not lock out the others either.
		*now = now.Add(models.LockoutWindow)
		evaluated := MaxFailedPerAddressShared - 10
		kept.tally[subject("shared address", clientOf(WithAddress(t.Context(), address)).address)] = models.Failures{Count: evaluated, Until: now.Add(models.LockoutWindow)}
		for i := range 100 {
			if failed(t, service, address, fmt.Sprint("name ", i), "wrong") {
				evaluated++
			}
		}
		if evaluated != MaxFailedPerAddressShared+MaxFailedPerAddressSlowly {
			t.Errorf("%s: %d names are tried", what, evaluated)
		}
		*now = now.Add(slowly)
		if err := login(); err != nil {
			t.Errorf("%s: a minute later: %v", what, err)
		}
	}
}

// An address is known for thirty days.
func TestLogin_KnownAddressIsForgotten(t *testing.T) {
	t.Parallel()
	service, kept, now := setup()
	cheap(service, kept)
	if _, err := service.LogIn(WithAddress(t.Context(), "203.0.113.1"), "anna", "right password"); err != nil {
		t.Fatal(err)
	}
	*now = now.Add(NetworkLife + time.Second)
	for range MaxFailedPerNameAndAddress {
		failed(t, service, "203.0.113.1", "anna", "wrong")
	}
	if failed(t, service, "203.0.113.1", "anna", "right password") {
		t.Error("it is still known")
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
	for range MaxFailedPerNameAndAddress {
		failed(t, service, "192.0.2.1", "anna", "wrong")
	}
	end := make(chan struct{})
	defer close(end)
	for range service.cpu.Size() { // whoever has to hash waits for ever now
		taken := make(chan struct{})
		go func() { _ = service.cpu.Run(t.Context(), func() { close(taken); <-end }) }()
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
