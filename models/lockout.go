package models

import "time"

// LockoutWindow is the period in which failed attempts are counted.
const LockoutWindow = 15 * time.Minute

// Limit bounds the failed attempts of one counter: of a secret, a user, an address, or all of them together.
type Limit struct {
	// CounterKey names the counter: a hash of 32 bytes.
	CounterKey string
	Max        int
	// SlidingWindow restarts the window with each counted failure, so that no period of LockoutWindow
	// contains more than Max of them. Without it, the window starts with the first failure, and two windows
	// that meet may contain twice as many. A user who fails now and then, as everyone does, is then never
	// locked out for long.
	SlidingWindow bool
}

// Attempt is one attempt to use a secret, and whether it failed. Its limits decide whether the caller learns
// that.
type Attempt struct {
	Limits []Limit
	Failed bool
}

// Attempts are the attempts of one call, in the call's order.
type Attempts struct {
	List []Attempt
	// MaxFailed bounds how many attempts of the call may fail or be locked out. All later attempts are
	// locked out. 0 means no bound.
	MaxFailed int
	At        time.Time
}

// Failures counts the failed attempts of one counter in a window that ends at Until.
type Failures struct {
	Count int
	Until time.Time
}

// Counters holds the failures by counter key.
type Counters map[string]Failures

// LockedUntil returns when all limits of the attempt allow it again, and the zero time if they allow it now.
func (c Counters) LockedUntil(attempt Attempt, at time.Time) (until time.Time) {
	for _, limit := range attempt.Limits {
		if f := c[limit.CounterKey]; f.Until.After(at) && f.Count >= limit.Max && f.Until.After(until) {
			until = f.Until
		}
	}
	return until
}

// Evaluate checks the attempts in their order against their limits and counts the failed ones. An attempt
// that has reached a limit is locked out, whether its secret is right or wrong, and is not counted. For it,
// until holds the time of the next allowed attempt; for the others, the zero time. changed holds the keys of
// the counters that have grown.
//
// Within the call, an attempt that is locked out counts towards MaxFailed like a failed one. If only wrong
// secrets counted, the result of a later attempt would reveal whether an earlier one, that was locked out,
// had been right.
func (c Counters) Evaluate(attempts Attempts) (until []time.Time, changed map[string]bool) {
	until, changed = make([]time.Time, len(attempts.List)), make(map[string]bool)
	failed := 0
	for i, attempt := range attempts.List {
		if attempts.MaxFailed > 0 && failed >= attempts.MaxFailed {
			until[i] = attempts.At
			continue
		}
		if until[i] = c.LockedUntil(attempt, attempts.At); !until[i].IsZero() {
			failed++
			continue
		}
		if !attempt.Failed {
			continue
		}
		failed++
		for _, limit := range attempt.Limits {
			f := c[limit.CounterKey]
			end := attempts.At.Add(LockoutWindow)
			if !f.Until.After(attempts.At) {
				f = Failures{Until: end}
			} else if limit.SlidingWindow && end.After(f.Until) {
				f.Until = end // unless another server, whose clock is ahead, has set a later end
			}
			f.Count++
			c[limit.CounterKey], changed[limit.CounterKey] = f, true
		}
	}
	return until, changed
}
