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

// faultyLedger is a ledger whose Record goes the way that record says: try counts from 1, and write writes.
type faultyLedger struct {
	events.EventStore
	record func(try int, write func() error) error
	mu     sync.Mutex
	seen   []models.WriteSet
}

func (f *faultyLedger) Record(ctx context.Context, entry models.WriteSet) error {
	f.mu.Lock()
	kept := entry
	kept.Events = nil
	for _, event := range entry.Events {
		copied := *event
		kept.Events = append(kept.Events, &copied)
	}
	f.seen = append(f.seen, kept)
	try := len(f.seen)
	f.mu.Unlock()
	return f.record(try, func() error { return f.EventStore.Record(ctx, entry) })
}

// faulty puts a faulty ledger between the shop and its memory.
func (s *shop) faulty(record func(try int, write func() error) error) *faultyLedger {
	f := &faultyLedger{EventStore: s.memory, record: record}
	s.Store = f
	return f
}

// mixed is a call of three events, each of which could be told from its twin in another way.
func mixed() []raw {
	return []raw{full().named("a"), plain().named("b"), token(otp).named("c")}
}

// mustBeRecorded checks that these events and no others are recorded, under the ids and numbers that were told.
func (s *shop) mustBeRecorded(t *testing.T, out events.Outcome) {
	t.Helper()
	var told, kept []string
	for _, p := range out.ProcessedCustomerEventsSet {
		told = append(told, p.ID+" "+p.Number)
	}
	for _, event := range s.memory.Events() {
		kept = append(kept, fmt.Sprint(event.ID, " ", event.Number))
	}
	if !slices.Equal(told, kept) {
		t.Errorf("told %s, recorded %s", told, kept)
	}
}

func (s *shop) mustBeEmpty(t *testing.T) {
	t.Helper()
	if list := s.memory.Events(); len(list) != 0 {
		t.Errorf("recorded %+v", list)
	}
	if s.spent(t, "073482") {
		t.Error("the one-time password is spent")
	}
}

// mustHaveTriedTheSame checks that every try was the same entry, with the same ids: only then do the ledger's unique keys
// tell a try from another event.
func (f *faultyLedger) mustHaveTriedTheSame(t *testing.T, tries int) {
	t.Helper()
	if len(f.seen) != tries {
		t.Errorf("%d tries, want %d", len(f.seen), tries)
	}
	for _, entry := range f.seen {
		same := len(entry.Events) == len(f.seen[0].Events) && slices.Equal(entry.UsedTokens, f.seen[0].UsedTokens) && entry.At.Equal(f.seen[0].At)
		for i := range entry.Events {
			same = same && entry.Events[i].ID == f.seen[0].Events[i].ID
		}
		if !same {
			t.Errorf("tried %+v, then %+v", f.seen[0], entry)
		}
	}
}

// eachKey runs a test with an idempotency key and without.
func eachKey(t *testing.T, test func(t *testing.T, key string)) {
	t.Parallel()
	for _, key := range []string{"key", ""} {
		t.Run("key "+key, func(t *testing.T) {
			t.Parallel()
			test(t, key)
		})
	}
}

func TestATransactionThatWasGivenUpIsRerun(t *testing.T) {
	eachKey(t, func(t *testing.T, key string) {
		s := newShop(t)
		f := s.faulty(func(try int, write func() error) error {
			if try <= 4 {
				return fmt.Errorf("a deadlock: %w", models.ErrAborted)
			}
			return write()
		})
		out := s.createWith(t, key, mixed()...)
		mustProcess(t, out, false, false, false)
		s.mustBeRecorded(t, out)
		f.mustHaveTriedTheSame(t, 5)
	})
}

func TestADatabaseThatComesBackInTimeIsWaitedFor(t *testing.T) {
	eachKey(t, func(t *testing.T, key string) {
		s := newShop(t)
		s.faulty(func(try int, write func() error) error {
			if try <= 3 {
				return fmt.Errorf("no connection: %w", models.ErrUnavailable)
			}
			return write()
		})
		out := s.createWith(t, key, mixed()...)
		mustProcess(t, out, false, false, false)
		s.mustBeRecorded(t, out)
	})
}

func TestADatabaseThatStaysAwayIsUnavailable(t *testing.T) {
	t.Parallel()
	for _, cause := range []error{models.ErrUnavailable, models.ErrAborted} {
		t.Run(cause.Error(), func(t *testing.T) {
			t.Parallel()
			s := newShop(t)
			s.RetryTimeout = 100 * time.Millisecond
			s.faulty(func(int, func() error) error { return cause })
			start := time.Now()
			_, err := s.CreateWebCustomerEvents(t.Context(), s.request(t, "key", mixed()...))
			if !errors.Is(err, events.ErrUnavailable) {
				t.Errorf("%v, want ErrUnavailable", err)
			}
			if took := time.Since(start); took > 5*time.Second {
				t.Errorf("it took %s", took)
			}
			s.mustBeEmpty(t)
		})
	}
}

// awayDirectory is a directory that is away for its first few calls.
type awayDirectory struct {
	events.ReferenceResolver
	calls, away int
}

func (d *awayDirectory) Find(ctx context.Context, refs []models.Reference) ([]models.Match, error) {
	if d.calls++; d.calls <= d.away {
		return nil, models.ErrUnavailable
	}
	return d.ReferenceResolver.Find(ctx, refs)
}

func TestADirectoryThatIsAwayIsWaitedFor(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.References = &awayDirectory{ReferenceResolver: s.memory, away: 3}
	mustProcess(t, s.create(t, mixed()...), false, false, false)
	s.References = &awayDirectory{ReferenceResolver: s.memory, away: 3}
	if verdicts := s.check(t, "", plain()); verdicts.Acceptable != 1 {
		t.Errorf("%+v", verdicts)
	}
	s.References, s.RetryTimeout = &awayDirectory{ReferenceResolver: s.memory, away: 1000}, 50*time.Millisecond
	if _, err := s.CheckWebCustomerEvents(t.Context(), s.request(t, "", plain())); !errors.Is(err, events.ErrUnavailable) {
		t.Errorf("%v, want ErrUnavailable", err)
	}
}
