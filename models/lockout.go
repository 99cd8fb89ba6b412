package models

import "time"

// LockoutWindow is how long a failed guess is held against those it counts for.
const LockoutWindow = 15 * time.Minute

// Limit is how many failed guesses are borne of one subject: a secret, a user, an address, or all of them together.
type Limit struct {
	// CounterKey is a hash of what is counted, 32 bytes.
	CounterKey string
	Max        int
	// SlidingWindow lets the window begin anew with each failure that is counted, so that no AttemptWindow whatever holds more than Most
	// of them. Without it a window begins with the first failure, so that two of them on end may hold twice as many; but whoever
	// fails now and then, as everybody does, is not held up for ever.
	SlidingWindow bool
}

// Attempt is one try at a secret, and how it ended. Whether that may be told is what its budgets decide.
type Attempt struct {
	Limits []Limit
	Failed bool
}

// Attempts are the tries of one call, in its order.
type Attempts struct {
	List []Attempt
	// MaxFailed bounds how many of them may fail or be refused; all that come after those are refused. 0 means no bound.
	MaxFailed int
	At        time.Time
}

// Failures are those counted of one subject, in a window that ends at Until.
type Failures struct {
	Count int
	Until time.Time
}

// Counters is what has been counted, by subject.
type Counters map[string]Failures

// LockedUntil is when the last of the guess's budgets that are used up is open again; the zero time if none is.
func (t Counters) LockedUntil(guess Attempt, at time.Time) (until time.Time) {
	for _, budget := range guess.Limits {
		if f := t[budget.CounterKey]; f.Until.After(at) && f.Count >= budget.Max && f.Until.After(until) {
			until = f.Until
		}
	}
	return until
}

// Evaluate goes through the guesses in their order and counts those that failed. A guess whose budget is used up is refused,
// whether it is right or wrong, and is not counted: until is then when it may be tried again, and otherwise the zero time.
// changed are the subjects whose failures have become more.
//
// Within the call a guess that is refused weighs as much as one that failed. Were only wrong ones to weigh, then what became
// of a later guess would tell whether a refused one had been right.
func (t Counters) Evaluate(guesses Attempts) (until []time.Time, changed map[string]bool) {
	until, changed = make([]time.Time, len(guesses.List)), make(map[string]bool)
	failed := 0
	for i, guess := range guesses.List {
		if guesses.MaxFailed > 0 && failed >= guesses.MaxFailed {
			until[i] = guesses.At
			continue
		}
		if until[i] = t.LockedUntil(guess, guesses.At); !until[i].IsZero() {
			failed++
			continue
		}
		if !guess.Failed {
			continue
		}
		failed++
		for _, budget := range guess.Limits {
			f := t[budget.CounterKey]
			end := guesses.At.Add(LockoutWindow)
			if !f.Until.After(guesses.At) {
				f = Failures{Until: end}
			} else if budget.SlidingWindow && end.After(f.Until) { // another server's clock may be ahead of ours
				f.Until = end
			}
			f.Count++
			t[budget.CounterKey], changed[budget.CounterKey] = f, true
		}
	}
	return until, changed
}
