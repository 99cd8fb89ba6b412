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

// Closed tells which of the guesses would be refused now, whatever they are. It counts nothing and waits for nobody.
func (s *Store) Closed(ctx context.Context, guesses models.Guesses) ([]time.Time, error) {
	tally, err := s.tally(ctx, s.reader(), subjectsOf(guesses.List), "")
	until := make([]time.Time, len(guesses.List))
	for i, guess := range guesses.List {
		until[i] = tally.Closed(guess, guesses.At)
	}
	return until, s.dialect.classify(err, false)
}

var errNothingCounted = errors.New("nothing has been counted")

// Attempt puts guesses at one secret into one order, by the locks of its rows, and judges each by those before it. A wrong one and
// a right one both queue for the same locks with their first statement; if right ones only looked, they would pass by the
// wrong ones that wait for a COMMIT.
//
// A look without locks comes first: what is used up stays so until its window ends. Hence a guess that is refused for that
// takes the same way whether it is right or wrong, and a flood of guesses that are refused locks nothing.
func (s *Store) Attempt(ctx context.Context, guesses models.Guesses) (until []time.Time, err error) {
	seen, err := s.tally(ctx, s.reader(), subjectsOf(guesses.List), "")
	if err != nil {
		return nil, s.dialect.classify(err, false)
	}
	open, failed := stillOpen(guesses, seen)
	if len(open) == 0 {
		until, _ = seen.Judge(guesses)
		return until, nil
	}
	err = s.transaction(ctx, func(ctx context.Context, tx *sql.Tx) error {
		if len(failed) > 0 {
			// A row that is not there cannot be locked.
			if err := s.keep(ctx, tx, models.Tally{}, subjectsOf(failed), []string{"subject"}); err != nil {
				return err
			}
		}
		locked, err := s.tally(ctx, tx, subjectsOf(open), s.dialect.forUpdate())
		if err != nil {
			return err
		}
		tally := maps.Clone(seen)
		for _, subject := range subjectsOf(open) {
			tally[subject] = locked[subject]
		}
		var changed map[string]bool
		if until, changed = tally.Judge(guesses); len(changed) == 0 && len(failed) > 0 {
			return errNothingCounted
		}
		return s.keep(ctx, tx, tally, slices.Sorted(maps.Keys(changed)), []string{"failures", "ends_at"})
	})
	switch {
	case errors.Is(err, errNothingCounted):
		return until, nil
	case errors.Is(err, models.ErrUnknown):
		// Counting twice is the lesser evil, and nothing else was written.
		return nil, errors.Join(models.ErrRerun, errors.New("whether failed attempts were counted is unknown"))
	case err != nil:
		return nil, err
	}
	return until, nil
}

// stillOpen is the guesses that may yet be answered by what they are, and those of them that failed. What stands behind as many
// failed ones as a call may have is refused in any case.
func stillOpen(guesses models.Guesses, seen models.Tally) (open, failed []models.Guess) {
	for _, guess := range guesses.List {
		if guesses.MostFailed > 0 && len(failed) >= guesses.MostFailed {
			break
		}
		if seen.Closed(guess, guesses.At).IsZero() {
			if open = append(open, guess); guess.Failed {
				failed = append(failed, guess)
			}
		}
	}
	return open, failed
}

// subjectsOf is everything that the guesses count for, in the order in which everybody locks it.
func subjectsOf(guesses []models.Guess) []string {
	var subjects []string
	for _, guess := range guesses {
		for _, budget := range guess.Budgets {
			subjects = append(subjects, budget.Subject)
		}
	}
	slices.Sort(subjects)
	return slices.Compact(subjects)
}

func (s *Store) tally(ctx context.Context, of querier, subjects []string, lock string) (models.Tally, error) {
	if len(subjects) == 0 {
		return models.Tally{}, nil
	}
	values := make([]any, len(subjects))
	for i, subject := range subjects {
		values[i] = []byte(subject)
	}
	tally := make(models.Tally)
	err := inParts(len(values), func(from, to int) error {
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

// keep writes the tally of the subjects; where there is a row already, the given columns of it.
func (s *Store) keep(ctx context.Context, tx *sql.Tx, tally models.Tally, subjects, columns []string) error {
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
