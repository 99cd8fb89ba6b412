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

// LockedUntil returns for each attempt until when it is locked out, whether or not it is correct; the
// zero time if it is not. It counts nothing and waits for no lock.
func (s *Store) LockedUntil(ctx context.Context, attempts models.Attempts) ([]time.Time, error) {
	counters, err := s.counters(ctx, s.reader(), subjectsOf(attempts.List), "")
	until := make([]time.Time, len(attempts.List))
	for i, attempt := range attempts.List {
		until[i] = counters.LockedUntil(attempt, attempts.At)
	}
	return until, s.dialect.classify(err, false)
}

var errNoChange = errors.New("no counter has changed")

// CountAttempts serialises the attempts at one secret by locking its counters, evaluates each attempt
// after those before it, and counts the failures. Correct and wrong attempts wait for the same locks with
// their first statement. If correct ones only read, they would overtake wrong ones that wait for a
// COMMIT.
//
// A read without locks comes first. A limit that is reached stays reached until its window ends. So a
// locked-out attempt takes the same path whether it is correct or wrong, and a flood of such attempts
// locks nothing.
func (s *Store) CountAttempts(
	ctx context.Context, attempts models.Attempts,
) (until []time.Time, err error) {
	seen, err := s.counters(ctx, s.reader(), subjectsOf(attempts.List), "")
	if err != nil {
		return nil, s.dialect.classify(err, false)
	}
	open, failed := withinLimits(attempts, seen)
	if len(open) == 0 {
		until, _ = seen.Evaluate(attempts)
		return until, nil
	}
	err = s.transaction(ctx, func(ctx context.Context, tx *sql.Tx) error {
		if len(failed) > 0 {
			// A row that does not exist cannot be locked.
			err := s.saveCounters(ctx, tx, models.Counters{}, subjectsOf(failed), []string{"subject"})
			if err != nil {
				return err
			}
		}
		locked, err := s.counters(ctx, tx, subjectsOf(open), s.dialect.forUpdate())
		if err != nil {
			return err
		}
		counters := maps.Clone(seen)
		for _, subject := range subjectsOf(open) {
			counters[subject] = locked[subject]
		}
		var changed map[string]bool
		if until, changed = counters.Evaluate(attempts); len(changed) == 0 && len(failed) > 0 {
			return errNoChange
		}
		subjects := slices.Sorted(maps.Keys(changed))
		return s.saveCounters(ctx, tx, counters, subjects, []string{"failures", "ends_at"})
	})
	switch {
	case errors.Is(err, errNoChange):
		return until, nil
	case errors.Is(err, models.ErrCommitUnknown):
		// Nothing else was written, and counting a failure twice is better than not counting it.
		return nil, errors.Join(models.ErrAborted, errors.New("whether failed attempts were counted is unknown"))
	case err != nil:
		return nil, err
	}
	return until, nil
}

// withinLimits returns the attempts that no counter locks out, and those of them that failed. It leaves
// out all attempts after the highest number of failures that a call may have.
func withinLimits(attempts models.Attempts, seen models.Counters) (open, failed []models.Attempt) {
	for _, attempt := range attempts.List {
		if attempts.MaxFailed > 0 && len(failed) >= attempts.MaxFailed {
			break
		}
		if seen.LockedUntil(attempt, attempts.At).IsZero() {
			if open = append(open, attempt); attempt.Failed {
				failed = append(failed, attempt)
			}
		}
	}
	return open, failed
}

// subjectsOf returns the keys of all counters of the attempts, in the order in which every transaction
// locks them.
func subjectsOf(attempts []models.Attempt) []string {
	var subjects []string
	for _, attempt := range attempts {
		for _, limit := range attempt.Limits {
			subjects = append(subjects, limit.CounterKey)
		}
	}
	slices.Sort(subjects)
	return slices.Compact(subjects)
}

// counters reads the counters of the subjects. lock is empty or dialect.forUpdate.
func (s *Store) counters(
	ctx context.Context, from querier, subjects []string, lock string,
) (models.Counters, error) {
	if len(subjects) == 0 {
		return models.Counters{}, nil
	}
	values := make([]any, len(subjects))
	for i, subject := range subjects {
		values[i] = []byte(subject)
	}
	counters := make(models.Counters)
	err := splitStatement(s.dialect, len(values), func(start, end int) error {
		rows, err := from.QueryContext(ctx, "SELECT subject, failures, ends_at FROM failed_attempts "+
			"WHERE subject IN ("+placeholders(end-start)+") ORDER BY subject"+lock, values[start:end]...)
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
			counters[string(subject)] = failures
		}
		return rows.Err()
	})
	return counters, err
}

// saveCounters writes the counters of the subjects. It updates only the given columns of rows that exist.
func (s *Store) saveCounters(
	ctx context.Context, tx *sql.Tx, counters models.Counters, subjects, columns []string,
) error {
	values := make([]any, 0, 3*len(subjects))
	for _, subject := range subjects {
		failures := counters[subject]
		if failures.Until.IsZero() {
			failures.Until = time.Unix(0, 0).UTC()
		}
		values = append(values, []byte(subject), failures.Count, failures.Until)
	}
	const into = "INSERT INTO failed_attempts (subject, failures, ends_at) VALUES "
	return s.insert(ctx, tx, into, s.dialect.upsert("subject", columns), 3, values)
}
