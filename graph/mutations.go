package graph

import (
	"context"
	"slices"
	"strconv"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"customer-events/graph/generated"
	"customer-events/graph/model"
	"customer-events/internal/api"
	"customer-events/internal/events"
	"customer-events/models"
)

// What the fields cost that are resolved here. A request may have several that carry events in; they share the
// limits. A login or a logout comes once: several logins would be as many guesses at a password in one request.
var (
	createField = rootField{measure: measureBulk}
	checkField  = rootField{measure: measureBulk}
	loginField  = rootField{measure: flat, once: true}
	logoutField = rootField{measure: flat, once: true}
	limitsField = rootField{measure: flat}
	schemaField = rootField{measure: measureSchema}
)

func measureSchema(*handler, map[string]any) (asked, error) { return asked{schema: true}, nil }

// caller is whose token came with an input, or in the header.
func (r *Resolver) caller(ctx context.Context, token *string) (models.Caller, error) {
	text, err := api.Token(ctx, token)
	if err != nil {
		return models.Caller{}, err
	}
	return api.Caller(ctx, r.Auth, text)
}

// request makes the service's request of an input.
func (r *Resolver) request(ctx context.Context, input model.CreateWebCustomerEventsInput) (events.Request, error) {
	call := api.BulkCall{
		Token: input.Token, IdempotencyKey: input.IdempotencyKey,
		FieldNames: events.CamelCase, KeyField: "idempotencyKey",
		Decode: func() (events.ReceivedEvents, error) { return input.Set(r.Decoder) },
	}
	return call.Request(ctx, r.Auth)
}

func (r *Resolver) create(ctx context.Context, input model.CreateWebCustomerEventsInput) (*model.Outcome, error) {
	request, err := r.request(ctx, input)
	if err != nil {
		return nil, err
	}
	if several(ctx) {
		// A call uses its set up, and the next field may carry the same variable in.
		request.Events.Events = slices.Clone(request.Events.Events)
	}
	outcome, err := r.Service.CreateWebCustomerEvents(ctx, request)
	if err != nil {
		return nil, err
	}
	line := api.RequestOf(ctx)
	line.Count(&outcome)
	api.BoundProblems(outcome.UnprocessedCustomerEventsSet, outcome.Summary.Received)
	answer := &model.Outcome{
		ProcessedCustomerEventsSet:   make([]model.ProcessedCustomerEvent, len(outcome.ProcessedCustomerEventsSet)),
		UnprocessedCustomerEventsSet: outcome.UnprocessedCustomerEventsSet,
		Summary:                      outcome.Summary,
	}
	for i := range answer.ProcessedCustomerEventsSet {
		answer.ProcessedCustomerEventsSet[i].ProcessedCustomerEvent = &outcome.ProcessedCustomerEventsSet[i]
	}
	if selects(ctx, "processedCustomerEventsSet", "event") {
		// The events are stored by now. If they cannot be read, the honest answer is the one that makes the caller ask again.
		if err := r.readBack(ctx, request.Caller, answer.ProcessedCustomerEventsSet); err != nil {
			r.Log.WarnContext(ctx, "stored events could not be read back", "request", line.ID, "error", err)
			return nil, events.ErrOutcomeUnknown
		}
	}
	return answer, nil
}

// several reports whether the operation has, or may have, more than one root field.
func several(ctx context.Context) bool {
	root := graphql.GetOperationContext(ctx).Operation.SelectionSet
	if len(root) != 1 {
		return true
	}
	_, field := root[0].(*ast.Field)
	return !field
}

// selects reports whether the current field's selection has the given path.
func selects(ctx context.Context, path ...string) bool {
	opCtx := graphql.GetOperationContext(ctx)
	fields := graphql.CollectFieldsCtx(ctx, payloadTypes)
	for depth, name := range path {
		var inner []graphql.CollectedField
		for _, field := range fields {
			if field.Name == name && depth == len(path)-1 {
				return true
			}
			if field.Name == name {
				inner = append(inner, graphql.CollectFields(opCtx, field.Selections, payloadTypes)...)
			}
		}
		fields = inner
	}
	return false
}

func (r *Resolver) readBack(ctx context.Context, caller models.Caller, processed []model.ProcessedCustomerEvent) error {
	numbers := make([]int64, len(processed))
	for i, p := range processed {
		numbers[i], _ = strconv.ParseInt(p.Number, 10, 64) // we have written it ourselves
	}
	// All of these were processed for the caller: by now, or before the caller was limited to other units.
	caller.Units = nil
	recorded, err := r.Reader.EventsByNumber(ctx, caller, numbers)
	if err != nil {
		return err
	}
	byNumber := make(map[int64]*model.WebCustomerEvent, len(recorded))
	for _, event := range recorded {
		byNumber[event.Number] = &model.WebCustomerEvent{RecordedEvent: event}
	}
	for i, number := range numbers {
		if processed[i].Event = byNumber[number]; processed[i].Event == nil {
			return events.ErrOutcomeUnknown
		}
	}
	return nil
}

func (r *Resolver) check(ctx context.Context, input model.CreateWebCustomerEventsInput) (*events.DryRunResult, error) {
	request, err := r.request(ctx, input)
	if err != nil {
		return nil, err
	}
	// A call uses its set up, and the aliases of a query have the same variables.
	request.Events.Events = slices.Clone(request.Events.Events)
	verdicts, err := r.Service.CheckWebCustomerEvents(ctx, request)
	if err != nil {
		return nil, err
	}
	api.BoundProblems(verdicts.UnprocessedCustomerEventsSet, request.Events.Received)
	return &verdicts, nil
}

func (r *Resolver) login(ctx context.Context, input generated.LoginInput) (*generated.LoginPayload, error) {
	session, err := api.LogIn(ctx, r.Auth, input.Username, input.Password)
	if err != nil {
		return nil, err
	}
	return &generated.LoginPayload{Token: session.Token, ExpiresAt: session.ExpiresAt}, nil
}

func (r *Resolver) logout(ctx context.Context) (bool, error) {
	if err := r.Auth.LogOut(ctx, api.RequestOf(ctx).Token); err != nil {
		return false, err
	}
	return true, nil
}
