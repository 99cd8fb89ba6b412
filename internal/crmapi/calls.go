package crmapi

import (
	"context"

	"customer-events/internal/api"
	"customer-events/internal/events"
	"customer-events/internal/strictjson"
)

// login returns a token. It ignores the organisation: there is only one.
func (h *Handler) login(ctx context.Context, body string) ([]byte, error) {
	var username, password *string
	members := api.Members{"username": api.Text(&username), "password": api.Text(&password)}
	if err := members.Read(ctx, body); err != nil {
		return nil, err
	}
	if username == nil || password == nil {
		return nil, api.NewError(api.BadRequest, "username and password are mandatory")
	}
	session, err := api.LogIn(ctx, h.Auth, *username, *password)
	if err != nil {
		return nil, err
	}
	return append(strictjson.AppendText([]byte(`{"token":`), session.Token), '}'), nil
}

// release ends the session of a token.
func (h *Handler) release(ctx context.Context, body string) ([]byte, error) {
	var input *string
	if err := (api.Members{"token": api.Text(&input)}).Read(ctx, body); err != nil {
		return nil, err
	}
	token, err := api.Token(ctx, input)
	if err != nil {
		return nil, err
	}
	return emptyObject, h.Auth.LogOut(ctx, token)
}

// create records the events of a call. It decodes them after the authentication only.
func (h *Handler) create(ctx context.Context, body string) ([]byte, error) {
	const set = "web_customer_events_set"
	var token, key, fieldsSet *string
	var raw string
	if err := (api.Members{"token": api.Text(&token), "idempotency_key": api.Text(&key), "fields_set": api.Text(&fieldsSet), set: api.List(&raw)}).Read(ctx, body); err != nil {
		return nil, err
	}
	request := events.Request{FieldNames: events.SnakeCase}
	bearer, err := api.Token(ctx, token)
	if err != nil {
		return nil, err
	}
	if request.Caller, err = api.Caller(ctx, h.Auth, bearer); err != nil {
		return nil, err
	}
	if err = api.Allow(ctx, request.Caller); err != nil {
		return nil, err
	}
	if request.IdempotencyKey, err = api.Key(ctx, "idempotency_key", key); err != nil {
		return nil, err
	}
	if fieldsSet == nil {
		fieldsSet = new(string)
	}
	chosen, err := parseFieldsSet(*fieldsSet)
	if err != nil {
		return nil, err
	}
	if raw == "" {
		return nil, api.NewError(api.BadRequest, "%s is mandatory: write a list of 1 to %d events", set, events.MaxEventsPerCall)
	}
	if refusal := api.RunCPUBound(ctx, len(raw), func() { request.Events, err = h.Decoder.DecodeBatch(strictjson.New(raw)) }); refusal != nil {
		return nil, refusal
	}
	if err != nil {
		return nil, err
	}
	spend := api.Take
	if request.Events.Received > events.MaxEventsPerCall {
		spend = api.SpendUpTo // the service rejects them
	}
	if err = spend(ctx, request.Caller, request.Events.Received); err != nil {
		return nil, err
	}
	outcome, err := h.Service.CreateWebCustomerEvents(ctx, request)
	if err != nil {
		return nil, err
	}
	api.RequestOf(ctx).Count(&outcome)
	api.BoundProblems(outcome.UnprocessedCustomerEventsSet, outcome.Summary.Received)
	size := 256 + 128*len(outcome.ProcessedCustomerEventsSet) + 384*len(outcome.UnprocessedCustomerEventsSet)
	return chosen.append(make([]byte, 0, size), &outcome), nil
}
