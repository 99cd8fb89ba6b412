package graph

import (
	"context"
	"io"
	"sync"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"customer-events/internal/events"
)

// output runs the root fields of one request and limits the length of their answer. The computed cost of
// the request is within its limit by now. But a query may select more than MaxAnswerBytes, and a mistake in
// the computation must not use up the memory of the server.
type output struct {
	h         *handler
	operation ast.Operation
	// mu lets one root field of a query run at a time: a request never holds more than one connection
	// to the database.
	mu      sync.Mutex
	written int
}

// runRootField is the middleware of the root fields.
func (o *output) runRootField(ctx context.Context, next graphql.RootResolver) graphql.Marshaler {
	o.mu.Lock()
	defer o.mu.Unlock()
	value := o.h.encodeBulk(ctx, next)
	if value == graphql.Null || value == graphql.RequiredNull {
		return value // gqlgen recognises these two by their address
	}
	return graphql.WriterFunc(func(w io.Writer) { value.MarshalGQL(limitedWriter{o, w}) })
}

// limitedWriter writes to an answer until the answer is too long. It discards the rest.
type limitedWriter struct {
	*output
	io.Writer
}

func (c limitedWriter) Write(text []byte) (int, error) {
	if c.written += len(text); c.written > MaxAnswerBytes {
		return len(text), nil
	}
	return c.Writer.Write(text)
}

// err returns the error of an answer that is too long, or nil. It does not undo what a mutation stored.
func (o *output) err() error {
	switch {
	case o.written <= MaxAnswerBytes:
		return nil
	case o.operation == ast.Mutation:
		return events.ErrOutcomeUnknown
	default:
		return newError(validationFailed,
			"the answer has more than %d bytes: ask for fewer fields, aliases or events", MaxAnswerBytes)
	}
}
