package admission

import (
	"context"
	"runtime"
	"time"
)

// CPULimiter limits how much work of one kind holds a processor at once. It has half as many slots as
// there are processors, but at least one.
type CPULimiter struct {
	slots chan struct{}
	// cooldownFactor multiplies the time that a slot was used: for so long it then stays unused, but at
	// most for maxCooldown.
	cooldownFactor int
}

const maxCooldown = 250 * time.Millisecond

// NewCPULimiter returns a limiter with all slots free. Each kind of work has a limiter of its own, so that a
// flood of one kind does not slow the other down.
func NewCPULimiter() *CPULimiter {
	return &CPULimiter{slots: make(chan struct{}, max(1, runtime.GOMAXPROCS(0)/2))}
}

// NewWithCooldown returns a limiter for work that unauthenticated clients can trigger. Each slot stays
// unused for a while after its use, so that a flood takes a fifth of a processor per slot and leaves less
// garbage behind. The cooldown is at most a quarter of a second, so that work that took long for other
// reasons does not block the rest.
func NewWithCooldown() *CPULimiter {
	l := NewCPULimiter()
	l.cooldownFactor = 4
	return l
}

// Size returns the number of slots.
func (l *CPULimiter) Size() int { return cap(l.slots) }

// Acquire waits for a slot and returns the function that releases it. If the context ends first, Acquire
// returns the context's error.
func (l *CPULimiter) Acquire(ctx context.Context) (release func(), err error) {
	select {
	case l.slots <- struct{}{}:
		start := time.Now()
		return func() {
			cooldown := min(maxCooldown, time.Duration(l.cooldownFactor)*time.Since(start))
			time.AfterFunc(cooldown, func() { <-l.slots })
		}, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Run waits for a slot and runs the function in it. If the context ends before there is a slot, Run returns
// the context's error without running the function.
func (l *CPULimiter) Run(ctx context.Context, run func()) error {
	release, err := l.Acquire(ctx)
	if err != nil {
		return err
	}
	defer release()
	run()
	return nil
}
