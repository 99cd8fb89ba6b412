package auth

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"strings"
	"time"

	"customer-events/internal/admission"
	"customer-events/models"
)

// TokenLife is how long a token is valid after it was given, used or not. Source: the CRM's Web API.
const TokenLife = 2 * time.Hour

// maxLookups is how often a token is looked up when connections to the database break.
const maxLookups = 4

var (
	// ErrWrongLogin says that a login failed, and not why.
	ErrWrongLogin = errors.New("the user name or the password is wrong")
	// ErrUnauthenticated says that there is no valid token.
	ErrUnauthenticated = errors.New("a valid token is needed: log in, and send it as Authorization: Bearer …, or in the input's token")
)

// Sessions keeps users and logins.
type Sessions interface {
	// User must return the user of exactly this name, nil if there is none.
	User(ctx context.Context, name string) (*models.User, error)
	// StartSession must remember the token's hash until it ends, unless the user has been disabled or has got another password since
	// he was read: then it must answer false. Of it and such a change at the same time, the one must come wholly after the other.
	StartSession(ctx context.Context, tokenHash []byte, user models.User, from, until time.Time) (bool, error)
	// RehashPassword must keep another hash of the user's password, unless he has got another one since he was read.
	RehashPassword(ctx context.Context, user models.User, hash string) error
	// EndSession must forget the token's hash at once.
	EndSession(ctx context.Context, tokenHash []byte) error
	// Caller must return whose token it is at the given time, nil if nobody's. An error that wraps models.ErrRerun says that asking again
	// may help.
	Caller(ctx context.Context, tokenHash []byte, now time.Time) (*models.Caller, error)
	// LockedUntil must tell when each of the guesses that are refused now may be made again, and the zero time for the others.
	LockedUntil(ctx context.Context, guesses models.Attempts) ([]time.Time, error)
	// CountAttempts must judge and count guesses, as events.Attempts has it.
	CountAttempts(ctx context.Context, guesses models.Attempts) ([]time.Time, error)
	// LastLogin must return when KeepLogin was last called for a network, and the zero time for a network that is unknown.
	LastLogin(ctx context.Context, network []byte) (time.Time, error)
	// KeepLogin must remember that somebody has logged in from a network, and may forget the networks of before a time.
	KeepLogin(ctx context.Context, network []byte, at, forget time.Time) error
}

// Service logs users in and out. It is safe for concurrent use.
type Service struct {
	sessions Sessions
	now      func() time.Time
	// cpu are what the hashing of passwords waits for: each takes 7 MiB and a core for 45 ms, and logins must not starve the events.
	// waiting bounds how many wait for it.
	cpu     *admission.CPULimiter
	waiting chan struct{}
	// dummyHash is the hash that an unknown user's password is compared with, so that he waits as long as a known one.
	dummyHash string
	// Shared reports whether an address is one that many clients have, as a proxy's that does not say whose requests it
	// forwards. It is set before the first login; nil means that there is none but the loopback.
	Shared func(address string) bool
}

// New makes a service that hashes passwords in turns.
func New(sessions Sessions, now func() time.Time, turns *admission.CPULimiter) *Service {
	return &Service{sessions: sessions, now: now, cpu: turns, waiting: make(chan struct{}, maxWaitingPerCPU*turns.Size()), dummyHash: HashPassword("nobody's password")}
}

// Session is a login. Token is 32 random bytes in base64url, and is kept nowhere but with its holder.
type Session struct {
	Token     string
	ExpiresAt time.Time
}

// LogIn gives a token for a user's name and password, or ErrWrongLogin, or ErrTooManyLogins. The failures are counted for the
// name, known or not, and for the address that the context has (see WithAddress).
func (s *Service) LogIn(ctx context.Context, username, password string) (Session, error) {
	select {
	case s.waiting <- struct{}{}:
		defer func() { <-s.waiting }()
	default:
		return Session{}, ErrTooManyLogins{RetryAfter: time.Second}
	}
	from := clientOf(ctx)
	at := s.now().UTC().Truncate(time.Microsecond)
	limited, err := s.limitsOf(ctx, username, from, at)
	if err != nil {
		return Session{}, err
	}
	user, err := s.sessions.User(ctx, username)
	if err != nil {
		return Session{}, err
	}
	same, raised, err := s.verify(ctx, user, password)
	if err != nil {
		return Session{}, err
	}
	attempt := models.Attempts{List: []models.Attempt{{Limits: limited.budgets, Failed: !same}}, At: at}
	closed, err := s.sessions.CountAttempts(ctx, attempt)
	if err != nil {
		return Session{}, err
	}
	if err := refused(at, closed); err != nil {
		return Session{}, err
	}
	if !same {
		if !limited.many.IsZero() {
			return Session{}, ErrTooManyLogins{RetryAfter: limited.many.Sub(at)}
		}
		return Session{}, ErrWrongLogin
	}
	secret := make([]byte, 32)
	_, _ = rand.Read(secret) // never fails, see crypto/rand
	token := base64.RawURLEncoding.EncodeToString(secret)
	start := s.now().UTC().Truncate(time.Microsecond)
	until := start.Add(TokenLife)
	started, err := s.sessions.StartSession(ctx, tokenHash(token), *user, start, until)
	if err == nil && !started {
		err = ErrWrongLogin
	}
	if err == nil && raised != "" {
		err = s.sessions.RehashPassword(ctx, *user, raised)
	}
	if err != nil {
		return Session{}, err
	}
	s.keepLogin(ctx, from, start)
	return Session{token, until}, nil
}

// verify hashes a password in its turn, and holds it against the user's; nobody's is compared too, so that he waits as long. If
// the right password's hash is kept at a cost that is no longer enough, raised is one that is.
func (s *Service) verify(ctx context.Context, user *models.User, password string) (same bool, raised string, err error) {
	kept := s.dummyHash
	if user != nil {
		kept = user.PasswordHash
	}
	ended := s.cpu.Run(ctx, func() {
		same, err = verifyPassword(password, kept)
		if same = same && user != nil && !user.Disabled; same && !strings.HasPrefix(kept, costPrefix) {
			raised = HashPassword(password)
		}
	})
	return same, raised, errors.Join(ended, err)
}

// LogOut ends a token at once.
func (s *Service) LogOut(ctx context.Context, token string) error {
	if _, err := s.Caller(ctx, token); err != nil {
		return err
	}
	return s.sessions.EndSession(ctx, tokenHash(token))
}

// Caller is whose token it is, or ErrUnauthenticated.
func (s *Service) Caller(ctx context.Context, token string) (models.Caller, error) {
	if token == "" {
		return models.Caller{}, ErrUnauthenticated
	}
	caller, err := s.sessions.Caller(ctx, tokenHash(token), s.now().UTC())
	// A connection that breaks under the question says nothing of the database, and the next one may be broken too, since they tend
	// to break together; refusing the call for it would cost the caller another round.
	for tries := 1; errors.Is(err, models.ErrAborted) && tries < maxLookups; tries++ {
		caller, err = s.sessions.Caller(ctx, tokenHash(token), s.now().UTC())
	}
	if err != nil {
		return models.Caller{}, err
	}
	if caller == nil {
		return models.Caller{}, ErrUnauthenticated
	}
	return *caller, nil
}

// tokenHash is the form in which a token is kept. Tokens are random, so a fast hash does.
func tokenHash(token string) []byte {
	hash := sha256.Sum256([]byte(token))
	return hash[:]
}
