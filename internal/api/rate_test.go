package api

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"testing/synctest"

	"customer-events/internal/apierr"
	"customer-events/internal/ratelimit"
	"customer-events/models"
)

// A refusal of the limiter becomes an error, and the response's headers show the last decision.
func TestRate_RefusalsAndHeaders(t *testing.T) {
	t.Parallel()
	synctest.Test(t, refusalsAndHeaders) // with a fixed clock
}

func refusalsAndHeaders(t *testing.T) {
	limiter := ratelimit.New(100) // 6000 a minute
	caller := models.Caller{UserKey: 1}
	for _, c := range []struct {
		name   string
		apply  func(context.Context) error
		wait   int // the RetryAfter of a refusal
		header string
	}{
		{
			"before any event",
			func(ctx context.Context) error { return Allow(ctx, caller) },
			0, `"events";r=6000;t=0`,
		},
		{
			"more than the bucket holds, of pages",
			func(ctx context.Context) error { return TakeUpTo(ctx, caller, 4_000_000) },
			0, `"events";r=0;t=60`,
		},
		{
			"a batch",
			func(ctx context.Context) error { return Take(ctx, caller, 1000) },
			10, `"events";r=0;t=60`,
		},
		{
			"a page",
			func(ctx context.Context) error { return TakeUpTo(ctx, caller, 500) },
			1, `"events";r=0;t=60`,
		},
		{
			"a call that is not decoded yet",
			func(ctx context.Context) error { return Allow(ctx, caller) },
			1, `"events";r=0;t=60`,
		},
	} {
		limit := NewRateLimit(limiter)
		err := c.apply(WithRateLimit(context.Background(), limit))
		var limited *apierr.Error
		if errors.As(err, &limited) != (c.wait > 0) {
			t.Errorf("%s: the error is %v", c.name, err)
		}
		if limited != nil && (limited.Kind != apierr.RateLimited || limited.RetryAfter != c.wait) {
			t.Errorf("%s: %s after %d s, want RATE_LIMITED after %d s",
				c.name, limited.Code(), limited.RetryAfter, c.wait)
		}
		header := http.Header{}
		limit.WriteHeaders(header)
		if got := header.Get("RateLimit"); got != c.header {
			t.Errorf("%s: RateLimit: %s, want %s", c.name, got, c.header)
		}
		if got := header.Get("RateLimit-Policy"); got != `"events";q=6000;w=60` {
			t.Errorf("%s: RateLimit-Policy: %s", c.name, got)
		}
	}
}

func TestRate_NoLimiter(t *testing.T) {
	t.Parallel()
	limit := NewRateLimit(nil)
	ctx := WithRateLimit(context.Background(), limit)
	for range 2 {
		if err := errors.Join(Allow(ctx, models.Caller{}), Take(ctx, models.Caller{}, 1000),
			TakeUpTo(ctx, models.Caller{}, 1000)); err != nil {
			t.Error(err)
		}
	}
	header := http.Header{}
	if limit.WriteHeaders(header); len(header) != 0 {
		t.Errorf("headers without a limiter: %v", header)
	}
}
