package backoff

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

func TestDelay(t *testing.T) {
	t.Parallel()
	wait := Exponential{First: 10 * time.Millisecond, Longest: 500 * time.Millisecond}
	for waits, longest := range map[int]time.Duration{
		0:       10 * time.Millisecond,
		1:       20 * time.Millisecond,
		5:       320 * time.Millisecond,
		6:       500 * time.Millisecond,
		1 << 40: 500 * time.Millisecond,
	} {
		seen := make(map[time.Duration]bool)
		for range 100 {
			d := wait.Delay(waits)
			if seen[d] = true; d < longest/2 || d >= longest {
				t.Errorf("after %d waits: %s, want %s to %s", waits, d, longest/2, longest)
			}
		}
		if len(seen) < 10 {
			t.Errorf("after %d waits: only %d times of 100 differ", waits, len(seen))
		}
	}
}

func TestAtLeast(t *testing.T) {
	t.Parallel()
	seen := make(map[time.Duration]bool)
	for range 100 {
		d := AtLeast(time.Second)
		if seen[d] = true; d < time.Second || d > 1500*time.Millisecond {
			t.Errorf("%s", d)
		}
	}
	if len(seen) < 10 {
		t.Errorf("only %d times of 100 differ", len(seen))
	}
	if d := AtLeast(0); d != 0 {
		t.Errorf("%s", d)
	}
}

func TestSleep(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		if err := Sleep(t.Context(), time.Second); err != nil || time.Since(start) != time.Second {
			t.Errorf("%s, %v", time.Since(start), err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		err := Sleep(ctx, time.Minute)
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != 2*time.Second {
			t.Errorf("the context ended: %s, %v", time.Since(start), err)
		}
	})
}
