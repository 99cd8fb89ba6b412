package api

import (
	"context"
	"errors"
)

// The code and the status of a request whose client disconnected before the answer, in the log, in metrics
// and in spans. nginx uses the same status. It is not in the catalogue of errors, since no client reads it.
const (
	ClientClosedRequest       = "CLIENT_CLOSED_REQUEST"
	StatusClientClosedRequest = 499
)

// Disconnected reports whether the client of a request has disconnected. net/http cancels the context
// then; if a request takes too long, its context ends with another cause.
func Disconnected(ctx context.Context) bool { return errors.Is(context.Cause(ctx), context.Canceled) }
