package graph

import (
	"context"
	"errors"
	"net/http"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"customer-events/internal/api"
	"customer-events/models"
)

// code is what extensions.code says of an error that concerns a whole call.
type code = api.Code

// The codes that are given here, under short names; door has the whole list, but for those of GraphQL's own grammar.
const (
	// The query text is not GraphQL. The message says where.
	parseFailed code = "GRAPHQL_PARSE_FAILED"
	// The query asks for what the schema does not have, or a variable or literal outside the events is not of its type. The message says which.
	validationFailed code = "GRAPHQL_VALIDATION_FAILED"

	badRequest       = api.BadRequest
	tooManyEvents    = api.TooManyEvents
	unavailable      = api.Unavailable
	methodNotAllowed = api.MethodNotAllowed
	notAcceptable    = api.NotAcceptable
	unsupportedMedia = api.UnsupportedMedia
)

// keepsStatus are the statuses that a plain application/json answer has too; otherwise it is 200 once the JSON was parsed, as
// the GraphQL-over-HTTP draft has it.
func keepsStatus(status int) bool {
	return status == http.StatusUnauthorized || status == http.StatusRequestEntityTooLarge ||
		status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable
}

// callError is an error that a stranger may read.
type callError = api.Error

func newError(code code, format string, args ...any) *callError {
	return api.NewError(code, format, args...)
}

// presentError words an error that a resolver returned.
func (r *Resolver) presentError(ctx context.Context, err error) *gqlerror.Error {
	path := graphql.GetPath(ctx)
	var located *gqlerror.Error
	if errors.As(err, &located) && located.Path != nil {
		path = located.Path
	}
	var parse *gqlerror.Error
	var date *models.DateError
	switch {
	case api.Public(err) != nil:
	case errors.As(err, &date):
		err = newError(badRequest, "a date is not valid: %s", date)
	case errors.As(err, &parse) && parse.Err == nil && parse.Rule != "":
		err = newError(validationFailed, "%s", parse.Message)
	}
	return toGraphQL(api.Report(ctx, r.Log, err), path, nil)
}

func (r *Resolver) recovered(ctx context.Context, cause any) error {
	return api.FromPanic(ctx, r.Log, cause)
}

// toGraphQL is the error as GraphQL has it.
func toGraphQL(e *callError, path ast.Path, locations []gqlerror.Location) *gqlerror.Error {
	extensions := map[string]any{"code": string(e.Code)}
	if e.RetryAfter > 0 {
		extensions["retryAfter"] = e.RetryAfter
	}
	return &gqlerror.Error{Err: e, Message: e.Message, Path: path, Locations: locations, Extensions: extensions}
}

// maxErrors bounds what one answer complains about.
const maxErrors = 50

func codeOf(err *gqlerror.Error) code {
	text, _ := err.Extensions["code"].(string)
	return code(text)
}
