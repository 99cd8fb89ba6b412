// Package backoff computes how long to wait before an attempt is repeated. It repeats nothing itself: which
// errors are worth another attempt, and until when, differs from loop to loop.
package backoff

import (
	"context"
	"math/rand/v2"
	"time"
)

// Exponential is a wait that doubles with each attempt, from First up to Longest.
type Exponential struct{ First, Longest time.Duration }

// Delay returns the wait after so many earlier waits: a random time between half and all of it. Random times
// keep concurrent calls apart that failed at the same moment.
func (e Exponential) Delay(waits int) time.Duration {
	longest := e.First
	for ; waits > 0 && longest < e.Longest; waits-- {
		longest *= 2
	}
	longest = min(longest, e.Longest)
	return longest/2 + rand.N(longest/2)
}

// AtLeast returns a wait that is random, too, but never shorter than a server has asked for: up to half of it
// longer.
func AtLeast(d time.Duration) time.Duration { return d + rand.N(d/2+1) }

// Sleep waits for a time. If the context ends first, it returns the context's error.
func Sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
