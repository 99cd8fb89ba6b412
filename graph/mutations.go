package graph

import (
	"context"
	"strconv"

	"github.com/99designs/gqlgen/graphql"

	"customer-events/graph/generated"
	"customer-events/graph/model"
	"customer-events/internal/api"
	"customer-events/internal/events"
	"customer-events/models"
)

// The costs of the root fields that this file resolves. A request may have several fields that receive
// events; they share the limits. It may have one login, since each further one would be another attempt at
// a password, and one logout.
var (
	createField = rootField{measure: measureBulk}
	loginField  = rootField{measure: measureFlat, once: true}
	logoutField = rootField{measure: measureFlat, once: true}
)

// caller returns the user of the token in the input or in the header.
func (r *Resolver) caller(ctx context.Context, token *string) (models.Caller, error) {
	text, err := api.Token(ctx, token)
	if err != nil {
		return models.Caller{}, err
	}
	return api.Caller(ctx, r.Auth, text)
}

// bulkCall returns the call of an input. Its events are decoded already, or are literals of a query, whose
// size is limited.
func (r *Resolver) bulkCall(input model.CreateWebCustomerEventsInput) api.BulkCall {
	return api.BulkCall{
		Token: input.Token, IdempotencyKey: input.IdempotencyKey,
		FieldNames: events.CamelCase, KeyField: "idempotencyKey", IsSmallBody: true,
		Decode: func() (events.ReceivedEvents, error) { return input.Set(r.Decoder) },
	}
}

// create records the events of a call.
func (r *Resolver) create(
	ctx context.Context, input model.CreateWebCustomerEventsInput,
) (*model.Outcome, error) {
	request, outcome, err := r.bulkCall(input).Create(ctx, r.Auth, r.Service)
	if err != nil {
		return nil, err
	}
	record := api.RequestOf(ctx)
	record.Count(&outcome)
	api.BoundProblems(outcome.UnprocessedCustomerEventsSet, outcome.Summary.Received)
	processed := make([]model.ProcessedCustomerEvent, len(outcome.ProcessedCustomerEventsSet))
	payload := &model.Outcome{
		ProcessedCustomerEventsSet:   processed,
		UnprocessedCustomerEventsSet: outcome.UnprocessedCustomerEventsSet,
		Summary:                      outcome.Summary,
	}
	for i := range payload.ProcessedCustomerEventsSet {
		payload.ProcessedCustomerEventsSet[i].ProcessedCustomerEvent = &outcome.ProcessedCustomerEventsSet[i]
	}
	if selectsPath(ctx, "processedCustomerEventsSet", "event") {
		// The events are stored by now. If they cannot be read, OUTCOME_UNKNOWN makes the caller repeat the
		// call.
		if err := r.readBack(ctx, request.Caller, payload.ProcessedCustomerEventsSet); err != nil {
			r.Log.WarnContext(ctx, "stored events could not be read back",
				"request", record.ID, "error", err)
			return nil, events.ErrOutcomeUnknown
		}
	}
	return payload, nil
}

// selectsPath reports whether the current field's selection has the given path.
func selectsPath(ctx context.Context, path ...string) bool {
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

// readBack reads the processed events from the database.
func (r *Resolver) readBack(
	ctx context.Context, caller models.Caller, processed []model.ProcessedCustomerEvent,
) error {
	numbers := make([]int64, len(processed))
	for i, p := range processed {
		numbers[i], _ = strconv.ParseInt(p.Number, 10, 64) // the service formatted it
	}
	// The caller sent all of these events, some perhaps before the caller was limited to other units.
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

// login starts a session.
func (r *Resolver) login(ctx context.Context, input generated.LoginInput) (*generated.LoginPayload, error) {
	session, err := api.LogIn(ctx, r.Auth, input.Username, input.Password)
	if err != nil {
		return nil, err
	}
	return &generated.LoginPayload{Token: session.Token, ExpiresAt: session.ExpiresAt}, nil
}

// logout ends the session of the request's token.
func (r *Resolver) logout(ctx context.Context) (bool, error) {
	if err := api.LogOut(ctx, r.Auth, api.RequestOf(ctx).Token); err != nil {
		return false, err
	}
	return true, nil
}
