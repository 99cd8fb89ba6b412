package events_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"customer-events/internal/events"
	"customer-events/internal/events/eventstest"
	"customer-events/models"
)

// failingStore returns some errors before it records.
type failingStore struct {
	*eventstest.Memory
	errs []error
}

func (l *failingStore) Record(ctx context.Context, set models.WriteSet) error {
	if len(l.errs) > 0 {
		err := l.errs[0]
		l.errs = l.errs[1:]
		return err
	}
	return l.Memory.Record(ctx, set)
}

func TestLockout_RetryCountsOnce(t *testing.T) {
	t.Parallel()
	s := newTestService(t)
	s.Store = &failingStore{
		s.memory,
		[]error{
			models.ErrConflict,
			models.ErrAborted,
			models.ErrConflict,
			models.ErrConflict,
			models.ErrAborted,
			models.ErrConflict,
		},
	}
	s.mustHaveCodes(
		t,
		[]eventJSON{minimalEvent(), credentials("maria@example.com", "0")},
		processedCode,
		notFoundCode,
	)
	for i := range 4 {
		s.mustHaveCodes(t, []eventJSON{credentials("maria@example.com", fmt.Sprint(i))}, notFoundCode)
	}
	s.mustHaveCodes(t, []eventJSON{credentials("maria@example.com", "4711")}, lockedOutCode)
}

func TestLockout_FailedCallCounts(t *testing.T) {
	t.Parallel()
	s := newTestService(t)
	s.RetryTimeout = time.Millisecond
	for i := range 5 {
		s.Store = &failingStore{s.memory, []error{models.ErrUnavailable}}
		guess := credentials("maria@example.com", fmt.Sprint(i))
		request := s.request(t, "", minimalEvent().withIdentifier("x"), guess)
		if _, err := s.CreateWebCustomerEvents(t.Context(), request); !errors.Is(err, events.ErrUnavailable) {
			t.Fatal(err)
		}
	}
	s.Store = s.memory
	s.mustHaveCodes(t, []eventJSON{credentials("maria@example.com", "4711")}, lockedOutCode)
}

// uncountedStore fails the test if attempts are counted.
type uncountedStore struct {
	*eventstest.Memory
	t *testing.T
}

func (l uncountedStore) CountAttempts(context.Context, models.Attempts) ([]time.Time, error) {
	l.t.Error("attempts are counted")
	return nil, errors.New("attempts are counted")
}

func TestLockout_NoCredentials(t *testing.T) {
	t.Parallel()
	s := newTestService(t)
	s.Store = uncountedStore{s.memory, t}
	mustProcess(
		t,
		s.create(
			t,
			minimalEvent().withIdentifier("a"),
			minimalEvent().forParticipant(`{"number":"RP0000000019"}`).withIdentifier("b"),
		),
		false,
		false,
	)
}
