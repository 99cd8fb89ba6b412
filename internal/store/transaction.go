package store

import (
	"context"
	"database/sql"
	"time"
)

// commitTimeout bounds one transaction. Its context is cut from the caller's: the caller's going away must not cancel a
// COMMIT, because nobody would then know how it ended.
const commitTimeout = 60 * time.Second

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

// querier is a transaction or a pool.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}
