package events_test

import (
	"context"
	"customer-events/internal/events"
	"customer-events/internal/events/eventstest"
	"customer-events/models"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"
)

// An id belongs to an event of the call and not to its place among those that are new: a rerun that finds
// others to be new gives no event the id of another.
func TestIDs_StayWithTheirEvents(t *testing.T) {
	t.Parallel()
	s := newTestService(t)
	ids := make(map[string]models.ID)
	f := s.withFaultyStore(nil)
	f.record = func(try int, write func() error) error {
		for _, event := range f.sets[try-1].Events {
			website := event.Website
			if id, known := ids[website]; known && id != event.ID {
				t.Errorf("try %d: %s was %s and is %s", try, website, id, event.ID)
			}
			ids[website] = event.ID
		}
		switch try {
		case 1: // the first event's account becomes ambiguous
			s.memory.Add(t, eventstest.Data{Accounts: []models.Account{{ID: "X", Number: "X", Name: "Maria Stone"}}})
			return models.ErrAborted
		case 2: // another call records the third
			other := *s.Service
			other.Store = s.memory
			if _, err := other.CreateWebCustomerEvents(t.Context(), s.request(t, "", minimalEvent().with("website", `"c.com"`).withReference("s", "1"))); err != nil {
				t.Error(err)
			}
			return models.ErrConflict
		}
		return write()
	}
	out := s.create(t, minimalEvent().withIdentifier("a").with("website", `"a.com"`).with("accountsReceivableIdentifier", `{"name":"Maria Stone"}`), minimalEvent().withIdentifier("b").with("website", `"b.com"`),
		minimalEvent().withIdentifier("c").with("website", `"c.com"`).withReference("s", "1"), minimalEvent().withIdentifier("d").with("website", `"d.com"`))
	if out.Summary != (events.BatchSummary{Received: 4, Processed: 3, Replayed: 1, Unprocessed: 1}) || len(ids) != 4 {
		t.Errorf("%+v, ids %v", out.Summary, ids)
	}
	for i, entry := range f.sets {
		if !slices.IsSortedFunc(entry.Events, func(a, b *models.WebCustomerEvent) int { return slices.Compare(a.ID[:], b.ID[:]) }) {
			t.Errorf("try %d: the ids do not ascend", i+1)
		}
	}
}

// A ledger whose reads lag behind, as on another node of a cluster, is waited for.
func TestConflict_LaggingReads(t *testing.T) {
	t.Parallel()
	s := newTestService(t)
	mustProcess(t, s.create(t, fullEventJSON()), false)
	s.Store = &laggingStore{Memory: s.memory, until: time.Now().Add(200 * time.Millisecond)}
	mustProcess(t, s.create(t, fullEventJSON()), true)
	s.Store, s.RetryTimeout = &laggingStore{Memory: s.memory, until: time.Now().Add(time.Hour)}, 100*time.Millisecond
	if _, err := s.CreateWebCustomerEvents(t.Context(), s.request(t, "", fullEventJSON())); !errors.Is(err, events.ErrUnavailable) {
		t.Errorf("%v, want ErrUnavailable", err)
	}
}

// laggingStore finds no references until some time.
type laggingStore struct {
	*eventstest.Memory
	until time.Time
}

func (l *laggingStore) ByExternalReference(ctx context.Context, refs []models.ExternalReference) (map[models.ExternalReference]models.WebCustomerEvent, error) {
	if time.Now().Before(l.until) {
		return nil, nil
	}
	return l.Memory.ByExternalReference(ctx, refs)
}

// lookupCounter notes how many references are looked up before anything is recorded.
type lookupCounter struct {
	*eventstest.Memory
	count     int
	unchecked []bool
}

func (l *lookupCounter) ByExternalReference(ctx context.Context, refs []models.ExternalReference) (map[models.ExternalReference]models.WebCustomerEvent, error) {
	l.count += len(refs)
	return l.Memory.ByExternalReference(ctx, refs)
}

func (l *lookupCounter) Record(ctx context.Context, entry models.WriteSet) error {
	l.unchecked = append(l.unchecked, entry.Unchecked)
	return l.Memory.Record(ctx, entry)
}

// A small call looks its references up first, so that a taken one does not undo the transaction that it
// shares with others. A large one does not, says so, and looks up only those of events that it would refuse.
func TestReferences_LookedUpFirstBySmallCalls(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name      string
		list      []eventJSON
		asked     int
		unchecked bool
	}{
		{"one", []eventJSON{fullEventJSON()}, 1, false},
		{"a hundred", append(minimalEvents(99), fullEventJSON()), 1, false},
		{"more", append(minimalEvents(100), fullEventJSON()), 0, true},
		{"more, and one that is refused", append(minimalEvents(100), fullEventJSON(), minimalEvent().with("accountsReceivableIdentifier", `{"name":"Alex Twin"}`).withReference("s", "2")), 1, true},
		{"more, and a one-time password", append(minimalEvents(100), fullEventJSON(), token(otp).withIdentifier("x").withReference("s", "2")), 2, false},
	} {
		s := newTestService(t)
		ledger := &lookupCounter{Memory: s.memory}
		s.Store = ledger
		for i := range c.list {
			c.list[i] = c.list[i].withIdentifier(fmt.Sprint(i))
		}
		s.create(t, c.list...)
		if ledger.count != c.asked || !slices.Equal(ledger.unchecked, []bool{c.unchecked}) {
			t.Errorf("%s: %d asked, unchecked %v", c.name, ledger.count, ledger.unchecked)
		}
	}
}
