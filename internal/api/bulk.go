package api

import (
	"context"
	"errors"

	"customer-events/internal/auth"
	"customer-events/internal/events"
	"customer-events/models"
)

// BulkCall is a call with many events, before its caller is known and its events are decoded.
type BulkCall struct {
	// Token and IdempotencyKey are those of the input; nil if the input has none.
	Token, IdempotencyKey *string
	// FieldNames are the protocol's names. KeyField is its name for the idempotency key.
	FieldNames events.FieldNames
	KeyField   string
	// IsSmallBody reports that the body is so small that its events may be decoded before the rate limit is
	// checked.
	IsSmallBody bool
	// Decode decodes the events. Unless the body is small, it runs once the caller is known and has events
	// left in the rate limit.
	Decode func() (events.ReceivedEvents, error)
}

// Create authenticates the caller, decodes the events and records them. It returns the request too.
//
// If the token was valid before, the events of a small body are decoded before the caller is known, so that a
// small call can share its look-ups and its write with others (see events.SmallCall). A call with any other
// token costs the look-up of the token only. The order of the errors is that of Request.
func (c BulkCall) Create(
	ctx context.Context, service *events.Service,
) (events.Request, events.Outcome, error) {
	token, err := Token(ctx, c.Token)
	if err == nil && c.IsSmallBody && c.hasNoKey(ctx) && AuthenticationOf(ctx).tokens.WasValid(token) {
		if received, err := c.Decode(); err == nil {
			c.Decode = func() (events.ReceivedEvents, error) { return received, nil }
			request := events.Request{Events: received, FieldNames: c.FieldNames}
			if events.IsSmall(request) {
				outcome, err := createSmall(ctx, token, &request, service)
				if !errors.Is(err, events.ErrNotAdmitted) {
					return request, outcome, err
				}
			}
		}
	}
	request, err := c.Request(ctx)
	if err != nil {
		return request, events.Outcome{}, err
	}
	outcome, err := service.CreateWebCustomerEvents(ctx, request)
	return request, outcome, err
}

// hasNoKey reports whether the call has no idempotency key.
func (c BulkCall) hasNoKey(ctx context.Context) bool {
	return idempotencyKeyOf(ctx) == "" && (c.IdempotencyKey == nil || *c.IdempotencyKey == "")
}

// createSmall records the events of a small call, and sets the request's caller.
func createSmall(
	ctx context.Context, token string, request *events.Request, service *events.Service,
) (events.Outcome, error) {
	return service.CreateSmall(ctx, events.SmallCall{
		Request:   *request,
		TokenHash: auth.TokenHash(token),
		Admit: func(caller *models.Caller) error {
			authentication := AuthenticationOf(ctx)
			if caller == nil {
				authentication.tokens.Forget(token)
				return tokenError(auth.ErrUnauthenticated, token)
			}
			request.Caller = *caller
			authentication.SetUser(caller.Name)
			return Take(ctx, *caller, request.Events.Received)
		},
	})
}

// Request authenticates the caller, checks the idempotency key, decodes the events and takes them from
// the caller's rate limit, in this order: unknown callers cause no decoding, and what a client must
// correct comes before what it must wait for. A dry run takes as many events as the call that it checks.
func (c BulkCall) Request(ctx context.Context) (events.Request, error) {
	request := events.Request{FieldNames: c.FieldNames}
	token, err := Token(ctx, c.Token)
	if err != nil {
		return request, err
	}
	if request.Caller, err = Caller(ctx, token); err != nil {
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

// SmallBody is the size of a small body. A hundred events of usual size fit into it.
const SmallBody = 64 << 10
