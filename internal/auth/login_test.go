package auth

import (
	"context"
	"customer-events/models"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestLogIn_LockedOutLoginIsNotHashed(t *testing.T) {
	t.Parallel()
	service, kept, _ := setup()
	useCheapHashes(service, kept)
	for range MaxFailedPerNameAndAddress {
		failedLogin(t, service, "192.0.2.1", "anna", "wrong")
	}
	end := make(chan struct{})
	defer close(end)
	for range service.cpu.Size() { // after this, every hash blocks
		taken := make(chan struct{})
		go func() { _ = service.cpu.Run(t.Context(), func() { close(taken); <-end }) }()
		<-taken
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	var many ErrTooManyLogins
	if _, err := service.LogIn(WithAddress(ctx, "192.0.2.1"), "anna", "right password"); !errors.As(err,
		&many) {
		t.Errorf("%v", err)
	}
}

func TestLogIn_QueueIsBounded(t *testing.T) {
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

func TestLogIn_RehashesWeakHash(t *testing.T) {
	t.Parallel()
	service, kept, _ := setup()
	useCheapHashes(service, kept)
	weak := kept.users["anna"].PasswordHash
	_, err := service.LogIn(t.Context(), "anna", "wrong")
	if !errors.Is(err, ErrWrongLogin) || kept.users["anna"].PasswordHash != weak {
		t.Errorf("a wrong password: %v, %q", err, kept.users["anna"].PasswordHash)
	}
	for range 2 {
		if _, err := service.LogIn(t.Context(), "anna", "right password"); err != nil {
			t.Fatal(err)
		}
	}
	rehashed := kept.users["anna"].PasswordHash
	if !strings.HasPrefix(rehashed, "$argon2id$v=19$m=7168,t=5,p=1$") {
		t.Errorf("stored as %q", rehashed)
	}
	_, err = service.LogIn(t.Context(), "anna", "right password")
	if err != nil || kept.users["anna"].PasswordHash != rehashed {
		t.Errorf("%v; a hash with the current cost is replaced", err)
	}
}

func TestLogIn_DisabledUser(t *testing.T) {
	t.Parallel()
	service, kept, _ := setup()
	kept.users["anna"].Disabled = true
	for _, password := range []string{"right password", "wrong"} {
		if _, err := service.LogIn(t.Context(), "anna", password); !errors.Is(err, ErrWrongLogin) {
			t.Errorf("%q: %v", password, err)
		}
	}
}

// Failed logins of an unknown user, with a wrong password and of a disabled user take about the same time. A
// login without a hash would take a hundredth of it. The test compares medians, with a wide tolerance
// because the machine may be busy, and is not parallel to other tests of the package.
func TestLogIn_FailuresTakeAboutTheSameTime(t *testing.T) {
	if testing.Short() {
		t.Skip("long: it runs without the race detector")
	}
	service, kept, _ := setup()
	kept.users["berta"] = &models.User{
		Key:          8,
		Name:         "berta",
		PasswordHash: HashPassword("right password"),
		Disabled:     true,
	}
	kinds := [][2]string{
		{"anna", "wrong password"},
		{"unknown", "right password"},
		{"berta", "right password"},
	}
	took := make([][]time.Duration, len(kinds))
	for round := range 11 {
		for i, kind := range kinds {
			start := time.Now()
			failedLogin(t, service, fmt.Sprint("192.0.2.", round), kind[0], kind[1])
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
