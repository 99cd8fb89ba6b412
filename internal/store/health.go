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

// A failed write makes the database not ready for writeErrorTTL, and after that until a write of the
// readiness check succeeds. Writes of calls may still fail, for example if the disk has space for the
// check's row and not for theirs. Then each failure counts twice as long as the one before, up to
// maxWriteErrorTTL, so that readiness does not alternate.
const (
	writeErrorTTL    = 3 * time.Second
	maxWriteErrorTTL = time.Minute
)

// writeErrors holds the last failed write, unless a transaction has been committed since.
type writeErrors struct {
	last atomic.Pointer[writeError]
	// changed means that the result of the last check may be outdated.
	changed atomic.Bool
}

// writeError is a failed write.
type writeError struct {
	at    time.Time
	cause error
	ttl   time.Duration
	// checkWrote is true once a write of the readiness check has succeeded.
	checkWrote bool
}

// note records the result of a transaction.
func (r *writeErrors) note(err error) {
	switch {
	case errors.Is(err, models.ErrUnavailable), errors.Is(err, models.ErrCommitUnknown),
		// The driver's error for a read-only server (RejectReadOnly), so that the retry reconnects.
		errors.Is(err, driver.ErrBadConn):
		next := &writeError{at: time.Now(), cause: err, ttl: writeErrorTTL}
		if last := r.last.Load(); last != nil {
			next.ttl = last.ttl
			if last.checkWrote {
				next.ttl = min(2*last.ttl, maxWriteErrorTTL)
			}
		}
		r.last.Store(next)
		r.changed.Store(true)
	case err == nil && r.last.Load() != nil:
		r.last.Store(nil)
		r.changed.Store(true)
	}
}

// checkTTL is the time for which Ready returns the result of the last check: anyone may request /readyz,
// and it must not load the database.
const checkTTL = 500 * time.Millisecond

// checkTimeout limits one check.
const checkTimeout = time.Second

// checks runs one check at a time and stores its result.
type checks struct {
	running chan struct{}
	at      time.Time
	err     error
}

func newChecks() checks { return checks{running: make(chan struct{}, 1)} }

// Ready returns the reason why the database cannot record events now; nil if it can. It takes at most a
// second. It reads a table, because a node of a cluster without quorum still answers SELECT 1. It also
// tests a write, because the server may be read-only, or its disk full.
func (s *Store) Ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	c := &s.checks
	select {
	case c.running <- struct{}{}:
		defer func() { <-c.running }()
	case <-ctx.Done():
		return fmt.Errorf("the readiness check has not finished: %w", ctx.Err())
	}
	if changed := s.lastWriteError.changed.Swap(false); changed || time.Since(c.at) >= checkTTL {
		c.err = s.check(context.WithoutCancel(ctx))
		c.at = time.Now()
	}
	if err := s.writable(); err != nil {
		return err
	}
	return c.err
}

// check opens a connection and tests it.
// check opens a connection and tests it.
func (s *Store) check(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	conn, err := s.pools.readiness.Conn(ctx)
	if err != nil {
		return fmt.Errorf("the database does not answer: %w", err)
	}
	defer conn.Close()
	err = s.checkConn(ctx, conn)
	if err != nil {
		// Discard the connection: the next check may reach another server behind the same address.
		_ = conn.Raw(func(any) error { return driver.ErrBadConn })
	}
	return err
}

// checkConn tests a connection.
func (s *Store) checkConn(ctx context.Context, conn *sql.Conn) error {
	var number int64
	err := conn.QueryRowContext(ctx, "SELECT number FROM web_customer_events LIMIT 1").Scan(&number)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("the database does not answer: %w", s.dialect.classify(err, false))
	}
	last := s.lastWriteError.last.Load()
	if last != nil && time.Since(last.at) < last.ttl {
		return fmt.Errorf("the database does not write: %w", last.cause)
	}
	if err := s.writable(); err != nil {
		return err
	}
	commit := last != nil && !last.checkWrote
	if err := s.tryWriting(ctx, conn, commit); err != nil {
		return fmt.Errorf("the database does not write: %w", s.dialect.classify(err, commit))
	}
	if commit {
		updated := *last
		updated.checkWrote = true
		s.lastWriteError.last.CompareAndSwap(last, &updated)
	}
	return nil
}

// tryWriting tests whether the database writes. It deletes a row that does not exist, which a read-only
// server rejects, and rolls back, so that the binary log has no entry. With commit it inserts a row,
// deletes it again, and commits.
func (s *Store) tryWriting(ctx context.Context, conn *sql.Conn, commit bool) error {
	subject := make([]byte, 32)
	_, _ = rand.Read(subject)
	tx, err := conn.BeginTx(ctx, nil)
	if err != nil {
		if s.dialect.isWriterBusy(err) && !commit {
			return nil // another connection is writing, so the file is writable
		}
		return err
	}
	defer func() { _ = tx.Rollback() }() // no effect after COMMIT
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
