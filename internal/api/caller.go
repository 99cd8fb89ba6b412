package api

import (
	"context"
	"errors"

	"customer-events/internal/apierr"
	"customer-events/internal/auth"
	"customer-events/models"
)

// MaxKeyLength is the length limit of an idempotency key.
const MaxKeyLength = 255

// Caller authenticates the token and records the user in the request log.
func Caller(ctx context.Context, service *auth.Service, token string) (models.Caller, error) {
	caller, err := service.Caller(ctx, token)
	RequestOf(ctx).SetUser(caller.Name)
	return caller, tokenError(err, token)
}

// LogOut makes the token invalid.
func LogOut(ctx context.Context, service *auth.Service, token string) error {
	return tokenError(service.LogOut(ctx, token), token)
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

// LogIn returns a session for a user name and a password. A login may wait long for its CPU slot;
// meanwhile its body does not count as being processed.
func LogIn(ctx context.Context, service *auth.Service, username, password string) (auth.Session, error) {
	request := RequestOf(ctx)
	request.Admission.PauseProcessing()
	session, err := service.LogIn(ctx, username, password)
	if err != nil {
		return auth.Session{}, err
	}
	request.SetUser(username)
	return session, nil
}

// Token returns the call's token: the token of the input, or of the header if the input has none. If the
// call has both, they must be equal. An empty token counts as none, because some typed clients send every
// member.
func Token(ctx context.Context, input *string) (string, error) {
	header := RequestOf(ctx).Token
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

// Key returns the call's idempotency key: the key of the input's field, or of the header if the input has
// none; empty if the call has none. If the call has both, they must be equal. An empty key counts as none,
// as an empty token does.
func Key(ctx context.Context, field string, input *string) (string, error) {
	key := RequestOf(ctx).IdempotencyKey
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
