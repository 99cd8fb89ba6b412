package graph

import (
	"context"
	"maps"
	"net/http"
	"slices"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/executor"
	lru "github.com/hashicorp/golang-lru/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/validator/rules"

	"customer-events/graph/generated"
	"customer-events/graph/model"
	"customer-events/internal/api"
	"customer-events/internal/events"
)

// handler serves GraphQL over HTTP. It replaces gqlgen's handler, which reads bodies without limit, repeats
// the bodies that it cannot parse with their secrets, and rejects a thousand events for one bad value.
type handler struct {
	*Resolver
	schema    *ast.Schema
	executor  *executor.Executor
	allRules  *rules.Rules
	documents *lru.Cache[string, *ast.QueryDocument]
	sizes     *schemaSizes
}

// NewHandler returns a handler of GraphQL requests on any path. It expects an api.Request in the context.
func NewHandler(r *Resolver) http.Handler {
	executable := generated.NewExecutableSchema(generated.Config{Resolvers: r, Schema: servedSchema()})
	h := &handler{Resolver: r, schema: executable.Schema(), executor: executor.New(executable)}
	h.executor.SetErrorPresenter(r.presentError)
	h.executor.SetRecoverFunc(r.recovered)
	h.allRules, h.sizes = h.rules(), newSchemaSizes(h.schema)
	// New fails for a size of zero only.
	h.documents, _ = lru.New[string, *ast.QueryDocument](maxCachedDocuments)
	return h
}

// servedSchema returns the schema that the server offers: schema.graphqls without @defer, which gqlparser
// adds to every schema and this server does not implement. A document with @defer is not valid.
func servedSchema() *ast.Schema {
	served := *generated.NewExecutableSchema(generated.Config{}).Schema()
	served.Directives = maps.Clone(served.Directives)
	delete(served.Directives, "defer")
	return &served
}

// envelope holds the parameters of a GraphQL request.
type envelope struct {
	query, operationName string
	// variables is well-formed JSON text, or empty.
	variables string
}

// execute runs a request. data is nil if the request failed before any field ran.
func (h *handler) execute(
	ctx context.Context, e envelope, queriesOnly bool,
) (data []byte, errs gqlerror.List) {
	ctx, cancel := context.WithTimeout(model.WithZone(ctx, h.Decoder.Zone), h.Timeout)
	defer cancel()
	doc, operation, errs := h.parse(e.query, e.operationName)
	if errs != nil {
		return nil, errs
	}
	record := api.RequestOf(ctx)
	record.Operation = string(operation.Operation)
	record.OperationType, record.OperationName = record.Operation, operation.Name
	if len(operation.SelectionSet) == 1 {
		if field, ok := operation.SelectionSet[0].(*ast.Field); ok {
			record.Operation = field.Name
		}
	}
	if queriesOnly && operation.Operation != ast.Query {
		return nil, asList(newError(methodNotAllowed, "a %s must be sent by POST", operation.Operation))
	}
	var variables map[string]any
	coerce := func() { variables, errs = h.variables(operation, e.variables) }
	if err := api.RunCPUBound(ctx, len(e.variables), coerce); err != nil {
		return nil, asList(err)
	}
	if errs != nil {
		return nil, errs
	}
	out := &output{h: h, operation: operation.Operation}
	opCtx := &graphql.OperationContext{
		RawQuery: e.query, Variables: variables, OperationName: e.operationName,
		Doc: doc, Operation: operation,
		DisableIntrospection:   !h.Introspection,
		RecoverFunc:            h.recovered,
		ResolverMiddleware:     callResolver,
		RootResolverMiddleware: out.runRootField,
	}
	if err := h.checkCost(ctx, opCtx); err != nil {
		return nil, gqlerror.List{h.presentError(ctx, err)}
	}
	responses, ctx := h.executor.DispatchOperation(ctx, opCtx)
	response := responses(ctx)
	if response == nil { // the context ended first
		return nil, asList(newError(unavailable, "%s", events.ErrUnavailable))
	}
	if err := out.err(); err != nil {
		return nil, gqlerror.List{h.presentError(ctx, err)}
	}
	if data = response.Data; data == nil {
		data = []byte("null")
	}
	return data, response.Errors
}

// callResolver is the middleware of resolvers that does nothing else.
func callResolver(ctx context.Context, next graphql.Resolver) (any, error) { return next(ctx) }

// checkCost limits a request as a whole, so that one request cannot do the work of many. All its fields
// together may receive the events of one call and read pages of a thousand events, and its answer must be
// within the limits of an answer.
func (h *handler) checkCost(ctx context.Context, opCtx *graphql.OperationContext) (err error) {
	const maxNodes, maxPages = 2 * MaxPageSize, 10
	defer func() {
		if cause := recover(); cause != nil {
			err = h.recovered(ctx, cause)
		}
	}()
	m := h.newMeter(opCtx)
	fields, demands, err := m.measureFields(h)
	if err != nil {
		return err
	}
	var sum demand
	for i := range fields {
		if demands[i].introspection && !h.Introspection {
			return newError(validationFailed,
				"introspection is disabled on this server: read the schema in schema.graphqls")
		}
		sum.notDecoded = sum.notDecoded || demands[i].notDecoded
		sum.events += demands[i].events
		sum.nodes += demands[i].nodes
		sum.pages += demands[i].pages
	}
	other := func(field graphql.CollectedField) bool { return field.Name != fields[0].Name }
	if len(fields) > 0 && !slices.ContainsFunc(fields, other) {
		api.RequestOf(ctx).Operation = fields[0].Name
	}
	switch {
	case sum.events > events.MaxEventsPerCall:
		return h.tooManyEventsError(ctx, opCtx.Variables, fields, demands, sum.events)
	case sum.notDecoded:
		return newError(tooManyEvents,
			"the variables of this request carry more than %d events, used or not: "+
				"send at most %d in a request", maxDecoded, events.MaxEventsPerCall)
	case sum.pages > maxPages:
		return newError(badRequest,
			"this request reads %d pages of events and may read %d: ask for them one by one",
			sum.pages, maxPages)
	case sum.nodes > maxNodes:
		return newError(badRequest, "the pages of this request have up to %d events and may have %d: "+
			"ask for them one by one", sum.nodes, maxNodes)
	}
	return m.checkAnswer(fields, demands)
}

// tooManyEventsError returns the error of a request with too many events. The server has read them, so they
// count against the rate limit of the users who sent them.
func (h *handler) tooManyEventsError(
	ctx context.Context, variables map[string]any,
	fields []graphql.CollectedField, demands []demand, received int,
) error {
	for i, field := range fields {
		if demands[i].events == 0 {
			continue
		}
		var input model.CreateWebCustomerEventsInput
		if err := input.UnmarshalGQL(field.ArgumentMap(variables)["input"]); err != nil {
			return err
		}
		caller, err := h.caller(ctx, input.Token)
		if err == nil {
			err = api.TakeUpTo(ctx, caller, demands[i].events)
		}
		if err != nil {
			return err
		}
	}
	return events.ErrTooManyEvents{Sent: received}
}
