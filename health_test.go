package main

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"customer-events/events"
	"customer-events/models"
)

// answering is a ledger that gives the same answer to every try.
type answering struct {
	events.Ledger
	err error
}

func (a *answering) Record(context.Context, models.Entry) error { return a.err }

func TestWritesThatFailInARowAreNotReady(t *testing.T) {
	t.Parallel()
	inner := &answering{}
	w := &writes{Ledger: inner}
	record := func(err error, times int) {
		inner.err = err
		for range times {
			if got := w.Record(t.Context(), models.Entry{}); !errors.Is(got, err) {
				t.Fatalf("Record answers %v, want %v", got, err)
			}
		}
	}
	for _, err := range []error{models.ErrAway, models.ErrRerun, fmt.Errorf("wrapped: %w", models.ErrUnknown)} {
		record(nil, 1)
		record(err, refusedInARow-1)
		if w.failing() {
			t.Errorf("%v: it is said to fail after %d tries", err, refusedInARow-1)
		}
		record(err, 1)
		if !w.failing() {
			t.Errorf("%v: it is not said to fail after %d tries", err, refusedInARow)
		}
	}
	// What tells of one call, and not of the database, does not count.
	record(nil, 1)
	record(models.ErrStale, 2*refusedInARow)
	record(models.ErrLocked, 2*refusedInARow)
	if w.failing() {
		t.Error("calls that were beaten by others make it fail")
	}
	record(models.ErrAway, refusedInARow)
	w.last.Store(time.Now().Add(-refusedFor).UnixNano())
	if w.failing() {
		t.Error("it fails for ever once calls stay away")
	}
}
