package store

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"customer-events/models"
)

// Record writes a set, alone or in a pass with other small ones (see passQueue).
func (s *Store) Record(ctx context.Context, set models.WriteSet) error {
	if len(set.Events) > maxSmallSet && !s.dialect.hasOneWriter() {
		return s.recordOne(ctx, set)
	}
	err := s.join(ctx, newMember(nil, set))
	if errors.Is(err, errRolledBack) {
		return s.recordOne(ctx, set)
	}
	return err
}

// recordOne writes a set alone. Unique keys decide what is new: the events' ids, their external references,
// the idempotency keys of each user, and the request hashes of each key.
func (s *Store) recordOne(ctx context.Context, set models.WriteSet) error {
	err := s.writeSets(ctx, []models.WriteSet{set})
	switch {
	case errors.Is(err, models.ErrConflict) && len(set.Events) > 0:
		// A key exists already. If this same set holds it, an earlier write has succeeded whose result was
		// lost. The conflicting statement has waited for that write to end, so that reading is safe now.
		switch read := readNumbers(context.WithoutCancel(ctx), s.dialect, s.writer(), set.Events); {
		case read == nil:
			return nil
		case !errors.Is(read, errNotRecorded):
			return fmt.Errorf("%w: %w", models.ErrCommitUnknown, read)
		}
	case err != nil && s.dialect.isRowError(err):
		return s.findRejectedRow(ctx, set, err)
	}
	return err
}

// writeSets writes sets at once: all or none of them.
func (s *Store) writeSets(ctx context.Context, sets []models.WriteSet) error {
	if needsNoTransaction(sets) {
		done := false
		err := s.runWrite(ctx, func(ctx context.Context) (err error) {
			// In a shared statement a lock that one call needs would stop all calls.
			done, err = s.dialect.insertAlone(ctx, s.writer(), inOrder(sets), len(sets) > 1)
			return err
		})
		if done || err != nil {
			return err
		}
	}
	return s.transaction(ctx, func(ctx context.Context, tx *sql.Tx) error {
		return s.writeAll(ctx, tx, sets)
	})
}

// needsNoTransaction reports whether the sets have nothing but events. One INSERT can then write them: a
// statement alone is a transaction.
func needsNoTransaction(sets []models.WriteSet) bool {
	for _, set := range sets {
		if set.Key != nil || len(set.UsedTokens) > 0 || len(set.Events) == 0 {
			return false
		}
	}
	return true
}

// inOrder returns the events of all sets in the order of their ids, which readNumbers needs.
func inOrder(sets []models.WriteSet) []*models.WebCustomerEvent {
	if len(sets) == 1 {
		return sets[0].Events
	}
	var events []*models.WebCustomerEvent
	for _, set := range sets {
		events = append(events, set.Events...)
	}
	slices.SortFunc(events, func(a, b *models.WebCustomerEvent) int { return bytes.Compare(a.ID[:], b.ID[:]) })
	return events
}

// writeAll writes entries in a transaction: first their idempotency keys, then the events of all of them,
// then the events of each key and the used one-time passwords.
func (s *Store) writeAll(ctx context.Context, tx *sql.Tx, entries []models.WriteSet) (err error) {
	recordKeys := make([]int64, len(entries))
	for i, entry := range entries {
		// The key comes first, so that another call with the same key waits here and not in the middle of
		// its work.
		if recordKeys[i], err = s.claimKey(ctx, tx, entry); err != nil {
			return err
		}
	}
	if events := inOrder(entries); len(events) > 0 {
		if err := s.dialect.insertEvents(ctx, tx, events); err != nil {
			return err
		}
	}
	for i, entry := range entries {
		if err := s.recordKeyEvents(ctx, tx, entry, recordKeys[i]); err != nil {
			return err
		}
		if err := s.useTokens(ctx, tx, entry); err != nil {
			return err
		}
	}
	return nil
}

// useTokens marks the entry's one-time passwords as used. It returns models.ErrConflict if another call
// has used one of them since it was looked up.
func (s *Store) useTokens(ctx context.Context, tx *sql.Tx, entry models.WriteSet) error {
	if len(entry.UsedTokens) == 0 {
		return nil
	}
	values := []any{entry.At}
	for _, key := range entry.UsedTokens {
		values = append(values, key)
	}
	result, err := tx.ExecContext(ctx, "UPDATE access_tokens SET one_time_password_spent_at = ? "+
		"WHERE one_time_password_spent_at IS NULL "+
		"AND access_token_key IN ("+placeholders(len(entry.UsedTokens))+")", values...)
	if err != nil {
		return err
	}
	if used, err := result.RowsAffected(); err != nil || used != int64(len(entry.UsedTokens)) {
		return errors.Join(models.ErrConflict, err)
	}
	return nil
}

// findRejectedRow finds the event that the database rejects, by bisection. Each probe is rolled back.
// This is rare and need not be fast: the checks of package events should have rejected the event before.
func (s *Store) findRejectedRow(ctx context.Context, entry models.WriteSet, cause error) error {
	low, high := 0, len(entry.Events)
	errProbed := errors.New("probed")
	for high-low > 1 {
		middle := (low + high) / 2
		err := s.transaction(ctx, func(ctx context.Context, tx *sql.Tx) error {
			if err := s.dialect.insertEvents(ctx, tx, entry.Events[low:middle]); err != nil {
				return err
			}
			return errProbed
		})
		switch {
		case errors.Is(err, errProbed):
			low = middle
		case s.dialect.isRowError(err):
			high = middle
		default:
			return err
		}
	}
	if low == high {
		return cause
	}
	return &models.RowRejectedError{Index: low, Err: cause}
}
