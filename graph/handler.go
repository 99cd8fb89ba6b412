package graph

import (
	"context"
	"fmt"
	"net/http"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/executor"
	lru "github.com/hashicorp/golang-lru/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/validator/rules"

	"customer-events/door"
	"customer-events/events"
	"customer-events/graph/generated"
	"customer-events/graph/views"
)

// handler answers GraphQL over HTTP. gqlgen's own handler is not used: it reads bodies without limit and repeats those it cannot
// parse, secrets and all; and it refuses a thousand events for one bad value.
type handler struct {
	*Resolver
	schema    *ast.Schema
	executor  *executor.Executor
	allRules  *rules.Rules
	documents *lru.Cache[string, *ast.QueryDocument]
}

// NewHandler answers GraphQL requests, whatever their path. It expects a door.Request in the context.
func NewHandler(r *Resolver) http.Handler {
	executable := generated.NewExecutableSchema(generated.Config{Resolvers: r})
	h := &handler{Resolver: r, schema: executable.Schema(), executor: executor.New(executable)}
	h.executor.SetErrorPresenter(r.present)
	h.executor.SetRecoverFunc(r.recovered)
	h.allRules = h.rules()
	h.documents, _ = lru.New[string, *ast.QueryDocument](keptDocuments) // it refuses a size of zero only
	return h
}

// envelope is a GraphQL request as it came.
type envelope struct {
	query, operationName string
	// variables is their JSON text, known to be well-formed.
	variables string
}

// execute runs a request. data is nil if it failed before any of it ran.
func (h *handler) execute(ctx context.Context, e envelope, queriesOnly bool) (data []byte, errs gqlerror.List) {
	ctx, cancel := context.WithTimeout(views.WithZone(ctx, h.Decoder.Zone), h.Patience)
	defer cancel()
	doc, operation, errs := h.parse(e.query, e.operationName)
	if errs != nil {
		return nil, errs
	}
	line := door.RequestOf(ctx)
	line.Operation = string(operation.Operation)
	if len(operation.SelectionSet) == 1 {
		if field, ok := operation.SelectionSet[0].(*ast.Field); ok {
			line.Operation = field.Name
		}
	}
	if queriesOnly && operation.Operation != ast.Query {
		return nil, list(fail(methodNotAllowed, "a %s must be sent by POST", operation.Operation))
	}
	var variables map[string]any
	if refusal := door.Apart(ctx, len(e.variables), func() { variables, errs = h.variables(operation, e.variables) }); refusal != nil {
		return nil, list(refusal)
	}
	if errs != nil {
		return nil, errs
	}
	opCtx := &graphql.OperationContext{
		RawQuery: e.query, Variables: variables, OperationName: e.operationName, Doc: doc, Operation: operation,
		DisableIntrospection:   !h.Introspection,
		RecoverFunc:            h.recovered,
		ResolverMiddleware:     func(ctx context.Context, next graphql.Resolver) (any, error) { return next(ctx) },
		RootResolverMiddleware: h.bulk,
	}
	if err := h.boundedCall(opCtx); err != nil {
		return nil, list(err)
	}
	responses, ctx := h.executor.DispatchOperation(ctx, opCtx)
	response := responses(ctx)
	if response == nil { // the context ended first
		return nil, list(fail(unavailable, "%s", events.ErrUnavailable))
	}
	if data = response.Data; data == nil {
		data = []byte("null")
	}
	return data, response.Errors
}

// boundedCall keeps one request from doing the work of many: a mutation has one root field (a thousand aliases of the bulk
// mutation would be a million events, and of login as many guesses), all events of a request together are at most as many as
// those of one call, and all pages of it together are a thousand events long.
func (h *handler) boundedCall(opCtx *graphql.OperationContext) (refusal *callError) {
	defer func() {
		// The library panics on a literal number that no float can hold.
		if cause := recover(); cause != nil {
			refusal = fail(validationFailed, "a number in the query text is out of range")
		}
	}()
	const maxNodes = 2 * MaxPageSize
	fields := graphql.CollectFields(opCtx, opCtx.Operation.SelectionSet, []string{"Query", "Mutation"})
	writes := 0
	for _, field := range fields {
		if field.Name != "__typename" { // which costs nothing
			writes++
		}
	}
	if opCtx.Operation.Operation == ast.Mutation && writes > 1 {
		return fail(badRequest, "a mutation may have one field and this one has %d: send them one by one", writes)
	}
	sent, nodes := 0, 0
	for _, field := range fields {
		arguments := field.ArgumentMap(opCtx.Variables)
		switch field.Name {
		case "__schema", "__type":
			if !h.Introspection {
				return fail(validationFailed, "this server does not tell its schema: it stands in schema.graphqls")
			}
		case "createWebCustomerEvents", "checkWebCustomerEvents":
			sent += views.CountEvents(arguments)
		case "webCustomerEvents":
			var first int
			if _, err := fmt.Sscan(fmt.Sprint(arguments["first"]), &first); err == nil && first > 0 {
				nodes += min(first, MaxPageSize)
			}
		}
	}
	switch {
	case sent > events.MaxEventsPerCall:
		return fail(tooManyEvents, "%s", events.ErrTooManyEvents{Sent: sent})
	case nodes > maxNodes:
		return fail(badRequest, "the pages of this request have up to %d events and may have %d: ask for them one by one", nodes, maxNodes)
	}
	return nil
}
