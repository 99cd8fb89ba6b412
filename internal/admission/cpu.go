package admission

import (
	"context"
	"runtime"
	"time"
)

// processors is the number of processors that Go was given, before NewCPULimiter adds to it.
var processors = runtime.GOMAXPROCS(0)

// limiters is the number of CPULimiters that run work in a server: one for logins and one for bodies, so
// that a flood of one kind does not slow the other down.
const limiters = 2

// CPULimiter limits how much work of one kind holds a processor at once. It has half as many slots as
// there are processors, but at least one.
type CPULimiter struct {
	slots chan struct{}
	// cooldownFactor multiplies the time that a slot was used: for so long it then stays unused, but at
	// most for maxCooldown.
	cooldownFactor int
}

const maxCooldown = 250 * time.Millisecond

// NewCPULimiter returns a limiter with all slots free. It also lets Go run one more thread per slot. The
// Go scheduler preempts a CPU-bound goroutine only after 10 to 20 ms, and other requests would wait that
// long at every step. With the extra threads the operating system shares the processors out, and gives
// the low-priority threads the least.
func NewCPULimiter() *CPULimiter {
	n := max(1, processors/2)
	runtime.GOMAXPROCS(processors + limiters*n)
	return &CPULimiter{slots: make(chan struct{}, n)}
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

// Run waits for a slot and runs the function in it, on Linux on a thread of low priority. It panics if
// the function does. If the context ends before there is a slot, Run returns the context's error without
// running the function; later it waits for the function's end.
func (l *CPULimiter) Run(ctx context.Context, run func()) error {
	release, err := l.Acquire(ctx)
	if err != nil {
		return err
	}
	defer release()
	done := make(chan any)
	go func() {
		defer func() { done <- recover() }()
		lowerThreadPriority()
		run()
	}()
	if cause := <-done; cause != nil {
		panic(cause)
	}
	return nil
}
