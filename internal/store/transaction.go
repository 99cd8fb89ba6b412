package store

import (
	"context"
	"database/sql"
	"time"
)

// commitTimeout limits one transaction, instead of the caller's context: a caller that disconnects must
// not cancel a COMMIT, whose outcome would then be unknown.
const commitTimeout = 60 * time.Second

// transaction runs a function in one transaction. Any error rolls the whole transaction back. After a
// deadlock InnoDB has done so already, including savepoints, and the connection would continue in
// autocommit.
func (s *Store) transaction(ctx context.Context, run func(context.Context, *sql.Tx) error) error {
	return s.runWrite(ctx, func(detached context.Context) error {
		tx, err := s.writer().BeginTx(detached, nil)
		if err != nil {
			return s.dialect.classify(err, false)
		}
		if err = run(detached, tx); err == nil {
			err = ctx.Err()
		}
		if err != nil {
			// An error of Rollback adds nothing, and the pool closes a connection that cannot roll back.
			_ = tx.Rollback()
			return s.dialect.classify(err, false)
		}
		return s.dialect.classify(tx.Commit(), true)
	})
}

// runWrite runs a function that writes, under a context that the caller's disconnect does not end.
func (s *Store) runWrite(ctx context.Context, run func(context.Context) error) (err error) {
	if err := s.writable(); err != nil {
		return err
	}
	defer func() { s.lastWriteError.note(err) }()
	if err := ctx.Err(); err != nil {
		return err
	}
	detached, cancel := context.WithTimeout(context.WithoutCancel(ctx), commitTimeout)
	defer cancel()
	return run(detached)
}

// querier is a transaction, a connection or a pool.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}
