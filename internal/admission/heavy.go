// Package admission keeps work that holds a processor for long from keeping everything else waiting: hashing a password, taking a body
// of megabytes apart. Anybody may ask for it, so that a flood of it must not be felt by those who send events.
package admission

import (
	"context"
	"runtime"
	"time"
)

// processors are as many as Go has been given, before New adds to them.
var processors = runtime.GOMAXPROCS(0)

// kinds is how many Turns run work in a server: logins wait for their own, and bodies for theirs, so that a flood of one is not felt by
// the other.
const kinds = 2

// CPULimiter are what heavy work of one kind waits for. There are half as many as processors, at least one.
type CPULimiter struct {
	slots chan struct{}
	// cooldownFactor is how many times as long as it was used a turn then lies idle, but for at most longest.
	cooldownFactor int
}

const maxCooldown = 250 * time.Millisecond

// New makes turns, all of them free. It lets Go run as many threads more as a server has turns: Go takes a thread that computes away
// from its work after 10 to 20 ms only, and whoever waits for a processor meanwhile would wait for so long at each step. The
// operating system then shares the real processors out, and there the heavy threads come last.
func New() *CPULimiter {
	n := max(1, processors/2)
	runtime.GOMAXPROCS(processors + kinds*n)
	return &CPULimiter{slots: make(chan struct{}, n)}
}

// NewWithCooldown makes turns for what need not be known to be asked for. Each lies idle after its use, at most a quarter of a second: a
// flood then takes a fifth of a processor for each turn, and the memory that it leaves behind is collected less often. But what has
// taken long for other reasons does not keep everybody else waiting.
func NewWithCooldown() *CPULimiter {
	t := New()
	t.cooldownFactor = 4
	return t
}

// Size is how many turns there are.
func (t *CPULimiter) Size() int { return cap(t.slots) }

// Acquire waits for a turn, which end gives back. If the context ends before there is one, its error is returned.
func (t *CPULimiter) Acquire(ctx context.Context) (end func(), err error) {
	select {
	case t.slots <- struct{}{}:
		start := time.Now()
		return func() {
			time.AfterFunc(min(maxCooldown, time.Duration(t.cooldownFactor)*time.Since(start)), func() { <-t.slots })
		}, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Run runs a function in its turn, on a thread of low priority (on Linux; elsewhere on any). It panics if the function does. If the
// context ends before there is a turn, its error is returned and the function is not run; once it runs, it is waited for.
func (t *CPULimiter) Run(ctx context.Context, run func()) error {
	end, err := t.Acquire(ctx)
	if err != nil {
		return err
	}
	defer end()
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
