package auth

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"time"

	"customer-events/models"
)

// TokenLife is how long a token is valid after it was given, used or not. Source: the CRM's Web API.
const TokenLife = 2 * time.Hour

// mostTries is how often a token is looked up when connections to the database break.
const mostTries = 4

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
	// StartSession must remember the token's hash until it ends.
	StartSession(ctx context.Context, tokenHash []byte, userKey int64, from, until time.Time) error
	// EndSession must forget the token's hash at once.
	EndSession(ctx context.Context, tokenHash []byte) error
	// Caller must return whose token it is at the given time, nil if nobody's. An error that wraps models.ErrRerun says that asking again
	// may help.
	Caller(ctx context.Context, tokenHash []byte, now time.Time) (*models.Caller, error)
}

// Service logs users in and out. It is safe for concurrent use.
type Service struct {
	sessions Sessions
	now      func() time.Time
	// hashing bounds how many passwords are hashed at once: each takes 19 MiB and a core for 45 ms, and logins must not starve
	// the events.
	hashing chan struct{}
	// nobody is the hash that an unknown user's password is compared with, so that he waits as long as a known one.
	nobody string
}

// New makes a service that hashes at most so many passwords at once.
func New(sessions Sessions, now func() time.Time, atOnce int) *Service {
	return &Service{sessions, now, make(chan struct{}, atOnce), HashPassword("nobody's password")}
}

// Session is a login. Token is 32 random bytes in base64url, and is kept nowhere but with its holder.
type Session struct {
	Token     string
	ExpiresAt time.Time
}

// LogIn gives a token for a user's name and password, or ErrWrongLogin.
func (s *Service) LogIn(ctx context.Context, username, password string) (Session, error) {
	user, err := s.sessions.User(ctx, username)
	if err != nil {
		return Session{}, err
	}
	kept := s.nobody
	if user != nil {
		kept = user.PasswordHash
	}
	select {
	case s.hashing <- struct{}{}:
	case <-ctx.Done():
		return Session{}, ctx.Err()
	}
	same, err := samePassword(password, kept)
	<-s.hashing
	if err != nil {
		return Session{}, err
	}
	if user == nil || !same {
		return Session{}, ErrWrongLogin
	}
	secret := make([]byte, 32)
	_, _ = rand.Read(secret) // never fails, see crypto/rand
	token := base64.RawURLEncoding.EncodeToString(secret)
	from := s.now().UTC().Truncate(time.Microsecond)
	until := from.Add(TokenLife)
	return Session{token, until}, s.sessions.StartSession(ctx, tokenHash(token), user.Key, from, until)
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
	for tries := 1; errors.Is(err, models.ErrRerun) && tries < mostTries; tries++ {
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
