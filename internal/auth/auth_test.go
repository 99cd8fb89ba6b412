package auth

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"customer-events/internal/admission"
	"customer-events/models"
)

// sessions is Sessions in memory.
type sessions struct {
	mutex    sync.Mutex
	users    map[string]*models.User
	until    map[string]time.Time
	owner    map[string]int64
	counters models.Counters
	// logins are the times of the last logins, by network.
	logins map[string]time.Time
	// brokenConnections is how many of the next look-ups fail with models.ErrAborted.
	brokenConnections int
}

func (s *sessions) User(_ context.Context, name string) (*models.User, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if user := s.users[name]; user != nil {
		copied := *user
		return &copied, nil
	}
	return nil, nil
}

func (s *sessions) StartSession(_ context.Context, hash []byte, user models.User, _, until time.Time) (bool,
	error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if now := s.users[user.Name]; now.Disabled || now.PasswordHash != user.PasswordHash {
		return false, nil
	}
	s.until[string(hash)], s.owner[string(hash)] = until, user.Key
	return true, nil
}

func (s *sessions) RehashPassword(_ context.Context, user models.User, hash string) error {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if now := s.users[user.Name]; now.PasswordHash == user.PasswordHash {
		now.PasswordHash = hash
	}
	return nil
}

func (s *sessions) LockedUntil(_ context.Context, attempts models.Attempts) ([]time.Time, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	until := make([]time.Time, len(attempts.List))
	for i, attempt := range attempts.List {
		until[i] = s.counters.LockedUntil(attempt, attempts.At)
	}
	return until, nil
}

func (s *sessions) LastLogin(_ context.Context, network []byte) (time.Time, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.logins[string(network)], nil
}

func (s *sessions) KeepLogin(_ context.Context, network []byte, at, _ time.Time) error {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.logins[string(network)] = at
	return nil
}

func (s *sessions) CountAttempts(_ context.Context, attempts models.Attempts) ([]time.Time, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	until, _ := s.counters.Evaluate(attempts)
	return until, nil
}

func (s *sessions) EndSession(_ context.Context, hash []byte) error {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	delete(s.until, string(hash))
	return nil
}

func (s *sessions) Caller(_ context.Context, hash []byte, now time.Time) (*models.Caller, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.brokenConnections > 0 {
		s.brokenConnections--
		return nil, models.ErrAborted
	}
	if until, known := s.until[string(hash)]; !known || !now.Before(until) {
		return nil, nil
	}
	return &models.Caller{UserKey: s.owner[string(hash)]}, nil
}

func setup() (*Service, *sessions, *time.Time) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	kept := &sessions{
		users: map[string]*models.User{"anna": {
			Key:          7,
			Name:         "anna",
			PasswordHash: HashPassword("right password"),
		}},
		until:    map[string]time.Time{},
		owner:    map[string]int64{},
		counters: models.Counters{},
		logins:   map[string]time.Time{},
	}
	service := New(kept, func() time.Time { return now }, admission.NewCPULimiter())
	service.Shared = func(address string) bool {
		return address == "198.51.100.1" ||
			address == "2001:db8:9::5"
	}
	return service, kept, &now
}

func TestCaller_TokenExpiresAfterTwoHours(t *testing.T) {
	t.Parallel()
	service, _, now := setup()
	session, err := service.LogIn(t.Context(), "anna", "right password")
	if err != nil {
		t.Fatal(err)
	}
	if want := now.Add(2 * time.Hour); !session.ExpiresAt.Equal(want) {
		t.Errorf("the token expires at %s, want %s", session.ExpiresAt, want)
	}
	*now = now.Add(2*time.Hour - time.Second)
	if caller, err := service.Caller(t.Context(), session.Token); err != nil || caller.UserKey != 7 {
		t.Errorf("just before its expiry: %+v, %v", caller, err)
	}
	*now = now.Add(time.Second)
	if _, err := service.Caller(t.Context(), session.Token); !errors.Is(err, ErrUnauthenticated) {
		t.Errorf("at its expiry: %v", err)
	}
}

func TestCaller_RetriesAfterBrokenConnections(t *testing.T) {
	t.Parallel()
	service, kept, _ := setup()
	session, err := service.LogIn(t.Context(), "anna", "right password")
	if err != nil {
		t.Fatal(err)
	}
	for broken, want := range map[int]error{maxLookups - 1: nil, maxLookups: models.ErrAborted} {
		kept.brokenConnections = broken
		if _, err := service.Caller(t.Context(), session.Token); !errors.Is(err, want) {
			t.Errorf("after %d broken connections: %v, want %v", broken, err, want)
		}
	}
}

func TestLogOut_InvalidatesToken(t *testing.T) {
	t.Parallel()
	service, _, _ := setup()
	session, err := service.LogIn(t.Context(), "anna", "right password")
	if err != nil {
		t.Fatal(err)
	}
	if err := service.LogOut(t.Context(), session.Token); err != nil {
		t.Fatal(err)
	}
	if _, err := service.Caller(t.Context(), session.Token); !errors.Is(err, ErrUnauthenticated) {
		t.Errorf("after logging out: %v", err)
	}
	if err := service.LogOut(t.Context(), session.Token); !errors.Is(err, ErrUnauthenticated) {
		t.Errorf("logging out again: %v", err)
	}
}

func TestLogIn_UnknownUserAndWrongPasswordLookAlike(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("long: it runs without the race detector")
	}
	service, _, _ := setup()
	for _, login := range [][2]string{
		{"anna", "wrong password"},
		{"Anna", "right password"},
		{"unknown", "right password"},
		{"", ""},
	} {
		_, err := service.LogIn(t.Context(), login[0], login[1])
		if !errors.Is(err, ErrWrongLogin) || err.Error() != ErrWrongLogin.Error() {
			t.Errorf("%q: %v", login, err)
		}
	}
}

func TestLogIn_TokensAreRandomAndStoredAsHashes(t *testing.T) {
	t.Parallel()
	service, kept, _ := setup()
	seen := map[string]bool{}
	for range 3 {
		session, err := service.LogIn(t.Context(), "anna", "right password")
		if err != nil {
			t.Fatal(err)
		}
		if seen[session.Token] || len(session.Token) != 43 { // 32 bytes in base64url
			t.Errorf("token %q", session.Token)
		}
		seen[session.Token] = true
		if _, clear := kept.until[session.Token]; clear {
			t.Error("the token is stored in clear text")
		}
	}
	for hash := range kept.until {
		if len(hash) != 32 {
			t.Errorf("stored as %d bytes", len(hash))
		}
	}
}

func TestPasswordHash(t *testing.T) {
	t.Parallel()
	hash := HashPassword("a password")
	if !strings.HasPrefix(hash, "$argon2id$v=19$m=7168,t=5,p=1$") || hash == HashPassword("a password") {
		t.Errorf("hash %q", hash)
	}
	for password, want := range map[string]bool{"a password": true, "A password": false, "": false} {
		if same, err := verifyPassword(password, hash); err != nil || same != want {
			t.Errorf("%q: %v, %v", password, same, err)
		}
	}
	for _, malformed := range []string{
		"",
		"$argon2id$",
		"$2a$10$abc",
		strings.Replace(hash, "t=5", "t=0", 1),
		hash[:len(hash)-43],
		strings.Replace(hash, "v=19", "v=16", 1),
	} {
		if _, err := verifyPassword("a password", malformed); err == nil {
			t.Errorf("a malformed hash is accepted: %q", malformed)
		}
	}
}

// TestWasValid_FollowsTheLookups expects a hint for tokens that were valid, and none for others.
func TestWasValid_FollowsTheLookups(t *testing.T) {
	t.Parallel()
	service, _, now := setup()
	session, err := service.LogIn(t.Context(), "anna", "right password")
	if err != nil {
		t.Fatal(err)
	}
	mustBe := func(what string, want bool) {
		t.Helper()
		if got := service.WasValid(session.Token); got != want {
			t.Errorf("%s: %t, want %t", what, got, want)
		}
	}
	mustBe("after the login", true)
	if service.WasValid("unknown") {
		t.Error("an unknown token was valid")
	}
	service.Forget(session.Token)
	mustBe("forgotten", false)
	if _, err := service.Caller(t.Context(), session.Token); err != nil {
		t.Fatal(err)
	}
	mustBe("after a look-up", true)
	*now = now.Add(TokenLife)
	mustBe("until the next look-up", true)
	if _, err := service.Caller(t.Context(), session.Token); !errors.Is(err, ErrUnauthenticated) {
		t.Fatal(err)
	}
	mustBe("expired", false)
}
