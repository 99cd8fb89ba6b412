package api

import (
	"context"
	"sync"

	"customer-events/internal/admission"
	"customer-events/internal/apierr"
	"customer-events/internal/events"
	"customer-events/internal/ratelimit"
	"customer-events/models"
)

// Request is what is known of one HTTP request besides its body, and what is found out on the way for its line in the log.
type Request struct {
	ID string
	// Token and IdempotencyKey are those of the headers.
	Token          string
	IdempotencyKey string
	// Operation is what ran, in the door's words; never a caller's.
	Operation string
	User      string
	// Code is the code of the error that refused it, if one did.
	Code string
	// Address is the client's address, without the port.
	Address string
	// Unsent says why the response was not written to its end, if the server gave up on it.
	Unsent string
	// Events, Replayed and Refused count the events of a bulk call: all of them, those recorded before, those unprocessed by code.
	Events, Replayed int
	Unprocessed      map[models.Code]int
	// Admission is what the request holds of the server's memory and processors; nil has no bounds.
	Admission *admission.Ticket
	// Forbidden is why the doors must not open; nil if they may. It is known before they are reached, and worded by them.
	Forbidden *apierr.Error
	// Limiter limits the caller's events; nil allows everything. rate is its last decision.
	Limiter *ratelimit.Limiter
	rate    ratelimit.Decision

	// The fields of a query run at the same time, and each finds out for itself whose call it is.
	mu sync.Mutex
}

// SetUser notes whose request it is.
func (r *Request) SetUser(name string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.User = name
}

// Count notes what became of the events of a bulk call, in addition to those of the request's other calls.
func (r *Request) Count(outcome *events.Outcome) {
	r.Events, r.Replayed = r.Events+outcome.Summary.Received, r.Replayed+outcome.Summary.Replayed
	if r.Unprocessed == nil {
		r.Unprocessed = make(map[models.Code]int)
	}
	for i := range outcome.UnprocessedCustomerEventsSet {
		r.Unprocessed[outcome.UnprocessedCustomerEventsSet[i].ErrorCode]++
	}
}

type requestKey struct{}

// WithRequest gives a context its request.
func WithRequest(ctx context.Context, request *Request) context.Context {
	return context.WithValue(ctx, requestKey{}, request)
}

// RequestOf is the context's request.
func RequestOf(ctx context.Context) *Request {
	if request, ok := ctx.Value(requestKey{}).(*Request); ok {
		return request
	}
	return &Request{}
}
