package api

import (
	"context"
	"errors"

	"customer-events/internal/admission"
	"customer-events/internal/apierr"
	"customer-events/internal/auth"
	"customer-events/models"
)

// MaxKeyLength is the length limit of an idempotency key.
const MaxKeyLength = 255

// Caller authenticates a token of the header or of the body, and records its user for the request log.
func Caller(ctx context.Context, token string) (models.Caller, error) {
	authentication := AuthenticationOf(ctx)
	caller, err := authentication.callerOf(ctx, token)
	authentication.SetUser(caller.Name)
	return caller, tokenError(err, token)
}

// tokenError adds to the error of an unauthenticated call whether it had a token.
func tokenError(err error, token string) error {
	if !errors.Is(err, auth.ErrUnauthenticated) {
		return err
	}
	public := Public(err)
	public.TokenSent = token != ""
	return public
}

// HeaderToken returns the token of the header Authorization; empty if it has none.
func HeaderToken(ctx context.Context) string { return AuthenticationOf(ctx).header }

// HeaderCaller authenticates the token of the header, and records its user for the request log.
func HeaderCaller(ctx context.Context) (models.Caller, error) {
	return Caller(ctx, HeaderToken(ctx))
}

// LogIn returns a session for a user name and a password. A login may wait long for its CPU slot;
// meanwhile its body does not count as being processed.
func LogIn(ctx context.Context, service *auth.Service, username, password string) (auth.Session, error) {
	admission.PauseProcessing(ctx)
	session, err := service.LogIn(ctx, username, password)
	if err != nil {
		return auth.Session{}, err
	}
	AuthenticationOf(ctx).SetUser(username)
	return session, nil
}

// LogOut ends the session of a token. The token is not valid for what the same request does next, either.
func LogOut(ctx context.Context, service *auth.Service, token string) error {
	defer AuthenticationOf(ctx).forget()
	return tokenError(service.LogOut(ctx, token), token)
}

// Token returns the call's token: the token of the input, or of the header if the input has none. If the
// call has both, they must be equal. An empty token counts as none, because some typed clients send every
// member.
func Token(ctx context.Context, input *string) (string, error) {
	header := HeaderToken(ctx)
	switch {
	case input == nil || *input == "":
		return header, nil
	case header == "" || header == *input:
		return *input, nil
	default:
		return "", apierr.New(apierr.BadRequest,
			"token and the header Authorization differ: send one, or both alike")
	}
}

type idempotencyKey struct{}

// WithIdempotencyKey returns a context with the value of the header Idempotency-Key.
func WithIdempotencyKey(ctx context.Context, key string) context.Context {
	return context.WithValue(ctx, idempotencyKey{}, key)
}

func idempotencyKeyOf(ctx context.Context) string {
	key, _ := ctx.Value(idempotencyKey{}).(string)
	return key
}

// Key returns the call's idempotency key: the key of the input's field, or of the header if the input has
// none; empty if the call has none. If the call has both, they must be equal. An empty key counts as none,
// as an empty token does.
func Key(ctx context.Context, field string, input *string) (string, error) {
	key := idempotencyKeyOf(ctx)
	absent := input == nil || *input == ""
	switch {
	case absent && key == "":
		return "", nil
	case absent:
	case key == "":
		key = *input
	case key != *input:
		return "", apierr.New(apierr.BadRequest,
			"%s (%s) and the header Idempotency-Key (%s) differ: send one, or both alike",
			field, models.Sanitize(*input), models.Sanitize(key))
	}
	valid := len(key) <= MaxKeyLength
	for i := 0; i < len(key) && valid; i++ {
		valid = key[i] >= ' ' && key[i] < 0x7f
	}
	if !valid {
		return "", apierr.New(apierr.BadRequest,
			"%s (%s) is not valid: write 1 to %d printable ASCII characters",
			field, models.Sanitize(key), MaxKeyLength)
	}
	return key, nil
}
