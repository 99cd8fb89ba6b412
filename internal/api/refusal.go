package api

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"runtime/debug"

	"customer-events/internal/auth"
	"customer-events/internal/events"
	"customer-events/models"
)

// Code says why a whole call was refused. The words are those of GraphQL's extensions.code; webapi has its own for them.
type Code string

// Every such code there is, but for those of GraphQL's own grammar. The comments are what docs/errors.md says of them.
const (
	// The request, or an argument of it, cannot be read. The message says what; correct it.
	BadRequest Code = "BAD_REQUEST"
	// No token was sent, or one that is not valid, or has ended; or name and password of a login are wrong. Log in and send the same again.
	Unauthenticated Code = "UNAUTHENTICATED"
	// The API user may not do this at all. (A unit that he may not write for makes single events unprocessed.)
	Forbidden Code = "FORBIDDEN"
	// The body has more than 8 MiB, maybe only once it is decompressed. Send fewer events a call.
	TooLarge Code = "PAYLOAD_TOO_LARGE"
	// The request carries more than 1000 events, all its fields taken together. Send them in several calls.
	TooManyEvents Code = "TOO_MANY_EVENTS"
	// A call with the same idempotency key is still running. Send the same again: the answer will be that call's.
	KeyInUse Code = "IDEMPOTENCY_KEY_IN_USE"
	// The idempotency key came with other events before. Use a new key for other events.
	KeyReused Code = "IDEMPOTENCY_KEY_REUSED"
	// The API user has sent or read too many events, or too many logins have failed. Wait for as long as Retry-After says.
	RateLimited Code = "RATE_LIMITED"
	// The database does not take events, or the server is full. Nothing was stored: send the same again.
	Unavailable Code = "UNAVAILABLE"
	// The connection to the database broke while it was storing. Send the same again with the same key or external references: nothing is stored twice.
	OutcomeUnknown Code = "OUTCOME_UNKNOWN"
	// The server has failed. The message names the request's id, by which the log says more.
	Internal Code = "INTERNAL_SERVER_ERROR"

	// There is no such address.
	NotFound Code = "NOT_FOUND"
	// The address takes another HTTP method; the header Allow names it.
	MethodNotAllowed Code = "METHOD_NOT_ALLOWED"
	// None of the media types that the header Accept names can be given.
	NotAcceptable Code = "NOT_ACCEPTABLE"
	// The body's Content-Type or Content-Encoding is none that is read here.
	UnsupportedMedia Code = "UNSUPPORTED_MEDIA_TYPE"
)

// statuses are the codes' HTTP statuses; retryAfter is how many seconds to wait before the same again makes sense.
var statuses = map[Code]struct{ status, retryAfter int }{
	BadRequest:       {http.StatusBadRequest, 0},
	Unauthenticated:  {http.StatusUnauthorized, 0},
	Forbidden:        {http.StatusForbidden, 0},
	TooLarge:         {http.StatusRequestEntityTooLarge, 0},
	TooManyEvents:    {http.StatusBadRequest, 0},
	KeyInUse:         {http.StatusConflict, 1},
	KeyReused:        {http.StatusUnprocessableEntity, 0},
	RateLimited:      {http.StatusTooManyRequests, 1},
	Unavailable:      {http.StatusServiceUnavailable, 2},
	OutcomeUnknown:   {http.StatusServiceUnavailable, 2},
	Internal:         {http.StatusInternalServerError, 0},
	NotFound:         {http.StatusNotFound, 0},
	MethodNotAllowed: {http.StatusMethodNotAllowed, 0},
	NotAcceptable:    {http.StatusNotAcceptable, 0},
	UnsupportedMedia: {http.StatusUnsupportedMediaType, 0},
}

// Status is the code's HTTP status. What has none is a request that its door could not make sense of.
func (c Code) Status() int {
	if known, ok := statuses[c]; ok {
		return known.status
	}
	return http.StatusBadRequest
}

// Error is an error of a whole call that a stranger may read.
type Error struct {
	Code    Code
	Message string
	// RetryAfter is how many seconds to wait before the same again makes sense; 0 if it never does.
	RetryAfter int
}

func (r *Error) Error() string { return r.Message }

// NewError makes a refusal.
func NewError(code Code, format string, args ...any) *Error {
	return &Error{code, fmt.Sprintf(format, args...), statuses[code].retryAfter}
}

// Public says what a stranger may read of an error; nil if nothing.
func Public(err error) *Error {
	var own *Error
	var many events.ErrTooManyEvents
	var logins auth.ErrTooManyLogins
	switch {
	case errors.As(err, &own):
		return own
	case errors.As(err, &many):
		return NewError(TooManyEvents, "%s", many)
	case errors.Is(err, events.ErrKeyReused):
		return NewError(KeyReused, "%s", events.ErrKeyReused)
	case errors.Is(err, models.ErrInProgress):
		return NewError(KeyInUse, "a call with the same idempotency key is still running: send it again in a moment")
	case errors.Is(err, events.ErrOutcomeUnknown), errors.Is(err, models.ErrCommitUnknown):
		return NewError(OutcomeUnknown, "%s", events.ErrOutcomeUnknown)
	case errors.Is(err, events.ErrUnavailable), errors.Is(err, models.ErrUnavailable), errors.Is(err, models.ErrAborted), errors.Is(err, models.ErrCorrupt),
		errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return NewError(Unavailable, "%s", events.ErrUnavailable)
	case errors.Is(err, auth.ErrUnauthenticated):
		return NewError(Unauthenticated, "%s", auth.ErrUnauthenticated)
	case errors.Is(err, auth.ErrWrongLogin):
		return NewError(Unauthenticated, "%s", auth.ErrWrongLogin)
	case errors.As(err, &logins):
		shown := NewError(RateLimited, "%s", logins)
		shown.RetryAfter = max(1, int(math.Ceil(logins.RetryAfter.Seconds())))
		return shown
	}
	return nil
}

// Report is Known for everybody: an error that nothing is known of is logged with the request's id, and told as that id and
// nothing else.
func Report(ctx context.Context, log *slog.Logger, err error) *Error {
	shown, id := Public(err), RequestOf(ctx).ID
	switch {
	case shown == nil:
		log.ErrorContext(ctx, "a call failed", "request", id, "error", err)
		return internalError(id)
	case shown.Code.Status() >= http.StatusInternalServerError:
		log.WarnContext(ctx, "a call was not let through", "request", id, "error", err)
	}
	return shown
}

// FromPanic logs a panic and says as little of it.
func FromPanic(ctx context.Context, log *slog.Logger, cause any) *Error {
	id := RequestOf(ctx).ID
	log.ErrorContext(ctx, "a call panicked", "request", id, "panic", fmt.Sprint(cause), "stack", string(debug.Stack()))
	return internalError(id)
}

func internalError(id string) *Error {
	return NewError(Internal, "something went wrong here; the request's id is %s", id)
}
