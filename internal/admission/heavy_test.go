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

func TestTurns(t *testing.T) {
	t.Parallel()
	turns := New()
	var running, most atomic.Int64
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() {
			err := turns.Run(t.Context(), func() {
				now := running.Add(1)
				for seen := most.Load(); now > seen && !most.CompareAndSwap(seen, now); seen = most.Load() {
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
	if most.Load() > int64(turns.Size()) {
		t.Errorf("%d at once in %d turns", most.Load(), turns.Size())
	}
}

func TestNoTurn(t *testing.T) {
	t.Parallel()
	turns := &CPULimiter{slots: make(chan struct{}, 1)}
	turns.slots <- struct{}{}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := turns.Run(ctx, func() { t.Error("it was run") }); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// A panic comes to him who waits, and the turn is given back.
func TestPanic(t *testing.T) {
	t.Parallel()
	turns := &CPULimiter{slots: make(chan struct{}, 1)}
	for range 2 {
		func() {
			defer func() {
				if cause := recover(); cause != "cause" {
					t.Errorf("recovered %v", cause)
				}
			}()
			_ = turns.Run(t.Context(), func() { panic("cause") })
		}()
	}
}

// A turn for anybody rests four times as long as it was used, at most a quarter of a second; another does not.
func TestRest(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		rests      int
		used, rest time.Duration
	}{{NewWithCooldown().cooldownFactor, 10 * time.Millisecond, 40 * time.Millisecond}, {NewWithCooldown().cooldownFactor, time.Second, maxCooldown}, {New().cooldownFactor, 10 * time.Millisecond, 0}} {
		synctest.Test(t, func(t *testing.T) {
			turns := &CPULimiter{make(chan struct{}, 1), c.rests}
			end, _ := turns.Acquire(t.Context())
			time.Sleep(c.used)
			end()
			start := time.Now()
			if _, err := turns.Acquire(t.Context()); err != nil || time.Since(start) != c.rest {
				t.Errorf("after %s it rests %s, not %s (%v)", c.used, time.Since(start), c.rest, err)
			}
		})
	}
}
