package auth

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"strings"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	"customer-events/internal/admission"
	"customer-events/models"
)

// TokenLife is how long a token is valid after the login, whether it is used or not. Source: the CRM's Web
// API.
const TokenLife = 2 * time.Hour

// maxLookups is how often Caller looks up a token when database connections break.
const maxLookups = 4

var (
	// ErrWrongLogin reports that a login failed. It does not reveal whether the name or the password is
	// wrong.
	ErrWrongLogin = errors.New("the user name or the password is wrong")
	// ErrUnauthenticated reports that a request has no valid token.
	ErrUnauthenticated = errors.New("a valid token is needed: log in, " +
		"and send it as Authorization: Bearer …, or in the input's token")
)

// Sessions stores users, sessions and the counters of failed logins.
type Sessions interface {
	// User returns the user with exactly this name, or nil if there is none.
	User(ctx context.Context, name string) (*models.User, error)
	// StartSession stores the token's hash with its expiry. It returns false, and stores nothing, if the
	// user has been disabled or has a new password since user was read. It must be serialised with such
	// changes.
	StartSession(ctx context.Context, tokenHash []byte, user models.User, from, until time.Time) (bool,
		error)
	// RehashPassword replaces the hash of the user's password, unless the password has changed since user
	// was read.
	RehashPassword(ctx context.Context, user models.User, hash string) error
	// EndSession deletes the token's hash. The token is invalid when EndSession returns.
	EndSession(ctx context.Context, tokenHash []byte) error
	// Caller returns the user whose token is valid at the given time, or nil. After an error that wraps
	// models.ErrAborted, a retry may succeed.
	Caller(ctx context.Context, tokenHash []byte, now time.Time) (*models.Caller, error)
	// LockedUntil returns, for each attempt, when its limits allow it again, and the zero time if they allow
	// it now.
	LockedUntil(ctx context.Context, attempts models.Attempts) ([]time.Time, error)
	// CountAttempts evaluates and counts attempts, under the conditions of events.Lockout.
	CountAttempts(ctx context.Context, attempts models.Attempts) ([]time.Time, error)
	// LastLogin returns the time of the last KeepLogin for a network, and the zero time for an unknown
	// network.
	LastLogin(ctx context.Context, network []byte) (time.Time, error)
	// KeepLogin stores the time of a login from a network. It may delete the networks with a last login
	// before forget.
	KeepLogin(ctx context.Context, network []byte, at, forget time.Time) error
}

// Service logs users in and out. It is safe for concurrent use.
type Service struct {
	sessions Sessions
	now      func() time.Time
	// cpu limits how many passwords are hashed at once: each hash takes 7 MiB and a core for 45 ms, and
	// logins must not starve the events. waiting bounds how many logins wait for it.
	cpu     *admission.CPULimiter
	waiting chan struct{}
	// dummyHash is verified for unknown users, so that the response time does not reveal whether the name
	// exists.
	dummyHash string
	// seen has the hashes of tokens that were valid when they were looked up last, see WasValid.
	seen *lru.Cache[string, struct{}]
	// Shared reports whether many clients have the address, such as that of a proxy that does not forward
	// the client's address. It is set before the first login; nil means that only the loopback address is
	// shared.
	Shared func(address string) bool
}

// maxSeen is how many tokens WasValid remembers, which takes about 2 MB.
const maxSeen = 10_000

// New returns a Service that hashes passwords under the limit of cpu.
func New(sessions Sessions, now func() time.Time, cpu *admission.CPULimiter) *Service {
	seen, _ := lru.New[string, struct{}](maxSeen) // fails for a size of zero only
	return &Service{
		seen:      seen,
		sessions:  sessions,
		now:       now,
		cpu:       cpu,
		waiting:   make(chan struct{}, maxWaitingPerCPU*cpu.Size()),
		dummyHash: HashPassword("the password of no user"),
	}
}

// Session is the result of a login. Token is 32 random bytes in base64url; only its hash is stored.
type Session struct {
	Token     string
	ExpiresAt time.Time
}

// LogIn returns a token for a user's name and password, or ErrWrongLogin, or ErrTooManyLogins. It counts
// failures for the name, whether the user exists or not, and for the address in the context (see
// WithAddress).
func (s *Service) LogIn(ctx context.Context, username, password string) (Session, error) {
	select {
	case s.waiting <- struct{}{}:
		defer func() { <-s.waiting }()
	default:
		return Session{}, ErrTooManyLogins{RetryAfter: time.Second}
	}
	origin := clientOf(ctx)
	at := s.now().UTC().Truncate(time.Microsecond)
	login, err := s.limitsFor(ctx, username, origin, at)
	if err != nil {
		return Session{}, err
	}
	user, err := s.sessions.User(ctx, username)
	if err != nil {
		return Session{}, err
	}
	correct, rehashed, err := s.verify(ctx, user, password)
	if err != nil {
		return Session{}, err
	}
	attempt := models.Attempts{List: []models.Attempt{{Limits: login.limits, Failed: !correct}}, At: at}
	lockedUntil, err := s.sessions.CountAttempts(ctx, attempt)
	if err != nil {
		return Session{}, err
	}
	if err := lockoutError(at, lockedUntil); err != nil {
		return Session{}, err
	}
	if !correct {
		if !login.hideFailureUntil.IsZero() {
			return Session{}, ErrTooManyLogins{RetryAfter: login.hideFailureUntil.Sub(at)}
		}
		return Session{}, ErrWrongLogin
	}
	secret := make([]byte, 32)
	_, _ = rand.Read(secret) // never fails, see crypto/rand
	token := base64.RawURLEncoding.EncodeToString(secret)
	start := s.now().UTC().Truncate(time.Microsecond)
	until := start.Add(TokenLife)
	started, err := s.sessions.StartSession(ctx, TokenHash(token), *user, start, until)
	if err == nil && !started {
		err = ErrWrongLogin
	}
	if err == nil && rehashed != "" {
		err = s.sessions.RehashPassword(ctx, *user, rehashed)
	}
	if err != nil {
		return Session{}, err
	}
	s.seen.Add(string(TokenHash(token)), struct{}{})
	s.rememberNetwork(ctx, origin, start)
	return Session{token, until}, nil
}

// verify compares a password with the user's, under the CPU limit. For an unknown user it compares with
// dummyHash, so that the response takes as long. If the password is correct and its stored hash has an
// outdated cost, rehashed is a hash with the current cost.
func (s *Service) verify(
	ctx context.Context, user *models.User, password string,
) (correct bool, rehashed string, err error) {
	stored := s.dummyHash
	if user != nil {
		stored = user.PasswordHash
	}
	cancelled := s.cpu.Run(ctx, func() {
		correct, err = verifyPassword(password, stored)
		correct = correct && user != nil && !user.Disabled
		if correct && !strings.HasPrefix(stored, costPrefix) {
			rehashed = HashPassword(password)
		}
	})
	return correct, rehashed, errors.Join(cancelled, err)
}

// LogOut makes a token invalid.
func (s *Service) LogOut(ctx context.Context, token string) error {
	if _, err := s.Caller(ctx, token); err != nil {
		return err
	}
	return s.sessions.EndSession(ctx, TokenHash(token))
}

// Caller returns the user of the token, or ErrUnauthenticated.
func (s *Service) Caller(ctx context.Context, token string) (models.Caller, error) {
	if token == "" {
		return models.Caller{}, ErrUnauthenticated
	}
	caller, err := s.sessions.Caller(ctx, TokenHash(token), s.now().UTC())
	// A broken connection does not mean that the database is unavailable, and connections tend to break
	// together. A retry with the next connection saves the client a retry of the whole call.
	for tries := 1; errors.Is(err, models.ErrAborted) && tries < maxLookups; tries++ {
		caller, err = s.sessions.Caller(ctx, TokenHash(token), s.now().UTC())
	}
	if err != nil {
		return models.Caller{}, err
	}
	if caller == nil {
		s.Forget(token)
		return models.Caller{}, ErrUnauthenticated
	}
	s.seen.Add(string(TokenHash(token)), struct{}{})
	return *caller, nil
}

// WasValid reports whether the token was valid when it was looked up last. It says nothing about now, and must
// not decide whether a call is authenticated. It decides how much is looked up together with the token: for
// unauthenticated clients nothing else.
func (s *Service) WasValid(token string) bool { return s.seen.Contains(string(TokenHash(token))) }

// Forget makes WasValid return false for a token that is not valid any more.
func (s *Service) Forget(token string) { s.seen.Remove(string(TokenHash(token))) }

// TokenHash returns the hash that is stored for a token. Tokens are random, so a fast hash is enough.
func TokenHash(token string) []byte {
	hash := sha256.Sum256([]byte(token))
	return hash[:]
}
