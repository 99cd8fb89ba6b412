package graph

import (
	"context"
	"io"
	"sync"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"customer-events/internal/events"
)

// output runs the root fields of one request, and counts what they write. The cost of the request has
// been bounded before; but a query may ask for more than it may be answered, and an error in that bound
// must not use up the memory of the server.
type output struct {
	h         *handler
	operation ast.Operation
	// rootField lets one root field of a query read at a time: a request never holds more than one connection
	// to the database.
	rootField sync.Mutex
	written   int
}

// runRootField is the middleware of root fields.
func (o *output) runRootField(ctx context.Context, next graphql.RootResolver) graphql.Marshaler {
	o.rootField.Lock()
	defer o.rootField.Unlock()
	answer := o.h.encodeBulk(ctx, next)
	if answer == graphql.Null || answer == graphql.RequiredNull {
		return answer // which the library knows by its address
	}
	return graphql.WriterFunc(func(w io.Writer) { answer.MarshalGQL(limitedWriter{o, w}) })
}

// limitedWriter writes to an answer until it is too long, and then nothing more.
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

// err is the error of an answer that got too long; nil if it did not. What a mutation has stored
// stays stored.
func (o *output) err() error {
	switch {
	case o.written <= MaxAnswerBytes:
		return nil
	case o.operation == ast.Mutation:
		return events.ErrOutcomeUnknown
	default:
		return newError(validationFailed, "the answer has more than %d bytes: ask for fewer fields, aliases or events",
			MaxAnswerBytes)
	}
}
