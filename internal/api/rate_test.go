package api

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"customer-events/internal/apierr"
	"customer-events/models"
)

func TestRateIsEachUsersOwn(t *testing.T) {
	t.Parallel()
	now := time.Now()
	bound := NewLimiter(100) // 6000 a minute
	bound.now = func() time.Time { return now }
	spend := func(user int64, events int) (*apierr.Error, string) {
		request := &Request{Limiter: bound}
		err := Take(WithRequest(context.Background(), request), models.Caller{UserKey: user}, events)
		header := http.Header{}
		request.WriteRateHeaders(header)
		if policy := header.Get("RateLimit-Policy"); policy != `"events";q=6000;w=60` {
			t.Errorf("RateLimit-Policy: %s", policy)
		}
		var refusal *apierr.Error
		errors.As(err, &refusal)
		return refusal, header.Get("RateLimit")
	}
	for _, c := range []struct {
		after        time.Duration
		user         int64
		events, wait int // wait is the Retry-After of a refusal
		left         string
	}{
		{0, 1, 1000, 0, `"events";r=5000;t=10`},
		{0, 1, 0, 0, `"events";r=4999;t=11`}, // a call of none is a call
		{0, 1, 4999, 0, `"events";r=0;t=60`},
		{0, 1, 1, 1, `"events";r=0;t=60`},
		{0, 1, 1000, 10, `"events";r=0;t=60`},
		{0, 2, 1000, 0, `"events";r=5000;t=10`},
		{5 * time.Second, 1, 1000, 5, `"events";r=500;t=55`}, // what is refused costs nothing
		{5 * time.Second, 1, 1000, 0, `"events";r=0;t=60`},
		{time.Hour, 1, 1, 0, `"events";r=5999;t=1`},
	} {
		now = now.Add(c.after)
		refusal, left := spend(c.user, c.events)
		wait := 0
		if refusal != nil {
			if wait = refusal.RetryAfter; refusal.Kind != apierr.RateLimited {
				t.Errorf("%+v: %v", c, refusal)
			}
		}
		if wait != c.wait || left != c.left {
			t.Errorf("%+v: wait %d, %s", c, wait, left)
		}
	}
	ctx := WithRequest(context.Background(), &Request{Limiter: bound})
	for range 10 {
		if err := Allow(ctx, models.Caller{UserKey: 3}); err != nil {
			t.Error(err)
		}
	}
	if _, left := spend(3, 6000); !strings.Contains(left, "r=0;") {
		t.Errorf("asking has cost something: %s", left)
	}
	if err := Allow(ctx, models.Caller{UserKey: 3}); err == nil {
		t.Error("an empty bucket affords a call")
	}
	if NewLimiter(0) != nil || Take(WithRequest(context.Background(), &Request{}), models.Caller{}, 1000) != nil {
		t.Error("no limit is one")
	}
}
