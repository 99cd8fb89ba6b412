package api

import (
	"context"

	"customer-events/internal/auth"
	"customer-events/internal/events"
)

// BulkCall is a call with many events, before its caller is known and its events are decoded.
type BulkCall struct {
	// Token and IdempotencyKey are those of the input; nil if the input has none.
	Token, IdempotencyKey *string
	// FieldNames are the protocol's names. KeyField is its name for the idempotency key.
	FieldNames events.FieldNames
	KeyField   string
	// Decode decodes the events. It runs once the caller is known and has events left in the rate limit.
	Decode func() (events.ReceivedEvents, error)
}

// Request authenticates the caller, checks the idempotency key, decodes the events and takes them from
// the caller's rate limit, in this order: unknown callers cause no decoding, and what a client must
// correct comes before what it must wait for. A dry run takes as many events as the call that it checks.
func (c BulkCall) Request(ctx context.Context, service *auth.Service) (events.Request, error) {
	request := events.Request{FieldNames: c.FieldNames}
	token, err := Token(ctx, c.Token)
	if err != nil {
		return request, err
	}
	if request.Caller, err = Caller(ctx, service, token); err != nil {
		return request, err
	}
	if request.IdempotencyKey, err = Key(ctx, c.KeyField, c.IdempotencyKey); err != nil {
		return request, err
	}
	if err := Allow(ctx, request.Caller); err != nil {
		return request, err
	}
	if request.Events, err = c.Decode(); err != nil {
		return request, err
	}
	take := Take
	if request.Events.Received > events.MaxEventsPerCall {
		take = TakeUpTo // the service rejects the call
	}
	return request, take(ctx, request.Caller, request.Events.Received)
}
