package store

import (
	"context"
	"database/sql"
	"errors"
	"maps"
	"slices"
	"time"

	"customer-events/models"
)

// LockedUntil tells which of the guesses would be refused now, whatever they are. It counts nothing and waits for nobody.
func (s *Store) LockedUntil(ctx context.Context, guesses models.Attempts) ([]time.Time, error) {
	tally, err := s.counters(ctx, s.reader(), subjectsOf(guesses.List), "")
	until := make([]time.Time, len(guesses.List))
	for i, guess := range guesses.List {
		until[i] = tally.LockedUntil(guess, guesses.At)
	}
	return until, s.dialect.classify(err, false)
}

var errNoChange = errors.New("nothing has been counted")

// CountAttempts puts guesses at one secret into one order, by the locks of its rows, and judges each by those before it. A wrong one and
// a right one both queue for the same locks with their first statement; if right ones only looked, they would pass by the
// wrong ones that wait for a COMMIT.
//
// A look without locks comes first: what is used up stays so until its window ends. Hence a guess that is refused for that
// takes the same way whether it is right or wrong, and a flood of guesses that are refused locks nothing.
func (s *Store) CountAttempts(ctx context.Context, guesses models.Attempts) (until []time.Time, err error) {
	seen, err := s.counters(ctx, s.reader(), subjectsOf(guesses.List), "")
	if err != nil {
		return nil, s.dialect.classify(err, false)
	}
	open, failed := withinLimits(guesses, seen)
	if len(open) == 0 {
		until, _ = seen.Evaluate(guesses)
		return until, nil
	}
	err = s.transaction(ctx, func(ctx context.Context, tx *sql.Tx) error {
		if len(failed) > 0 {
			// A row that is not there cannot be locked.
			if err := s.saveCounters(ctx, tx, models.Counters{}, subjectsOf(failed), []string{"subject"}); err != nil {
				return err
			}
		}
		locked, err := s.counters(ctx, tx, subjectsOf(open), s.dialect.forUpdate())
		if err != nil {
			return err
		}
		tally := maps.Clone(seen)
		for _, subject := range subjectsOf(open) {
			tally[subject] = locked[subject]
		}
		var changed map[string]bool
		if until, changed = tally.Evaluate(guesses); len(changed) == 0 && len(failed) > 0 {
			return errNoChange
		}
		return s.saveCounters(ctx, tx, tally, slices.Sorted(maps.Keys(changed)), []string{"failures", "ends_at"})
	})
	switch {
	case errors.Is(err, errNoChange):
		return until, nil
	case errors.Is(err, models.ErrCommitUnknown):
		// Counting twice is the lesser evil, and nothing else was written.
		return nil, errors.Join(models.ErrAborted, errors.New("whether failed attempts were counted is unknown"))
	case err != nil:
		return nil, err
	}
	return until, nil
}

// withinLimits is the guesses that may yet be answered by what they are, and those of them that failed. What stands behind as many
// failed ones as a call may have is refused in any case.
func withinLimits(guesses models.Attempts, seen models.Counters) (open, failed []models.Attempt) {
	for _, guess := range guesses.List {
		if guesses.MaxFailed > 0 && len(failed) >= guesses.MaxFailed {
			break
		}
		if seen.LockedUntil(guess, guesses.At).IsZero() {
			if open = append(open, guess); guess.Failed {
				failed = append(failed, guess)
			}
		}
	}
	return open, failed
}

// subjectsOf is everything that the guesses count for, in the order in which everybody locks it.
func subjectsOf(guesses []models.Attempt) []string {
	var subjects []string
	for _, guess := range guesses {
		for _, budget := range guess.Limits {
			subjects = append(subjects, budget.CounterKey)
		}
	}
	slices.Sort(subjects)
	return slices.Compact(subjects)
}

func (s *Store) counters(ctx context.Context, of querier, subjects []string, lock string) (models.Counters, error) {
	if len(subjects) == 0 {
		return models.Counters{}, nil
	}
	values := make([]any, len(subjects))
	for i, subject := range subjects {
		values[i] = []byte(subject)
	}
	tally := make(models.Counters)
	err := splitStatement(s.dialect, len(values), func(from, to int) error {
		rows, err := of.QueryContext(ctx, "SELECT subject, failures, ends_at FROM failed_attempts WHERE subject IN ("+placeholders(to-from)+") ORDER BY subject"+lock, values[from:to]...)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var subject []byte
			var failures models.Failures
			if err := rows.Scan(&subject, &failures.Count, &failures.Until); err != nil {
				return err
			}
			tally[string(subject)] = failures
		}
		return rows.Err()
	})
	return tally, err
}

// saveCounters writes the tally of the subjects; where there is a row already, the given columns of it.
func (s *Store) saveCounters(ctx context.Context, tx *sql.Tx, tally models.Counters, subjects, columns []string) error {
	values := make([]any, 0, 3*len(subjects))
	for _, subject := range subjects {
		failures := tally[subject]
		if failures.Until.IsZero() {
			failures.Until = time.Unix(0, 0).UTC()
		}
		values = append(values, []byte(subject), failures.Count, failures.Until)
	}
	return s.insert(ctx, tx, "INSERT INTO failed_attempts (subject, failures, ends_at) VALUES ", s.dialect.upsert("subject", columns), 3, values)
}
