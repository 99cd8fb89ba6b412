package admission

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestRun_Concurrency(t *testing.T) {
	t.Parallel()
	limiter := NewCPULimiter()
	var running, tooMany atomic.Int64
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() {
			err := limiter.Run(t.Context(), func() {
				if running.Add(1) > int64(limiter.Size()) {
					tooMany.Add(1)
				}
				sum := 0
				for i := range 1_000_000 {
					sum += i
				}
				running.Add(-int64(min(1, sum)))
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if n := tooMany.Load(); n > 0 {
		t.Errorf("%d functions ran beyond the %d slots", n, limiter.Size())
	}
}

func TestRun_ContextEnds(t *testing.T) {
	t.Parallel()
	limiter := &CPULimiter{slots: make(chan struct{}, 1)}
	limiter.slots <- struct{}{}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := limiter.Run(ctx, func() { t.Error("it ran") }); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// A panic reaches the caller of Run, and the slot is released.
func TestRun_Panic(t *testing.T) {
	t.Parallel()
	limiter := &CPULimiter{slots: make(chan struct{}, 1)}
	for range 2 {
		func() {
			defer func() {
				if cause := recover(); cause != "cause" {
					t.Errorf("recovered %v", cause)
				}
			}()
			_ = limiter.Run(t.Context(), func() { panic("cause") })
		}()
	}
}

// With a cooldown a slot stays unused for four times its use, at most a quarter of a second.
func TestAcquire_Cooldown(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name           string
		limiter        *CPULimiter
		used, cooldown time.Duration
	}{
		{"four times its use", NewWithCooldown(), 10 * time.Millisecond, 40 * time.Millisecond},
		{"the maximum", NewWithCooldown(), time.Second, maxCooldown},
		{"none", NewCPULimiter(), 10 * time.Millisecond, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				limiter := &CPULimiter{make(chan struct{}, 1), c.limiter.cooldownFactor}
				release, _ := limiter.Acquire(t.Context())
				time.Sleep(c.used)
				release()
				start := time.Now()
				if _, err := limiter.Acquire(t.Context()); err != nil || time.Since(start) != c.cooldown {
					t.Errorf("the cooldown is %s, not %s (%v)", time.Since(start), c.cooldown, err)
				}
			})
		})
	}
}
