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

// Request is the state of one HTTP request: its credentials, its reservations and the fields of its log
// line. The body is not part of it.
type Request struct {
	// ID identifies the request in responses and in the log.
	ID string
	// Token and IdempotencyKey are the values of the headers.
	Token          string
	IdempotencyKey string
	// Operation is the protocol's name for the operation. It is never a name that the client chose.
	Operation string
	// OperationType is "query" or "mutation" for a GraphQL operation that was parsed, else empty. OperationName
	// is the name that the client gave the operation; only spans have it.
	OperationType, OperationName string
	// User is the name of the authenticated user.
	User string
	// Code is the code of the error that the request failed with; empty if it did not fail.
	Code string
	// Address is the client's address, without the port.
	Address string
	// Unsent says why the server stopped writing the response; empty if it did not.
	Unsent string
	// Events counts the events of the request's bulk calls, Replayed those that an earlier call recorded,
	// Unprocessed the unprocessed ones by code.
	Events, Replayed int
	Unprocessed      map[models.Code]int
	// Admission is what the request holds of the server's memory and processors; nil has no bounds.
	Admission *admission.Ticket
	// Forbidden is the error that the protocol must answer with; nil if the request is permitted.
	// Middleware sets it, because only the protocol can render an error.
	Forbidden *apierr.Error
	// Limiter limits the caller's events; nil allows everything. rate is its last decision.
	Limiter *ratelimit.Limiter
	rate    ratelimit.Decision

	// mu guards User and rate: the fields of a query run concurrently, and each authenticates the caller.
	mu sync.Mutex
}

// SetUser records the authenticated user.
func (r *Request) SetUser(name string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.User = name
}

// Count adds the events of a bulk call to those of the request's other calls.
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

// WithRequest returns a context with the request.
func WithRequest(ctx context.Context, request *Request) context.Context {
	return context.WithValue(ctx, requestKey{}, request)
}

// RequestOf returns the context's request, or an empty one if the context has none.
func RequestOf(ctx context.Context) *Request {
	if request, ok := ctx.Value(requestKey{}).(*Request); ok {
		return request
	}
	return &Request{}
}
