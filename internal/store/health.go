package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"customer-events/models"
)

// A refusal to write makes the database unready for refusalCounts, and after that until a write of the
// readiness check has succeeded. If calls are refused nevertheless (the disk has room for the check's row
// and not for theirs), each time counts twice as long as the one before, up to mostRefusalCounts, so that
// readiness does not alternate.
const (
	writeErrorTTL     = 3 * time.Second
	mostRefusalCounts = time.Minute
)

// writeErrors is the last time that the database did not let us write, unless a call's transaction has been
// committed since.
type writeErrors struct {
	last atomic.Pointer[writeError]
	// changed tells that the result of the last check may not be true any more.
	changed atomic.Bool
}

type writeError struct {
	at     time.Time
	cause  error
	counts time.Duration
	// written is set once the readiness check has written.
	written bool
}

// note takes notice of how a transaction has ended.
func (r *writeErrors) note(err error) {
	switch {
	case errors.Is(err, models.ErrUnavailable), errors.Is(err, models.ErrCommitUnknown),
		errors.Is(err, driver.ErrBadConn): // what a server that is read-only comes to, so that the next try meets another
		next := &writeError{at: time.Now(), cause: err, counts: writeErrorTTL}
		if last := r.last.Load(); last != nil {
			next.counts = last.counts
			if last.written {
				next.counts = min(2*last.counts, mostRefusalCounts)
			}
		}
		r.last.Store(next)
		r.changed.Store(true)
	case err == nil && r.last.Load() != nil:
		r.last.Store(nil)
		r.changed.Store(true)
	}
}

// checkLasts is how long the result of a check is used again: /readyz is open to everybody, and must not
// keep the database busy.
const checkLasts = 500 * time.Millisecond

// checkTimeout limits one check.
const checkTimeout = time.Second

// checks makes one check at a time and keeps its result.
type checks struct {
	running chan struct{}
	at      time.Time
	err     error
}

func newChecks() checks { return checks{running: make(chan struct{}, 1)} }

// Ready reports why the database takes no events at present; nil if it does. It takes a second at most. It
// reads a table, because a node of a cluster without quorum answers SELECT 1, and it finds out whether the
// server writes (it may be read-only, or its disk full).
func (s *Store) Ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	c := &s.checks
	select {
	case c.running <- struct{}{}:
		defer func() { <-c.running }()
	case <-ctx.Done():
		return fmt.Errorf("the readiness check does not end: %w", ctx.Err())
	}
	if changed := s.lastWriteError.changed.Swap(false); changed || time.Since(c.at) >= checkLasts {
		c.err = s.check(context.WithoutCancel(ctx))
		c.at = time.Now()
	}
	if err := s.writable(); err != nil {
		return err
	}
	return c.err
}

func (s *Store) check(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	conn, err := s.pools.readiness.Conn(ctx)
	if err != nil {
		return fmt.Errorf("the database does not answer: %w", err)
	}
	defer conn.Close()
	err = s.checkOver(ctx, conn)
	if err != nil {
		// The next check connects again: behind one address there may be another server by then.
		_ = conn.Raw(func(any) error { return driver.ErrBadConn })
	}
	return err
}

func (s *Store) checkOver(ctx context.Context, conn *sql.Conn) error {
	var number int64
	err := conn.QueryRowContext(ctx, "SELECT number FROM web_customer_events LIMIT 1").Scan(&number)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("the database does not answer: %w", s.dialect.classify(err, false))
	}
	last := s.lastWriteError.last.Load()
	if last != nil && time.Since(last.at) < last.counts {
		return fmt.Errorf("the database does not write: %w", last.cause)
	}
	if err := s.writable(); err != nil {
		return err
	}
	commit := last != nil && !last.written
	if err := s.tryWriting(ctx, conn, commit); err != nil {
		return fmt.Errorf("the database does not write: %w", s.dialect.classify(err, commit))
	}
	if commit {
		written := *last
		written.written = true
		s.lastWriteError.last.CompareAndSwap(last, &written)
	}
	return nil
}

// tryWriting reports whether the database writes. It deletes a row that is not there, which a server that
// is read-only refuses, and rolls back, so that nothing gets into the binary log. With commit it writes a
// row and deletes it again, in one transaction.
func (s *Store) tryWriting(ctx context.Context, conn *sql.Conn, commit bool) error {
	subject := make([]byte, 32)
	_, _ = rand.Read(subject)
	tx, err := conn.BeginTx(ctx, &sql.TxOptions{Isolation: s.dialect.isolation()})
	if err != nil {
		if s.dialect.isWriterBusy(err) && !commit {
			return nil // somebody else is writing, so that the file can be written
		}
		return err
	}
	defer func() { _ = tx.Rollback() }() // after COMMIT it does nothing
	if commit {
		_, err = tx.ExecContext(ctx, "INSERT INTO failed_attempts (subject, failures, ends_at) VALUES (?, 0, ?)",
			subject, time.Unix(0, 0).UTC())
		if err != nil {
			return err
		}
	}
	_, err = tx.ExecContext(ctx, "DELETE FROM failed_attempts WHERE subject = ?", subject)
	if err != nil || !commit {
		return err
	}
	return tx.Commit()
}
