package graph

import (
	"bytes"
	"errors"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"

	"customer-events/internal/api"
	"customer-events/internal/apierr"
	"customer-events/internal/events"
)

// TestOutput_TooLong checks that an answer ends at its limit even if it is longer than its computed cost.
func TestOutput_TooLong(t *testing.T) {
	t.Parallel()
	for operation, want := range map[ast.Operation]apierr.Kind{ast.Query: validationFailed,
		ast.Mutation: apierr.OutcomeUnknown} {
		var to bytes.Buffer
		o := &output{operation: operation}
		w := limitedWriter{o, &to}
		for range 2 {
			if o.err() != nil {
				t.Errorf("%s: %v after %d bytes", operation, o.err(), to.Len())
			}
			if n, err := w.Write(make([]byte, MaxAnswerBytes/2)); n != MaxAnswerBytes/2 || err != nil {
				t.Error(n, err)
			}
		}
		for range 100 {
			_, _ = w.Write(make([]byte, 1000))
		}
		if public := api.Public(o.err()); to.Len() != MaxAnswerBytes || public == nil ||
			public.Kind != want {
			t.Errorf("%s: %d bytes, %v", operation, to.Len(), public)
		}
		if operation == ast.Mutation && !errors.Is(o.err(), events.ErrOutcomeUnknown) {
			t.Error(o.err())
		}
	}
}
