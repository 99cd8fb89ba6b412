package main

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"customer-events/events"
	"customer-events/models"
)

const (
	// refusedInARow is how many tries to record, of all calls together and none between them having succeeded, mean that the database takes
	// no writes. Deadlocks and lock waits are never so many: somebody wins each.
	refusedInARow = 10
	// refusedFor is how long after the last such try the server is not ready. Then it must be sent calls again, since only they tell.
	refusedFor = 2 * time.Second
)

// writes is a ledger that knows whether it can be written to. A database that is full or read-only answers questions as ever, so asking it
// something does not tell.
type writes struct {
	events.Ledger
	refused atomic.Int64 // in a row
	last    atomic.Int64 // when it was refused last, in nanoseconds since 1970
}

func (w *writes) Record(ctx context.Context, entry models.Entry) error {
	err := w.Ledger.Record(ctx, entry)
	switch {
	case err == nil:
		w.refused.Store(0)
	case errors.Is(err, models.ErrAway), errors.Is(err, models.ErrRerun), errors.Is(err, models.ErrUnknown):
		w.refused.Add(1)
		w.last.Store(time.Now().UnixNano())
	}
	return err
}

// failing reports whether the database takes no writes.
func (w *writes) failing() bool {
	return w.refused.Load() >= refusedInARow && time.Since(time.Unix(0, w.last.Load())) < refusedFor
}
