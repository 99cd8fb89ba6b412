package api

import (
	"context"

	"customer-events/internal/apierr"
)

type forbiddenKey struct{}

// WithForbidden marks a request that the protocol must answer with the error: middleware finds that it is
// forbidden, but only the protocol can render an error.
func WithForbidden(ctx context.Context, err *apierr.Error) context.Context {
	return context.WithValue(ctx, forbiddenKey{}, err)
}

// Forbidden returns the error of WithForbidden; nil if the request is permitted.
func Forbidden(ctx context.Context) *apierr.Error {
	err, _ := ctx.Value(forbiddenKey{}).(*apierr.Error)
	return err
}
