// Package heavy keeps work that holds a processor for long from keeping everything else waiting: hashing a password, taking a body
// of megabytes apart. Anybody may ask for it, so that a flood of it must not be felt by those who send events.
package heavy

import (
	"context"
	"runtime"
	"time"
)

// processors are as many as Go has been given, before New adds to them.
var processors = runtime.GOMAXPROCS(0)

// kinds is how many Turns a server has: logins wait for their own, and bodies for theirs, so that a flood of one is not felt by the other.
const kinds = 2

// Turns are what heavy work of one kind waits for. There are half as many as processors, at least one.
type Turns struct{ free chan struct{} }

// New makes turns, all of them free. It lets Go run as many threads more as a server has turns: Go takes a thread that computes away
// from its work after 10 to 20 ms only, and whoever waits for a processor meanwhile would wait for so long at each step. The
// operating system then shares the real processors out, and there the heavy threads come last.
func New() *Turns {
	n := max(1, processors/2)
	runtime.GOMAXPROCS(processors + kinds*n)
	return &Turns{make(chan struct{}, n)}
}

// Count is how many turns there are.
func (t *Turns) Count() int { return cap(t.free) }

// A turn lies idle afterwards, rests times as long as it has been used: a flood takes a third of a processor for each turn, and the memory
// that it leaves behind is collected less often. But what has taken long for other reasons must not keep everybody else waiting.
const (
	rests   = 2
	longest = 250 * time.Millisecond
)

// Do runs a function in its turn, on a thread of low priority (on Linux; elsewhere on any). It panics if the function does. If the
// context ends before there is a turn, its error is returned and the function is not run; once it runs, it is waited for.
func (t *Turns) Do(ctx context.Context, run func()) error {
	select {
	case t.free <- struct{}{}:
		start := time.Now()
		defer func() { time.AfterFunc(min(longest, rests*time.Since(start)), func() { <-t.free }) }()
	case <-ctx.Done():
		return ctx.Err()
	}
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
