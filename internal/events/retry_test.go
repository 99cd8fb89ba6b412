package events_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"customer-events/internal/events"
	"customer-events/models"
)

// faultyStore is a store whose Record calls record: try counts from 1, and write records the set.
type faultyStore struct {
	events.EventStore
	record func(try int, write func() error) error
	mu     sync.Mutex
	sets   []models.WriteSet
}

func (f *faultyStore) Record(ctx context.Context, set models.WriteSet) error {
	f.mu.Lock()
	stored := set
	stored.Events = nil
	for _, event := range set.Events {
		copied := *event
		stored.Events = append(stored.Events, &copied)
	}
	f.sets = append(f.sets, stored)
	try := len(f.sets)
	f.mu.Unlock()
	return f.record(try, func() error { return f.EventStore.Record(ctx, set) })
}

// withFaultyStore replaces the store by a faulty one.
func (s *testService) withFaultyStore(record func(try int, write func() error) error) *faultyStore {
	f := &faultyStore{EventStore: s.memory, record: record}
	s.Store = f
	return f
}

// threeEvents returns events with and without an external reference, and one with a one-time password.
func threeEvents() []eventJSON {
	return []eventJSON{
		fullEventJSON().withIdentifier("a"),
		minimalEvent().withIdentifier("b"),
		token(otp).withIdentifier("c"),
	}
}

// mustMatchStore checks that exactly these events are recorded, with the returned ids and numbers.
func (s *testService) mustMatchStore(t *testing.T, out events.Outcome) {
	t.Helper()
	var returned, stored []string
	for _, p := range out.ProcessedCustomerEventsSet {
		returned = append(returned, p.ID+" "+p.Number)
	}
	for _, event := range s.memory.Events() {
		stored = append(stored, fmt.Sprint(event.ID, " ", event.Number))
	}
	if !slices.Equal(returned, stored) {
		t.Errorf("returned %s, recorded %s", returned, stored)
	}
}

func (s *testService) mustHaveStoredNothing(t *testing.T) {
	t.Helper()
	if list := s.memory.Events(); len(list) != 0 {
		t.Errorf("recorded %+v", list)
	}
	if s.passwordUsed(t, "073482") {
		t.Error("the one-time password is used")
	}
}

// mustHaveWrittenTheSame checks that every attempt had the same ids, so that the store's unique keys
// recognise it.
func (f *faultyStore) mustHaveWrittenTheSame(t *testing.T, tries int) {
	t.Helper()
	if len(f.sets) != tries {
		t.Errorf("%d tries, want %d", len(f.sets), tries)
	}
	for _, set := range f.sets {
		same := len(set.Events) == len(f.sets[0].Events) &&
			slices.Equal(set.UsedTokens, f.sets[0].UsedTokens) &&
			set.At.Equal(f.sets[0].At)
		for i := range set.Events {
			same = same && set.Events[i].ID == f.sets[0].Events[i].ID
		}
		if !same {
			t.Errorf("tried %+v, then %+v", f.sets[0], set)
		}
	}
}

// withAndWithoutKey runs a test with an idempotency key and without.
func withAndWithoutKey(t *testing.T, test func(t *testing.T, key string)) {
	t.Parallel()
	for _, key := range []string{"key", ""} {
		t.Run("key "+key, func(t *testing.T) {
			t.Parallel()
			test(t, key)
		})
	}
}

func TestRetry_AbortedTransaction(t *testing.T) {
	withAndWithoutKey(t, func(t *testing.T, key string) {
		s := newTestService(t)
		f := s.withFaultyStore(func(try int, write func() error) error {
			if try <= 4 {
				return fmt.Errorf("a deadlock: %w", models.ErrAborted)
			}
			return write()
		})
		out := s.createWithKey(t, key, threeEvents()...)
		mustProcess(t, out, false, false, false)
		s.mustMatchStore(t, out)
		f.mustHaveWrittenTheSame(t, 5)
	})
}

func TestRetry_DatabaseComesBack(t *testing.T) {
	withAndWithoutKey(t, func(t *testing.T, key string) {
		s := newTestService(t)
		s.withFaultyStore(func(try int, write func() error) error {
			if try <= 3 {
				return fmt.Errorf("no connection: %w", models.ErrUnavailable)
			}
			return write()
		})
		out := s.createWithKey(t, key, threeEvents()...)
		mustProcess(t, out, false, false, false)
		s.mustMatchStore(t, out)
	})
}

func TestRetry_DatabaseStaysUnavailable(t *testing.T) {
	t.Parallel()
	for _, cause := range []error{models.ErrUnavailable, models.ErrAborted} {
		t.Run(cause.Error(), func(t *testing.T) {
			t.Parallel()
			s := newTestService(t)
			s.RetryTimeout = 100 * time.Millisecond
			s.withFaultyStore(func(int, func() error) error { return cause })
			start := time.Now()
			_, err := s.CreateWebCustomerEvents(t.Context(), s.request(t, "key", threeEvents()...))
			if !errors.Is(err, events.ErrUnavailable) {
				t.Errorf("%v, want ErrUnavailable", err)
			}
			if took := time.Since(start); took > 5*time.Second {
				t.Errorf("it took %s", took)
			}
			s.mustHaveStoredNothing(t)
		})
	}
}

// unavailableResolver is a resolver whose first calls fail.
type unavailableResolver struct {
	events.ReferenceResolver
	calls, failures int
}

func (d *unavailableResolver) Find(ctx context.Context, refs []models.Reference) ([]models.Match, error) {
	if d.calls++; d.calls <= d.failures {
		return nil, models.ErrUnavailable
	}
	return d.ReferenceResolver.Find(ctx, refs)
}

func TestRetry_ResolverComesBack(t *testing.T) {
	t.Parallel()
	s := newTestService(t)
	s.References = &unavailableResolver{ReferenceResolver: s.memory, failures: 3}
	mustProcess(t, s.create(t, threeEvents()...), false, false, false)
	s.References = &unavailableResolver{ReferenceResolver: s.memory, failures: 3}
	if result := s.dryRun(t, "", minimalEvent()); result.Acceptable != 1 {
		t.Errorf("%+v", result)
	}
	s.References = &unavailableResolver{ReferenceResolver: s.memory, failures: 1000}
	s.RetryTimeout = 50 * time.Millisecond
	request := s.request(t, "", minimalEvent())
	if _, err := s.CheckWebCustomerEvents(t.Context(), request); !errors.Is(err, events.ErrUnavailable) {
		t.Errorf("%v, want ErrUnavailable", err)
	}
}
