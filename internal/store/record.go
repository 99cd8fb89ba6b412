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

// Record writes an entry in a transaction of its own, or in one that it shares with other small entries
// (see groupCommitter).
func (s *Store) Record(ctx context.Context, entry models.WriteSet) error {
	if len(entry.Events) > maxGroupedEntry && s.dialect.parallelGroups() > 1 {
		return s.recordOne(ctx, entry)
	}
	own := &waiter{entry: entry, result: make(chan groupResult, 1)}
	group, err := s.groups.acquire(ctx, own)
	switch {
	case errors.Is(err, errRolledBack):
		return s.recordOne(ctx, entry)
	case err != nil || group == nil:
		return err
	case len(group) == 1:
		defer s.groups.release()
		return s.recordOne(ctx, entry)
	}
	if err := s.commitGroup(context.WithoutCancel(ctx), group); !errors.Is(err, errRolledBack) {
		return err
	}
	return s.recordOne(ctx, entry)
}

// recordOne writes an entry in a transaction of its own. Unique keys decide what is new: the events' ids,
// their external references, the idempotency keys of each user, and the request hashes of each key.
func (s *Store) recordOne(ctx context.Context, entry models.WriteSet) error {
	err := s.transaction(ctx, func(ctx context.Context, tx *sql.Tx) error {
		return s.writeAll(ctx, tx, []models.WriteSet{entry})
	})
	switch {
	case errors.Is(err, models.ErrConflict) && len(entry.Events) > 0:
		// A key exists already. If this same entry holds it, an earlier COMMIT has succeeded whose result
		// was lost. The conflicting statement has waited for that COMMIT to end, so that reading is safe
		// now.
		switch read := readNumbers(context.WithoutCancel(ctx), s.dialect, s.writer(), entry.Events); {
		case read == nil:
			return nil
		case !errors.Is(read, errNotRecorded):
			return fmt.Errorf("%w: %w", models.ErrCommitUnknown, read)
		}
	case err != nil && s.dialect.isRowError(err):
		return s.findRejectedRow(ctx, entry, err)
	}
	return err
}

// writeAll writes entries in a transaction: first their idempotency keys, then the events of all of them,
// then the events of each key and the used one-time passwords.
func (s *Store) writeAll(ctx context.Context, tx *sql.Tx, entries []models.WriteSet) (err error) {
	recordKeys := make([]int64, len(entries))
	var events []*models.WebCustomerEvent
	for i, entry := range entries {
		// The key comes first, so that another call with the same key waits here and not in the middle of
		// its work.
		if recordKeys[i], err = s.claimKey(ctx, tx, entry); err != nil {
			return err
		}
		if events == nil {
			events = entry.Events
		} else {
			events = append(events[:len(events):len(events)], entry.Events...)
		}
	}
	if len(entries) > 1 {
		// readNumbers needs ascending ids, which each entry has by itself.
		slices.SortFunc(events, func(a, b *models.WebCustomerEvent) int { return bytes.Compare(a.ID[:], b.ID[:]) })
	}
	if len(events) > 0 {
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
