package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"customer-events/models"
)

// entryOf is an entry of one event with an external reference.
func entryOf(reference string) models.WriteSet {
	at := time.Now().UTC().Truncate(time.Microsecond)
	system := "shop"
	event := &models.WebCustomerEvent{
		ID:           models.ID(uuid.Must(uuid.NewV7())),
		AccountKey:   1,
		UnitKey:      1,
		CreatedAt:    at,
		CreatedByKey: 1,
		EventDetails: models.EventDetails{
			PerformedOn:                   at,
			Website:                       "www.crm.com",
			ExternalSystem:                &system,
			ExternalSystemReferenceNumber: &reference,
		},
	}
	key := models.IdempotencyKey{
		UserKey:     1,
		KeyHash:     []byte(fmt.Sprintf("%032s", reference)),
		Fingerprint: make([]byte, 32),
	}
	return models.WriteSet{
		Events:        []*models.WebCustomerEvent{event},
		Key:           &key,
		At:            at,
		RequestHashes: [][]byte{make([]byte, 32)},
	}
}

// recordTogether records entries in one shared transaction: it takes all slots and releases them when all
// entries wait.
func recordTogether(t *testing.T, s *Store, entries ...models.WriteSet) []error {
	t.Helper()
	s.queue.mu.Lock()
	slots := s.queue.free
	s.queue.free = 0
	s.queue.mu.Unlock()
	errs, done := make([]error, len(entries)), make(chan int)
	for i, entry := range entries {
		go func() {
			errs[i] = s.Record(context.WithoutCancel(t.Context()), entry)
			done <- i
		}()
		for waiting := 0; waiting <= i; { // keeps the order of the entries
			s.queue.mu.Lock()
			waiting = len(s.queue.waiting)
			s.queue.mu.Unlock()
		}
	}
	for range slots {
		s.queue.handOver()
	}
	for range entries {
		<-done
	}
	s.queue.mu.Lock()
	defer s.queue.mu.Unlock()
	if s.queue.free != slots || len(s.queue.waiting) != 0 {
		t.Errorf("%d of %d slots are free, and %d entries wait", s.queue.free, slots, len(s.queue.waiting))
	}
	return errs
}

func count(t *testing.T, s *Store, table string) (n int) {
	t.Helper()
	if err := s.reader().QueryRowContext(t.Context(), "SELECT COUNT(*) FROM "+table).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestRecord_WaitingEntriesShareATransaction(t *testing.T) {
	t.Parallel()
	for name, url := range databases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := open(t, url)
			var entries []models.WriteSet
			for i := range 20 {
				entries = append(entries, entryOf(fmt.Sprint(i)))
			}
			for i, err := range recordTogether(t, s, entries...) {
				if err != nil {
					t.Errorf("%d: %v", i, err)
				}
			}
			for i, entry := range entries {
				record, err := s.IdempotencyRecord(t.Context(), *entry.Key)
				number := entry.Events[0].Number
				if err != nil || record == nil || number == 0 ||
					record.Events[string(entry.RequestHashes[0])].Number != number {
					t.Errorf("%d: the event has the number %d, and the record is %v (%v)", i, number, record, err)
				}
			}
			events, calls := count(t, s, "web_customer_events"), count(t, s, "idempotent_calls")
			if events != 20 || calls != 20 {
				t.Errorf("%d events and %d calls", events, calls)
			}
		})
	}
}

// TestRecord_ErrorsStayWithTheirEntry puts entries that fail, each in its way, between good ones.
func TestRecord_ErrorsStayWithTheirEntry(t *testing.T) {
	t.Parallel()
	for name, url := range databases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := open(t, url)
			first := entryOf("taken")
			if err := s.Record(t.Context(), first); err != nil {
				t.Fatal(err)
			}
			replay, taken, sameKey, usedToken := first, entryOf("taken"), entryOf("good 3"), entryOf("used token")
			sameKey.Events[0].ExternalSystemReferenceNumber = nil
			usedToken.UsedTokens = []int64{99}
			rejected := entryOf("rejected")
			long := strings.Repeat("x", 70_000) // package events would reject it
			rejected.Events[0].Description = &long
			entries := []models.WriteSet{
				entryOf("good 1"), taken, entryOf("good 2"), replay, entryOf("good 3"),
				sameKey, usedToken, rejected, entryOf("good 4"),
			}
			entries[4].Key, sameKey.Key = sameKey.Key, entries[4].Key
			errs := recordTogether(t, s, entries...)
			var row *models.RowRejectedError
			for i, err := range errs {
				switch {
				case slices.Contains([]int{1, 6}, i):
					if !errors.Is(err, models.ErrConflict) {
						t.Errorf("%d: %v", i, err)
					}
				case i == 7 && name == "MySQL": // SQLite has no limit for texts
					if !errors.As(err, &row) || row.Index != 0 {
						t.Errorf("%d: %v", i, err)
					}
				case i != 4 && i != 5 && err != nil:
					t.Errorf("%d: %v", i, err)
				}
			}
			both := errors.Join(errs[4], errs[5])
			if (errs[4] == nil) == (errs[5] == nil) ||
				!errors.Is(both, models.ErrConflict) && !errors.Is(both, models.ErrInProgress) {
				t.Errorf("two entries with one idempotency key: %v, %v", errs[4], errs[5])
			}
			want := 6 // the first one, four good ones, and the rejected one where it is not rejected
			if name == "MySQL" {
				want = 5
			}
			if events := count(t, s, "web_customer_events"); events != want {
				t.Errorf("%d events, not %d", events, want)
			}
		})
	}
}

func TestRecord_CancelledWhileWaiting(t *testing.T) {
	t.Parallel()
	s := open(t, databases["SQLite"])
	s.queue.free = 0
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Record(ctx, entryOf("gone")); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	s.queue.handOver()
	if err := s.Record(t.Context(), entryOf("here")); err != nil || count(t, s, "web_customer_events") != 1 {
		t.Errorf("%v, %d events", err, count(t, s, "web_customer_events"))
	}
}
