package api

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"customer-events/internal/apierr"
	"customer-events/models"
)

// What cannot be made smaller takes what is left, and is rejected only when nothing is.
func TestSpendUpTo(t *testing.T) {
	t.Parallel()
	now := time.Now()
	bound := NewLimiter(100) // 6000 a minute
	bound.now = func() time.Time { return now }
	for i, c := range []struct {
		events   int
		rejected bool
		left     string
	}{
		{1500, false, `"events";r=4500;t=15`},
		{0, false, `"events";r=4499;t=16`},
		{4000, false, `"events";r=499;t=56`},
		{4_000_000, false, `"events";r=0;t=60`},
		{1, true, `"events";r=0;t=60`},
		{4_000_000, true, `"events";r=0;t=60`},
	} {
		request := &Request{Limiter: bound}
		err := SpendUpTo(WithRequest(context.Background(), request), models.Caller{UserKey: 1}, c.events)
		header := http.Header{}
		request.WriteRateHeaders(header)
		var refusal *apierr.Error
		if errors.As(err, &refusal) != c.rejected || refusal != nil && refusal.Kind != apierr.RateLimited || header.Get("RateLimit") != c.left {
			t.Errorf("%d, %d events: %v, %s is left", i, c.events, err, header.Get("RateLimit"))
		}
	}
	if err := SpendUpTo(WithRequest(context.Background(), &Request{}), models.Caller{}, 1000); err != nil {
		t.Errorf("no limit is one: %v", err)
	}
}
