package api

import (
	"context"
	"net/http"
	"sync"

	"customer-events/internal/apierr"
	"customer-events/internal/ratelimit"
	"customer-events/models"
)

// RateLimit is the rate limit of one request's caller.
type RateLimit struct {
	// limiter has the events of all users; nil allows everything.
	limiter *ratelimit.Limiter
	// mu guards last, the last decision: the fields of a query run concurrently.
	mu   sync.Mutex
	last ratelimit.Decision
}

// NewRateLimit returns the rate limit of one request. A nil limiter allows everything.
func NewRateLimit(limiter *ratelimit.Limiter) *RateLimit { return &RateLimit{limiter: limiter} }

type rateLimitKey struct{}

// WithRateLimit returns a context with the rate limit of its request.
func WithRateLimit(ctx context.Context, limit *RateLimit) context.Context {
	return context.WithValue(ctx, rateLimitKey{}, limit)
}

// rateLimitOf returns the context's rate limit, or one that allows everything if the context has none.
func rateLimitOf(ctx context.Context) *RateLimit {
	if limit, ok := ctx.Value(rateLimitKey{}).(*RateLimit); ok {
		return limit
	}
	return NewRateLimit(nil)
}

// Take takes events from the caller's rate limit, or one for a call without events. If fewer are left, it
// takes none and returns an error.
func Take(ctx context.Context, caller models.Caller, events int) error {
	limit := rateLimitOf(ctx)
	return limit.apply(limit.limiter.Take(caller.UserKey, events))
}

// TakeUpTo takes events from the caller's rate limit, or as many as are left. It returns an error only if
// none is left. It is for requests that store nothing: pages of events, and calls that are refused for
// too many events.
func TakeUpTo(ctx context.Context, caller models.Caller, events int) error {
	limit := rateLimitOf(ctx)
	return limit.apply(limit.limiter.TakeUpTo(caller.UserKey, events))
}

// Allow returns an error if the caller's rate limit has no event left. It takes none: it refuses a call
// before its events are decoded.
func Allow(ctx context.Context, caller models.Caller) error {
	limit := rateLimitOf(ctx)
	return limit.apply(limit.limiter.Allow(caller.UserKey))
}

// apply keeps a decision for the response's headers and returns the error of a refusal.
func (r *RateLimit) apply(d ratelimit.Decision) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.last = d
	if d.Allowed {
		return nil
	}
	err := apierr.New(apierr.RateLimited, "%d events are more than are left to this user now, "+
		"who may send and read %g a second: send or read them later", d.Events, d.PerSecond)
	err.RetryAfter = max(1, ratelimit.Seconds(d.RetryAfter))
	return err
}

// WriteHeaders sets the headers RateLimit and RateLimit-Policy once a decision was made.
func (r *RateLimit) WriteHeaders(header http.Header) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.last.WriteHeaders(header)
}
