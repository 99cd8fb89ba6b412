package graph

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"runtime/debug"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"customer-events/auth"
	"customer-events/events"
	"customer-events/models"
)

// code is what extensions.code says of an error that concerns a whole call.
type code string

// Every such code there is.
const (
	parseFailed      code = "GRAPHQL_PARSE_FAILED"
	validationFailed code = "GRAPHQL_VALIDATION_FAILED"
	badRequest       code = "BAD_REQUEST"
	unauthenticated  code = "UNAUTHENTICATED"
	forbidden        code = "FORBIDDEN"
	tooLarge         code = "PAYLOAD_TOO_LARGE"
	tooManyEvents    code = "TOO_MANY_EVENTS"
	keyInUse         code = "IDEMPOTENCY_KEY_IN_USE"
	keyReused        code = "IDEMPOTENCY_KEY_REUSED"
	rateLimited      code = "RATE_LIMITED"
	unavailable      code = "UNAVAILABLE"
	outcomeUnknown   code = "OUTCOME_UNKNOWN"
	internal         code = "INTERNAL_SERVER_ERROR"

	// These three are HTTP's own refusals.
	methodNotAllowed code = "METHOD_NOT_ALLOWED"
	notAcceptable    code = "NOT_ACCEPTABLE"
	unsupportedMedia code = "UNSUPPORTED_MEDIA_TYPE"
)

// statuses are the codes' HTTP statuses; retryAfter is how many seconds to wait before the same again makes sense.
var statuses = map[code]struct{ status, retryAfter int }{
	parseFailed:      {http.StatusBadRequest, 0},
	validationFailed: {http.StatusBadRequest, 0},
	badRequest:       {http.StatusBadRequest, 0},
	unauthenticated:  {http.StatusUnauthorized, 0},
	forbidden:        {http.StatusForbidden, 0},
	tooLarge:         {http.StatusRequestEntityTooLarge, 0},
	tooManyEvents:    {http.StatusBadRequest, 0},
	keyInUse:         {http.StatusConflict, 1},
	keyReused:        {http.StatusUnprocessableEntity, 0},
	rateLimited:      {http.StatusTooManyRequests, 1},
	unavailable:      {http.StatusServiceUnavailable, 2},
	outcomeUnknown:   {http.StatusServiceUnavailable, 2},
	internal:         {http.StatusInternalServerError, 0},
	methodNotAllowed: {http.StatusMethodNotAllowed, 0},
	notAcceptable:    {http.StatusNotAcceptable, 0},
	unsupportedMedia: {http.StatusUnsupportedMediaType, 0},
}

// keepsStatus are the statuses that a plain application/json answer has too; otherwise it is 200 once the JSON was parsed, as
// the GraphQL-over-HTTP draft has it.
func keepsStatus(status int) bool {
	return status == http.StatusUnauthorized || status == http.StatusRequestEntityTooLarge ||
		status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable
}

// callError is an error that a stranger may read.
type callError struct {
	code    code
	message string
	// retryAfter is how many seconds to wait, if it is not what statuses says.
	retryAfter int
}

func (e *callError) Error() string { return e.message }

func fail(code code, format string, args ...any) *callError {
	return &callError{code: code, message: fmt.Sprintf(format, args...)}
}

// known says what a stranger may read of an error; nil if nothing.
func known(err error) *callError {
	var own *callError
	var many events.ErrTooManyEvents
	var logins auth.ErrTooManyLogins
	var parse *gqlerror.Error
	switch {
	case errors.As(err, &own):
		return own
	case errors.As(err, &many):
		return fail(tooManyEvents, "%s", many)
	case errors.Is(err, events.ErrKeyReused):
		return fail(keyReused, "%s", events.ErrKeyReused)
	case errors.Is(err, models.ErrLocked):
		return fail(keyInUse, "a call with the same idempotency key is still running: send it again in a moment")
	case errors.Is(err, events.ErrOutcomeUnknown), errors.Is(err, models.ErrUnknown):
		return fail(outcomeUnknown, "%s", events.ErrOutcomeUnknown)
	case errors.Is(err, events.ErrUnavailable), errors.Is(err, models.ErrAway), errors.Is(err, models.ErrRerun), errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return fail(unavailable, "%s", events.ErrUnavailable)
	case errors.Is(err, auth.ErrUnauthenticated):
		return fail(unauthenticated, "%s", auth.ErrUnauthenticated)
	case errors.Is(err, auth.ErrWrongLogin):
		return fail(unauthenticated, "%s", auth.ErrWrongLogin)
	case errors.As(err, &logins):
		shown := fail(rateLimited, "%s", logins)
		shown.retryAfter = max(1, int(math.Ceil(logins.RetryAfter.Seconds())))
		return shown
	case errors.Is(err, models.ErrDate):
		return fail(badRequest, "a date is not valid: %s", models.ErrDate)
	case errors.As(err, &parse) && parse.Err == nil && parse.Rule != "":
		return fail(validationFailed, "%s", parse.Message)
	}
	return nil
}

// present words an error that a resolver returned. What it does not know is logged with the request's id, and answered with
// that id and nothing else.
func (r *Resolver) present(ctx context.Context, err error) *gqlerror.Error {
	shown := known(err)
	path := graphql.GetPath(ctx)
	var located *gqlerror.Error
	if errors.As(err, &located) && located.Path != nil {
		path = located.Path
	}
	request := RequestOf(ctx)
	switch {
	case shown == nil:
		r.Log.ErrorContext(ctx, "a call failed", "request", request.ID, "error", err)
		shown = fail(internal, "something went wrong here; the request's id is %s", request.ID)
	case statuses[shown.code].status >= 500:
		r.Log.WarnContext(ctx, "a call was not let through", "request", request.ID, "error", err)
	}
	return shown.located(path, nil)
}

func (r *Resolver) recovered(ctx context.Context, cause any) error {
	r.Log.ErrorContext(ctx, "a call panicked", "request", RequestOf(ctx).ID, "panic", fmt.Sprint(cause), "stack", string(debug.Stack()))
	return fail(internal, "something went wrong here; the request's id is %s", RequestOf(ctx).ID)
}

// located is the error as GraphQL has it.
func (e *callError) located(path ast.Path, locations []gqlerror.Location) *gqlerror.Error {
	extensions := map[string]any{"code": string(e.code)}
	seconds := statuses[e.code].retryAfter
	if e.retryAfter > 0 {
		seconds = e.retryAfter
	}
	if seconds > 0 {
		extensions["retryAfter"] = seconds
	}
	return &gqlerror.Error{Err: e, Message: e.message, Path: path, Locations: locations, Extensions: extensions}
}

// maxErrors bounds what one answer complains about.
const maxErrors = 50

func codeOf(err *gqlerror.Error) code {
	text, _ := err.Extensions["code"].(string)
	return code(text)
}
