package store

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"customer-events/models"
)

// refusalCounts is how long a refusal to write speaks against the database. Then the next call has to find out.
const refusalCounts = 3 * time.Second

// refusal is the last time that the database did not let us write, unless it has done so since.
type refusal struct {
	last atomic.Pointer[refused]
}

type refused struct {
	at    time.Time
	cause error
}

// note takes notice of how a transaction has ended.
func (r *refusal) note(err error) {
	switch {
	case errors.Is(err, models.ErrAway), errors.Is(err, models.ErrUnknown),
		errors.Is(err, driver.ErrBadConn): // what a server that is read-only comes to, so that the next try meets another
		r.last.Store(&refused{time.Now(), err})
	case err == nil && r.last.Load() != nil:
		r.last.Store(nil)
	}
}

// Ready reports why the database takes no events at present, within a second: it does not answer, or it answers and does not
// write (its disk is full, it is read-only), as the calls of the last seconds found.
func (s *Store) Ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	var one int
	if err := s.reader().QueryRowContext(ctx, "SELECT 1").Scan(&one); err != nil {
		return fmt.Errorf("the database does not answer: %w", err)
	}
	if last := s.unwritten.last.Load(); last != nil && time.Since(last.at) < refusalCounts {
		return fmt.Errorf("the database does not write: %w", last.cause)
	}
	return nil
}
