package api

import (
	"context"
	"net/http"

	"customer-events/internal/admission"
	"customer-events/internal/apierr"
)

// MaxBodyBytes is the size limit of a body, before and after decompression.
const MaxBodyBytes = admission.MaxBodyBytes

// ReadBody reads the request's body within the bounds of its admission ticket.
func ReadBody(w http.ResponseWriter, r *http.Request) (string, *apierr.Error) {
	return TicketOf(r.Context()).ReadBody(w, r)
}

// RunCPUBound runs a function whose input has size bytes. If the input is large, it first waits for a CPU
// slot.
func RunCPUBound(ctx context.Context, size int, run func()) *apierr.Error {
	return TicketOf(ctx).RunCPUBound(ctx, size, run)
}

type ticketKey struct{}

// WithTicket returns a context with the admission ticket of its request.
func WithTicket(ctx context.Context, ticket *admission.Ticket) context.Context {
	return context.WithValue(ctx, ticketKey{}, ticket)
}

// TicketOf returns the context's admission ticket. A context without one has no bounds.
func TicketOf(ctx context.Context) *admission.Ticket {
	ticket, _ := ctx.Value(ticketKey{}).(*admission.Ticket)
	return ticket
}
