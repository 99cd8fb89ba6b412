package api

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"runtime/debug"

	"customer-events/internal/apierr"
	"customer-events/internal/auth"
	"customer-events/internal/events"
	"customer-events/models"
)

// Public returns what a caller may read of an error; nil if that is nothing.
func Public(err error) *apierr.Error {
	var public *apierr.Error
	var tooMany events.ErrTooManyEvents
	var tooManyLogins auth.ErrTooManyLogins
	switch {
	case errors.As(err, &public):
		return public
	case errors.As(err, &tooMany):
		return apierr.New(apierr.TooManyEvents, "%s", tooMany)
	case errors.Is(err, events.ErrKeyReused):
		return apierr.New(apierr.KeyReused, "%s", events.ErrKeyReused)
	case errors.Is(err, models.ErrInProgress):
		return apierr.New(apierr.KeyInUse,
			"a call with the same idempotency key is still running: send it again in a moment")
	case errors.Is(err, events.ErrOutcomeUnknown), errors.Is(err, models.ErrCommitUnknown):
		return apierr.New(apierr.OutcomeUnknown, "%s", events.ErrOutcomeUnknown)
	case errors.Is(err, events.ErrUnavailable), errors.Is(err, models.ErrUnavailable),
		errors.Is(err, models.ErrAborted), errors.Is(err, models.ErrCorrupt),
		errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return apierr.New(apierr.Unavailable, "%s", events.ErrUnavailable)
	case errors.Is(err, auth.ErrUnauthenticated):
		return apierr.New(apierr.Unauthenticated, "%s", auth.ErrUnauthenticated)
	case errors.Is(err, auth.ErrWrongLogin):
		return apierr.New(apierr.InvalidCredentials, "%s", auth.ErrWrongLogin)
	case errors.As(err, &tooManyLogins):
		limited := apierr.New(apierr.RateLimited, "%s", tooManyLogins)
		limited.RetryAfter = max(1, int(math.Ceil(tooManyLogins.RetryAfter.Seconds())))
		return limited
	}
	return nil
}

// Report returns the public error for err. It logs an unknown error with the request id and returns an
// internal error that names the id and nothing else. It also logs errors of the server that callers may
// read, unless the server gave up only because the client has disconnected.
func Report(ctx context.Context, log *slog.Logger, err error) *apierr.Error {
	public, id := Public(err), RequestOf(ctx).ID
	switch {
	case public == nil:
		log.ErrorContext(ctx, "a call failed", "request", id, "error", err)
		return internalError(id)
	case public.Kind == apierr.Unavailable && Disconnected(ctx):
	case public.Status() >= http.StatusInternalServerError:
		log.WarnContext(ctx, "a call was not let through", "request", id, "error", err)
	}
	return public
}

// FromPanic logs a panic and returns an internal error that names the request id and nothing else.
func FromPanic(ctx context.Context, log *slog.Logger, cause any) *apierr.Error {
	id := RequestOf(ctx).ID
	log.ErrorContext(ctx, "a call panicked",
		"request", id, "panic", fmt.Sprint(cause), "stack", string(debug.Stack()))
	return internalError(id)
}

func internalError(id string) *apierr.Error {
	return apierr.New(apierr.Internal, "something went wrong here; the request's id is %s", id)
}
