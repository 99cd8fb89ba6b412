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
	event := &models.WebCustomerEvent{ID: models.ID(uuid.Must(uuid.NewV7())), AccountKey: 1, UnitKey: 1, CreatedAt: at, CreatedByKey: 1,
		EventDetails: models.EventDetails{PerformedOn: at, Website: "www.crm.com", ExternalSystem: &system, ExternalSystemReferenceNumber: &reference}}
	call := models.IdempotencyKey{UserKey: 1, KeyHash: []byte(fmt.Sprintf("%032s", reference)), Fingerprint: make([]byte, 32)}
	return models.WriteSet{Events: []*models.WebCustomerEvent{event}, Key: &call, At: at, RequestHashes: [][]byte{make([]byte, 32)}}
}

// atOnce records entries in one shared transaction: they find no lane free, and go when all of them wait.
func atOnce(t *testing.T, s *Store, entries ...models.WriteSet) []error {
	t.Helper()
	s.groups.mu.Lock()
	lanes := s.groups.free
	s.groups.free = 0
	s.groups.mu.Unlock()
	errs, done := make([]error, len(entries)), make(chan int)
	for i, entry := range entries {
		go func() {
			errs[i] = s.Record(context.WithoutCancel(t.Context()), entry)
			done <- i
		}()
		for waiting := 0; waiting <= i; { // in their order
			s.groups.mu.Lock()
			waiting = len(s.groups.waiting)
			s.groups.mu.Unlock()
		}
	}
	for range lanes {
		s.groups.release()
	}
	for range entries {
		<-done
	}
	s.groups.mu.Lock()
	defer s.groups.mu.Unlock()
	if s.groups.free != lanes || len(s.groups.waiting) != 0 {
		t.Errorf("%d of %d lanes are free, and %d wait", s.groups.free, lanes, len(s.groups.waiting))
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

func TestCallsThatWaitShareATransaction(t *testing.T) {
	t.Parallel()
	for name, url := range databases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := open(t, url)
			var entries []models.WriteSet
			for i := range 20 {
				entries = append(entries, entryOf(fmt.Sprint(i)))
			}
			for i, err := range atOnce(t, s, entries...) {
				if err != nil {
					t.Errorf("%d: %v", i, err)
				}
			}
			for i, entry := range entries {
				remembered, err := s.IdempotencyRecord(t.Context(), *entry.Key)
				if err != nil || remembered == nil || remembered.Events[string(entry.RequestHashes[0])].Number != entry.Events[0].Number || entry.Events[0].Number == 0 {
					t.Errorf("%d: told %d, remembered %v (%v)", i, entry.Events[0].Number, remembered, err)
				}
			}
			if events, calls := count(t, s, "web_customer_events"), count(t, s, "idempotent_calls"); events != 20 || calls != 20 {
				t.Errorf("%d events and %d calls", events, calls)
			}
		})
	}
}

// TestNoCallHarmsAnother puts entries that fail, each in its way, between good ones.
func TestNoCallHarmsAnother(t *testing.T) {
	t.Parallel()
	for name, url := range databases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := open(t, url)
			first := entryOf("taken")
			if err := s.Record(t.Context(), first); err != nil {
				t.Fatal(err)
			}
			again, taken, twin, spent := first, entryOf("taken"), entryOf("good 3"), entryOf("spent")
			twin.Events[0].ExternalSystemReferenceNumber = nil
			spent.UsedTokens = []int64{99}
			refused := entryOf("refused")
			long := strings.Repeat("x", 70_000) // our own checks let no such text pass
			refused.Events[0].Description = &long
			entries := []models.WriteSet{entryOf("good 1"), taken, entryOf("good 2"), again, entryOf("good 3"), twin, spent, refused, entryOf("good 4")}
			entries[4].Key, twin.Key = twin.Key, entries[4].Key
			errs := atOnce(t, s, entries...)
			var row *models.RowRejectedError
			for i, err := range errs {
				switch {
				case slices.Contains([]int{1, 6}, i):
					if !errors.Is(err, models.ErrConflict) {
						t.Errorf("%d: %v", i, err)
					}
				case i == 7 && name == "MySQL": // SQLite takes texts of any length
					if !errors.As(err, &row) || row.Index != 0 {
						t.Errorf("%d: %v", i, err)
					}
				case i != 4 && i != 5 && err != nil:
					t.Errorf("%d: %v", i, err)
				}
			}
			if one := errs[4] == nil; one == (errs[5] == nil) || !errors.Is(errors.Join(errs[4], errs[5]), models.ErrConflict) && !errors.Is(errors.Join(errs[4], errs[5]), models.ErrInProgress) {
				t.Errorf("of two with one idempotency key: %v, %v", errs[4], errs[5])
			}
			want := 6 // taken, four good ones of which one has a twin, and the refused one where it is not
			if name == "MySQL" {
				want = 5
			}
			if events := count(t, s, "web_customer_events"); events != want {
				t.Errorf("%d events, not %d", events, want)
			}
		})
	}
}

func TestWhoGoesAwayWhileWaitingIsNotRecorded(t *testing.T) {
	t.Parallel()
	s := open(t, databases["SQLite"])
	s.groups.free = 0
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Record(ctx, entryOf("gone")); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	s.groups.release()
	if err := s.Record(t.Context(), entryOf("here")); err != nil || count(t, s, "web_customer_events") != 1 {
		t.Errorf("%v, %d events", err, count(t, s, "web_customer_events"))
	}
}
