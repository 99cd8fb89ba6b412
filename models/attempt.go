package models

import "time"

// AttemptWindow is how long a failed guess is held against those it counts for.
const AttemptWindow = 15 * time.Minute

// Budget is how many failed guesses are borne of one subject: a secret, a user, an address, or all of them together.
type Budget struct {
	// Subject is a hash of what is counted, 32 bytes.
	Subject string
	Most    int
	// Rolling lets the window begin anew with each failure that is counted, so that no AttemptWindow whatever holds more than Most
	// of them. Without it a window begins with the first failure, so that two of them on end may hold twice as many; but whoever
	// fails now and then, as everybody does, is not held up for ever.
	Rolling bool
}

// Guess is one try at a secret, and how it ended. Whether that may be told is what its budgets decide.
type Guess struct {
	Budgets []Budget
	Failed  bool
}

// Guesses are the tries of one call, in its order.
type Guesses struct {
	List []Guess
	// MostFailed bounds how many of them may fail or be refused; all that come after those are refused. 0 means no bound.
	MostFailed int
	At         time.Time
}

// Failures are those counted of one subject, in a window that ends at Until.
type Failures struct {
	Count int
	Until time.Time
}

// Tally is what has been counted, by subject.
type Tally map[string]Failures

// Closed is when the last of the guess's budgets that are used up is open again; the zero time if none is.
func (t Tally) Closed(guess Guess, at time.Time) (until time.Time) {
	for _, budget := range guess.Budgets {
		if f := t[budget.Subject]; f.Until.After(at) && f.Count >= budget.Most && f.Until.After(until) {
			until = f.Until
		}
	}
	return until
}

// Judge goes through the guesses in their order and counts those that failed. A guess whose budget is used up is refused,
// whether it is right or wrong, and is not counted: until is then when it may be tried again, and otherwise the zero time.
// changed are the subjects whose failures have become more.
//
// Within the call a guess that is refused weighs as much as one that failed. Were only wrong ones to weigh, then what became
// of a later guess would tell whether a refused one had been right.
func (t Tally) Judge(guesses Guesses) (until []time.Time, changed map[string]bool) {
	until, changed = make([]time.Time, len(guesses.List)), make(map[string]bool)
	failed := 0
	for i, guess := range guesses.List {
		if guesses.MostFailed > 0 && failed >= guesses.MostFailed {
			until[i] = guesses.At
			continue
		}
		if until[i] = t.Closed(guess, guesses.At); !until[i].IsZero() {
			failed++
			continue
		}
		if !guess.Failed {
			continue
		}
		failed++
		for _, budget := range guess.Budgets {
			f := t[budget.Subject]
			end := guesses.At.Add(AttemptWindow)
			if !f.Until.After(guesses.At) {
				f = Failures{Until: end}
			} else if budget.Rolling && end.After(f.Until) { // another server's clock may be ahead of ours
				f.Until = end
			}
			f.Count++
			t[budget.Subject], changed[budget.Subject] = f, true
		}
	}
	return until, changed
}
