package graph

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"customer-events/graph/model"
	"customer-events/internal/api"
	"customer-events/internal/apierr"
	"customer-events/models"
)

// kind is a row of the catalogue of errors; the kinds that this package returns have short names.
type kind = apierr.Kind

const (
	parseFailed      = apierr.ParseFailed
	validationFailed = apierr.ValidationFailed
	badRequest       = apierr.BadRequest
	tooManyEvents    = apierr.TooManyEvents
	unavailable      = apierr.Unavailable
	methodNotAllowed = apierr.MethodNotAllowed
	notAcceptable    = apierr.NotAcceptable
	unsupportedMedia = apierr.UnsupportedMedia

	persistedQueryNotSupported = apierr.PersistedQueryNotSupported
)

// keepsStatus reports whether a response of plain application/json has this status. For the other
// statuses it has 200 once the JSON was parsed, as the GraphQL-over-HTTP draft specifies.
func keepsStatus(status int) bool {
	return status == http.StatusUnauthorized || status == http.StatusRequestEntityTooLarge ||
		status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable
}

// callError is an error of a whole call that the caller may read.
type callError = apierr.Error

func newError(kind kind, format string, args ...any) *callError {
	return apierr.New(kind, format, args...)
}

// presentError renders an error that a resolver returned.
func (r *Resolver) presentError(ctx context.Context, err error) *gqlerror.Error {
	path := graphql.GetPath(ctx)
	var located *gqlerror.Error
	if errors.As(err, &located) && located.Path != nil {
		path = located.Path
	}
	var parse *gqlerror.Error
	var date *model.InvalidDateTime
	switch {
	case api.Public(err) != nil:
	case errors.As(err, &date):
		what := lastName(path)
		if date.Value != "" {
			what += " (" + models.Sanitize(date.Value) + ")"
		}
		err = newError(badRequest, "%s is not valid: %s", what, date)
	case errors.As(err, &parse) && parse.Err == nil && parse.Rule != "":
		err = newError(validationFailed, "%s", parse.Message)
	}
	return toGraphQL(api.Report(ctx, r.Log, err), path, nil)
}

// lastName returns the last name of a path: that of the argument or input field with an error.
func lastName(path ast.Path) string {
	for _, element := range slices.Backward(path) {
		if name, ok := element.(ast.PathName); ok {
			return string(name)
		}
	}
	return "a value"
}

func (r *Resolver) recovered(ctx context.Context, cause any) error {
	return api.FromPanic(ctx, r.Log, cause)
}

// toGraphQL renders an error with its code and, if a retry can succeed, the seconds until then.
func toGraphQL(e *callError, path ast.Path, locations []gqlerror.Location) *gqlerror.Error {
	extensions := map[string]any{"code": e.Code()}
	if e.RetryAfter > 0 {
		extensions["retryAfter"] = e.RetryAfter
	}
	return &gqlerror.Error{
		Err: e, Message: e.Message, Path: path, Locations: locations, Extensions: extensions,
	}
}

// maxErrors is the most errors that one response lists.
const maxErrors = 50

// fromGraphQL returns the error that toGraphQL rendered.
func fromGraphQL(err *gqlerror.Error) *callError {
	var e *callError
	if !errors.As(err, &e) {
		return newError(badRequest, "%s", err.Message)
	}
	return e
}
