package api

import (
	"context"
	"net/http"

	"customer-events/internal/apierr"
	"customer-events/internal/ratelimit"
	"customer-events/models"
)

// Take takes events from the caller's rate limit, or one for a call without events. If fewer are left, it
// takes none and returns an error.
func Take(ctx context.Context, caller models.Caller, events int) error {
	request := RequestOf(ctx)
	return request.applyRate(request.Limiter.Take(caller.UserKey, events))
}

// TakeUpTo takes events from the caller's rate limit, or as many as are left. It returns an error only if
// none is left. It is for requests that store nothing: pages of events, and calls that are refused for
// too many events.
func TakeUpTo(ctx context.Context, caller models.Caller, events int) error {
	request := RequestOf(ctx)
	return request.applyRate(request.Limiter.TakeUpTo(caller.UserKey, events))
}

// Allow returns an error if the caller's rate limit has no event left. It takes none: it refuses a call
// before its events are decoded.
func Allow(ctx context.Context, caller models.Caller) error {
	request := RequestOf(ctx)
	return request.applyRate(request.Limiter.Allow(caller.UserKey))
}

// applyRate keeps a decision for the response's headers and returns the error of a refusal.
func (r *Request) applyRate(d ratelimit.Decision) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.rate = d
	if d.Allowed {
		return nil
	}
	err := apierr.New(apierr.RateLimited, "%d events are more than are left to this user now, "+
		"who may send and read %g a second: send or read them later", d.Events, d.PerSecond)
	err.RetryAfter = max(1, ratelimit.Seconds(d.RetryAfter))
	return err
}

// WriteRateHeaders sets the headers RateLimit and RateLimit-Policy once a decision was made.
func (r *Request) WriteRateHeaders(header http.Header) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.rate.WriteHeaders(header)
}
