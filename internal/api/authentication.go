package api

import (
	"context"
	"errors"
	"sync"

	"customer-events/internal/auth"
	"customer-events/models"
)

// Authenticator finds the caller of a token. It must return auth.ErrUnauthenticated if the token is not
// valid, and another error if that cannot be found out.
type Authenticator interface {
	Caller(ctx context.Context, token string) (models.Caller, error)
	// WasValid reports whether the token was valid when it was looked up last, and Forget makes it return
	// false. It must not decide whether a call is authenticated.
	WasValid(token string) bool
	Forget(token string)
}

// Authentication authenticates one request. It looks the token of the header Authorization up once, when its
// caller is needed first: by the reader of a large body, a bulk call, or the fields of a query.
type Authentication struct {
	tokens Authenticator
	// header is the token of the header; empty if it has none.
	header string
	// lookup is held during the lookup of header, and guards what it found: the caller, or ErrUnauthenticated.
	// found is false before the lookup, and if the lookup failed.
	lookup chan struct{}
	found  bool
	caller models.Caller
	err    error

	// mu guards user: the fields of a query run concurrently, and each authenticates the caller.
	mu   sync.Mutex
	user string
}

// NewAuthentication returns the authentication of a request with the token in its header.
func NewAuthentication(tokens Authenticator, header string) *Authentication {
	return &Authentication{tokens: tokens, header: header, lookup: make(chan struct{}, 1)}
}

// HeaderCaller returns the caller of the header's token, or auth.ErrUnauthenticated. It looks the token up
// once, and once more only after a failure, such as that of the database.
func (a *Authentication) HeaderCaller(ctx context.Context) (models.Caller, error) {
	if a.header == "" {
		return models.Caller{}, auth.ErrUnauthenticated
	}
	select {
	case a.lookup <- struct{}{}:
		defer func() { <-a.lookup }()
	case <-ctx.Done():
		return models.Caller{}, ctx.Err()
	}
	if a.found {
		return a.caller, a.err
	}
	caller, err := a.tokens.Caller(ctx, a.header)
	if err == nil || errors.Is(err, auth.ErrUnauthenticated) {
		a.found, a.caller, a.err = true, caller, err
	}
	return caller, err
}

// HasValidToken reports whether the header's token is valid. A token that cannot be looked up is not valid.
func (a *Authentication) HasValidToken(ctx context.Context) bool {
	_, err := a.HeaderCaller(ctx)
	return err == nil
}

// callerOf returns the caller of a token of the body or of the header.
func (a *Authentication) callerOf(ctx context.Context, token string) (models.Caller, error) {
	if token == a.header {
		return a.HeaderCaller(ctx)
	}
	return a.tokens.Caller(ctx, token)
}

// forget makes the next call look the header's token up again.
func (a *Authentication) forget() {
	a.lookup <- struct{}{}
	a.found = false
	<-a.lookup
}

// SetUser sets the name of the authenticated user; empty if the authentication failed.
func (a *Authentication) SetUser(name string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.user = name
}

// User returns the name of the user that the request has authenticated last, by a token or a password; empty
// if there is none.
func (a *Authentication) User() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.user
}

type authenticationKey struct{}

// WithAuthentication returns a context with the authentication of its request.
func WithAuthentication(ctx context.Context, a *Authentication) context.Context {
	return context.WithValue(ctx, authenticationKey{}, a)
}

// AuthenticationOf returns the context's authentication, or one without a token if the context has none.
func AuthenticationOf(ctx context.Context) *Authentication {
	if a, ok := ctx.Value(authenticationKey{}).(*Authentication); ok {
		return a
	}
	return NewAuthentication(noTokens{}, "")
}

// noTokens knows no valid token.
type noTokens struct{}

func (noTokens) Caller(context.Context, string) (models.Caller, error) {
	return models.Caller{}, auth.ErrUnauthenticated
}

func (noTokens) WasValid(string) bool { return false }

func (noTokens) Forget(string) {}
