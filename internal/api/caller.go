package api

import (
	"context"

	"customer-events/internal/apierr"
	"customer-events/internal/auth"
	"customer-events/models"
)

// MaxKeyLength is the longest idempotency key.
const MaxKeyLength = 255

// Caller is whose token it is, which the log is told too.
func Caller(ctx context.Context, service *auth.Service, token string) (models.Caller, error) {
	caller, err := service.Caller(ctx, token)
	RequestOf(ctx).SetUser(caller.Name)
	return caller, err
}

// LogIn gives a session for a user's name and password. Logins wait long for their turn: meanwhile others may work.
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

// Token is the call's token: that of the input, nil if there is none, or the header's. If both are sent they must be equal.
func Token(ctx context.Context, input *string) (string, error) {
	header := RequestOf(ctx).Token
	switch {
	case input == nil:
		return header, nil
	case header == "" || header == *input:
		return *input, nil
	default:
		return "", apierr.New(apierr.BadRequest, "token and the header Authorization differ: send one, or both alike")
	}
}

// Key is the call's idempotency key: that of the input's field, nil if there is none, or the header's; empty if there is
// neither. If both are sent they must be equal.
func Key(ctx context.Context, field string, input *string) (string, error) {
	key := RequestOf(ctx).IdempotencyKey
	switch {
	case input == nil && key == "":
		return "", nil
	case input == nil:
	case key == "":
		key = *input
	case key != *input:
		return "", apierr.New(apierr.BadRequest, "%s (%s) and the header Idempotency-Key (%s) differ: send one, or both alike", field, models.Sanitize(*input), models.Sanitize(key))
	}
	good := key != "" && len(key) <= MaxKeyLength
	for i := 0; i < len(key) && good; i++ {
		good = key[i] >= ' ' && key[i] < 0x7f
	}
	if !good {
		return "", apierr.New(apierr.BadRequest, "%s (%s) is not valid: write 1 to %d printable ASCII characters", field, models.Sanitize(key), MaxKeyLength)
	}
	return key, nil
}
