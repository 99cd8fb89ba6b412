// Package heavy keeps work that holds a processor for long from keeping everything else waiting: hashing a password, taking a body
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

// Turns are what heavy work of one kind waits for. There are half as many as processors, at least one.
type Turns struct {
	free chan struct{}
	// rests is how many times as long as it was used a turn then lies idle, but for at most longest.
	rests int
}

const longest = 250 * time.Millisecond

// New makes turns, all of them free. It lets Go run as many threads more as a server has turns: Go takes a thread that computes away
// from its work after 10 to 20 ms only, and whoever waits for a processor meanwhile would wait for so long at each step. The
// operating system then shares the real processors out, and there the heavy threads come last.
func New() *Turns {
	n := max(1, processors/2)
	runtime.GOMAXPROCS(processors + kinds*n)
	return &Turns{free: make(chan struct{}, n)}
}

// ForAnybody makes turns for what need not be known to be asked for. Each lies idle after its use, at most a quarter of a second: a
// flood then takes a fifth of a processor for each turn, and the memory that it leaves behind is collected less often. But what has
// taken long for other reasons does not keep everybody else waiting.
func ForAnybody() *Turns {
	t := New()
	t.rests = 4
	return t
}

// Count is how many turns there are.
func (t *Turns) Count() int { return cap(t.free) }

// Take waits for a turn, which end gives back. If the context ends before there is one, its error is returned.
func (t *Turns) Take(ctx context.Context) (end func(), err error) {
	select {
	case t.free <- struct{}{}:
		start := time.Now()
		return func() { time.AfterFunc(min(longest, time.Duration(t.rests)*time.Since(start)), func() { <-t.free }) }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Do runs a function in its turn, on a thread of low priority (on Linux; elsewhere on any). It panics if the function does. If the
// context ends before there is a turn, its error is returned and the function is not run; once it runs, it is waited for.
func (t *Turns) Do(ctx context.Context, run func()) error {
	end, err := t.Take(ctx)
	if err != nil {
		return err
	}
	defer end()
	done := make(chan any)
	go func() {
		defer func() { done <- recover() }()
		lower()
		run()
	}()
	if cause := <-done; cause != nil {
		panic(cause)
	}
	return nil
}
