package crmapi

import (
	"context"

	"customer-events/internal/api"
	"customer-events/internal/apierr"
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
		return nil, apierr.New(apierr.BadRequest, "username and password are mandatory")
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
	return emptyObject, api.LogOut(ctx, h.Auth, token)
}

// create records the events of a call. It decodes them after the authentication only.
func (h *Handler) create(ctx context.Context, body string) ([]byte, error) {
	const set = "web_customer_events_set"
	var token, key, fieldsSet *string
	var raw string
	members := api.Members{
		"token":           api.Text(&token),
		"idempotency_key": api.Text(&key),
		"fields_set":      api.Text(&fieldsSet),
		set:               api.List(&raw),
	}
	if err := members.Read(ctx, body); err != nil {
		return nil, err
	}
	var chosen selection
	call := api.BulkCall{
		Token: token, IdempotencyKey: key, FieldNames: events.SnakeCase, KeyField: "idempotency_key",
		IsSmallBody: len(raw) <= api.SmallBody,
		Decode: func() (received events.ReceivedEvents, err error) {
			if fieldsSet == nil {
				fieldsSet = new(string)
			}
			if chosen, err = parseFieldsSet(*fieldsSet); err != nil {
				return received, err
			}
			if raw == "" {
				return received, apierr.New(apierr.BadRequest,
					"%s is mandatory: write a list of 1 to %d events", set, events.MaxEventsPerCall)
			}
			decode := func() { received, err = h.Decoder.DecodeBatch(strictjson.New(raw)) }
			if overloaded := api.RunCPUBound(ctx, len(raw), decode); overloaded != nil {
				return received, overloaded
			}
			return received, err
		},
	}
	_, outcome, err := call.Create(ctx, h.Auth, h.Service)
	if err != nil {
		return nil, err
	}
	api.RequestOf(ctx).Count(&outcome)
	api.BoundProblems(outcome.UnprocessedCustomerEventsSet, outcome.Summary.Received)
	size := 256 + 128*len(outcome.ProcessedCustomerEventsSet) + 384*len(outcome.UnprocessedCustomerEventsSet)
	return chosen.append(make([]byte, 0, size), &outcome), nil
}
