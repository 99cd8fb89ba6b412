package ratelimit

import (
	"net/http"
	"testing"
	"time"
)

// headers returns the RateLimit header of a decision, and checks the policy of a limiter of 100 events
// per second.
func headers(t *testing.T, d Decision) string {
	t.Helper()
	header := http.Header{}
	d.WriteHeaders(header)
	if policy := header.Get("RateLimit-Policy"); policy != `"events";q=6000;w=60` {
		t.Errorf("RateLimit-Policy: %s", policy)
	}
	return header.Get("RateLimit")
}

func TestTake_EachUserHasABucket(t *testing.T) {
	t.Parallel()
	now := time.Now()
	limiter := New(100) // 6000 a minute
	limiter.now = func() time.Time { return now }
	for _, c := range []struct {
		name         string
		after        time.Duration
		user         int64
		events, wait int // wait is the RetryAfter of a refusal in seconds
		left         string
	}{
		{"a batch", 0, 1, 1000, 0, `"events";r=5000;t=10`},
		{"a call without events counts as one", 0, 1, 0, 0, `"events";r=4999;t=11`},
		{"all that is left", 0, 1, 4999, 0, `"events";r=0;t=60`},
		{"one more", 0, 1, 1, 1, `"events";r=0;t=60`},
		{"a batch more", 0, 1, 1000, 10, `"events";r=0;t=60`},
		{"another user", 0, 2, 1000, 0, `"events";r=5000;t=10`},
		{"a refused call takes nothing", 5 * time.Second, 1, 1000, 5, `"events";r=500;t=55`},
		{"after the wait", 5 * time.Second, 1, 1000, 0, `"events";r=0;t=60`},
		{"the bucket is full again", time.Hour, 1, 1, 0, `"events";r=5999;t=1`},
	} {
		now = now.Add(c.after)
		d := limiter.Take(c.user, c.events)
		if wait := Seconds(d.RetryAfter); d.Allowed != (c.wait == 0) || wait != c.wait {
			t.Errorf("%s: allowed %t, wait %d, want %d", c.name, d.Allowed, wait, c.wait)
		}
		if left := headers(t, d); left != c.left {
			t.Errorf("%s: %s, want %s", c.name, left, c.left)
		}
	}
}

func TestAllow_TakesNothing(t *testing.T) {
	t.Parallel()
	now := time.Now()
	limiter := New(100)
	limiter.now = func() time.Time { return now }
	for range 10 {
		if d := limiter.Allow(3); !d.Allowed {
			t.Errorf("%+v", d)
		}
	}
	if d := limiter.Take(3, 6000); !d.Allowed || d.Remaining != 0 {
		t.Errorf("Allow took events: %+v", d)
	}
	if d := limiter.Allow(3); d.Allowed {
		t.Error("an empty bucket allows a call")
	}
}

func TestTakeUpTo_TakesWhatIsLeft(t *testing.T) {
	t.Parallel()
	now := time.Now()
	limiter := New(100)
	limiter.now = func() time.Time { return now }
	for i, c := range []struct {
		events  int
		allowed bool
		left    string
	}{
		{1500, true, `"events";r=4500;t=15`},
		{0, true, `"events";r=4499;t=16`},
		{4000, true, `"events";r=499;t=56`},
		{4_000_000, true, `"events";r=0;t=60`},
		{1, false, `"events";r=0;t=60`},
		{4_000_000, false, `"events";r=0;t=60`},
	} {
		d := limiter.TakeUpTo(1, c.events)
		if left := headers(t, d); d.Allowed != c.allowed || left != c.left {
			t.Errorf("%d, %d events: %+v, %s is left", i, c.events, d, left)
		}
	}
}

func TestLimiter_NilAllowsEverything(t *testing.T) {
	t.Parallel()
	limiter := New(0)
	if limiter != nil {
		t.Error("a rate of 0 has a limiter")
	}
	for name, d := range map[string]Decision{
		"Take":     limiter.Take(1, 1000),
		"TakeUpTo": limiter.TakeUpTo(1, 1000),
		"Allow":    limiter.Allow(1),
	} {
		header := http.Header{}
		if d.WriteHeaders(header); !d.Allowed || len(header) != 0 {
			t.Errorf("%s: %+v, %v", name, d, header)
		}
	}
}
