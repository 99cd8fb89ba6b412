package graph

import "context"

// Request is what is known of one HTTP request besides its body, and what is found out on the way for its line in the log.
type Request struct {
	ID string
	// Token and IdempotencyKey are those of the headers.
	Token          string
	IdempotencyKey string
	// Operation is the name or kind of what ran. Events and Unprocessed count events.
	Operation           string
	User                string
	Events, Unprocessed int
	Code                string
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
