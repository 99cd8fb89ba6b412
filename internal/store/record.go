package store

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"customer-events/models"
)

// commitTimeout bounds one transaction. Its context is cut from the caller's: the caller's going away must not cancel a
// COMMIT, because nobody would then know how it ended.
const commitTimeout = 60 * time.Second

// recordOne writes an entry in a transaction of its own. The unique keys of the tables decide what is new: on the events'
// ids, on their external references, on the remembered calls and the requests of each.
func (s *Store) recordOne(ctx context.Context, entry models.WriteSet) error {
	err := s.transaction(ctx, func(ctx context.Context, tx *sql.Tx) error { return s.writeAll(ctx, tx, []models.WriteSet{entry}) })
	switch {
	case errors.Is(err, models.ErrConflict) && len(entry.Events) > 0:
		// A key was taken. If it was by this very entry, then an earlier COMMIT, whose answer was lost, had succeeded. The
		// conflict itself has waited for that COMMIT to end, so that looking is safe now.
		switch read := readNumbers(context.WithoutCancel(ctx), s.writer(), entry.Events); {
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

// transaction runs a function in one transaction. Any error drops the transaction as a whole: after a deadlock InnoDB has
// already done so, savepoints and all, and the connection would go on in autocommit.
func (s *Store) transaction(ctx context.Context, run func(context.Context, *sql.Tx) error) (err error) {
	if err := s.writable(); err != nil {
		return err
	}
	defer func() { s.lastWriteError.note(err) }()
	detached, cancel := context.WithTimeout(context.WithoutCancel(ctx), commitTimeout)
	defer cancel()
	tx, err := s.writer().BeginTx(detached, &sql.TxOptions{Isolation: s.dialect.isolation()})
	if err != nil {
		return s.dialect.classify(err, false)
	}
	if err = run(detached, tx); err == nil {
		err = ctx.Err()
	}
	if err != nil {
		_ = tx.Rollback() // the error at hand says more, and a connection that cannot roll back is closed by the pool
		return s.dialect.classify(err, false)
	}
	return s.dialect.classify(tx.Commit(), true)
}

// writeAll writes entries into a transaction: their calls, all their events at once, and what each call became.
func (s *Store) writeAll(ctx context.Context, tx *sql.Tx, entries []models.WriteSet) (err error) {
	callKeys := make([]int64, len(entries))
	var events []*models.WebCustomerEvent
	for i, entry := range entries {
		// First of all, so that a twin waits here and not in the middle of its work.
		if callKeys[i], err = s.claimKey(ctx, tx, entry); err != nil {
			return err
		}
		if events == nil {
			events = entry.Events
		} else {
			events = append(events[:len(events):len(events)], entry.Events...)
		}
	}
	if len(entries) > 1 {
		// In the order of their ids, as those of one entry are.
		slices.SortFunc(events, func(a, b *models.WebCustomerEvent) int { return bytes.Compare(a.ID[:], b.ID[:]) })
	}
	if len(events) > 0 {
		if err := s.dialect.insertEvents(ctx, tx, events); err != nil {
			return err
		}
	}
	for i, entry := range entries {
		if err := s.recordKeyEvents(ctx, tx, entry, callKeys[i]); err != nil {
			return err
		}
		if err := s.useTokens(ctx, tx, entry); err != nil {
			return err
		}
	}
	return nil
}

// claimKey remembers an entry's call, if it has one that is not remembered yet, or renews it, and returns its
// key.
func (s *Store) claimKey(ctx context.Context, tx *sql.Tx, entry models.WriteSet) (int64, error) {
	if entry.Key == nil {
		return 0, nil
	}
	if entry.RecordKey != 0 {
		return entry.RecordKey, s.renew(ctx, tx, entry)
	}
	result, err := tx.ExecContext(ctx, "INSERT INTO idempotent_calls (user_key, key_hash, fingerprint, created_at) VALUES (?, ?, ?, ?)",
		entry.Key.UserKey, entry.Key.KeyHash, entry.Key.Fingerprint, entry.At)
	if err != nil {
		return 0, s.dialect.classifyClaim(err)
	}
	return result.LastInsertId()
}

// renew lets the retention time of a remembered call begin again. created_at is the time that decides:
// despite its name, which is that of the first version, it is when the call was last recorded or renewed. It
// never goes back, since another server's clock may be behind.
//
// The update locks the call, so that one of several calls with the same key that add to it goes after the
// other, and a purge goes before or after them all: if the purge was first, the call starts over.
func (s *Store) renew(ctx context.Context, tx *sql.Tx, entry models.WriteSet) error {
	result, err := tx.ExecContext(ctx, "UPDATE idempotent_calls "+
		"SET created_at = CASE WHEN created_at < ? THEN ? ELSE created_at END WHERE call_key = ?",
		entry.At, entry.At, entry.RecordKey)
	if err != nil {
		return s.dialect.classifyClaim(err)
	}
	if found, err := result.RowsAffected(); err != nil || found == 0 {
		return errors.Join(models.ErrConflict, err)
	}
	return nil
}

// recordKeyEvents keeps which event each request of a call became.
func (s *Store) recordKeyEvents(ctx context.Context, tx *sql.Tx, entry models.WriteSet, callKey int64) error {
	if entry.Key == nil {
		return nil
	}
	values := make([]any, 0, 3*(len(entry.Events)+len(entry.Replays)))
	for i, event := range entry.Events {
		values = append(values, callKey, entry.RequestHashes[i], event.Number)
	}
	for _, replay := range entry.Replays {
		values = append(values, callKey, replay.RequestHash, replay.Event.Number)
	}
	return s.insert(ctx, tx, "INSERT INTO idempotent_call_events (call_key, request_hash, number) VALUES ", "", 3, values)
}

// useTokens marks one-time passwords as used up. If one of them was spent since it was looked up, the call starts over.
func (s *Store) useTokens(ctx context.Context, tx *sql.Tx, entry models.WriteSet) error {
	if len(entry.UsedTokens) == 0 {
		return nil
	}
	values := []any{entry.At}
	for _, key := range entry.UsedTokens {
		values = append(values, key)
	}
	result, err := tx.ExecContext(ctx, "UPDATE access_tokens SET one_time_password_spent_at = ? WHERE one_time_password_spent_at IS NULL AND access_token_key IN ("+
		placeholders(len(entry.UsedTokens))+")", values...)
	if err != nil {
		return err
	}
	if spent, err := result.RowsAffected(); err != nil || spent != int64(len(entry.UsedTokens)) {
		return errors.Join(models.ErrConflict, err)
	}
	return nil
}

var errNotRecorded = errors.New("the events are not there")

// querier is a transaction or a pool.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// anyOf is the condition that a column has one of n values. A list of a thousand values is a table to
// MariaDB, which it fills and joins (in_predicate_conversion_threshold); shorter ones are places in the
// index, however many of them stand side by side.
func anyOf(column string, n int) string {
	const most = 500
	var conditions []string
	for ; n > most; n -= most {
		conditions = append(conditions, column+" IN ("+placeholders(most)+")")
	}
	return strings.Join(append(conditions, column+" IN ("+placeholders(n)+")"), " OR ")
}

// readNumbers sets the numbers that the database gave the events, whose ids ascend. They are read back by
// id: counting up from the last insert id is wrong wherever the increment is not 1 (Galera, group
// replication). The ids themselves are asked for and not their range: one id may be half a minute older than
// the next, and in between lies all that every server has written since. Only the ids of a large call, which
// were made within milliseconds, are read as a range: for a thousand of them that saves 1.5 ms of 44
// (bench/README.md).
func readNumbers(ctx context.Context, from querier, events []*models.WebCustomerEvent) error {
	ids := make([]any, len(events))
	for i, event := range events {
		ids[i] = event.ID[:]
	}
	return splitOnPacketTooLarge(len(ids), func(first, end int) error {
		condition, values := anyOf("id", end-first), ids[first:end]
		if end-first >= 100 && events[end-1].ID.Milliseconds()-events[first].ID.Milliseconds() <= 5 {
			condition, values = "id BETWEEN ? AND ?", []any{ids[first], ids[end-1]}
		}
		rows, err := from.QueryContext(ctx, "SELECT id, number FROM web_customer_events WHERE "+
			condition+" ORDER BY id", values...)
		if err != nil {
			return err
		}
		defer rows.Close()
		next := first
		for rows.Next() && next < end {
			var raw sql.RawBytes
			var number int64
			if err := rows.Scan(&raw, &number); err != nil {
				return err
			}
			switch bytes.Compare(raw, events[next].ID[:]) {
			case 0:
				events[next].Number = number
				next++
			case 1: // the event's own row would have come before
				return errNotRecorded
			}
		}
		if err := rows.Err(); err != nil {
			return err
		}
		if next < end {
			return errNotRecorded
		}
		return nil
	})
}

// findRejectedRow finds the event that the database refuses, by halving: none of it is kept, since each probe is rolled back. Our own
// checks should have refused the event before, so this is rare and need not be fast.
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
