package events_test

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"customer-events/internal/events"
	"customer-events/internal/events/eventstest"
	"customer-events/models"
)

// An id belongs to an event of the call, not to a position among the new events. If a later pass finds other
// events to be new, no event gets the id of another.
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
			s.memory.Add(
				t,
				eventstest.Data{Accounts: []models.Account{{ID: "X", Number: "X", Name: "Maria Stone"}}},
			)
			return models.ErrAborted
		case 2: // another call records the third
			other := *s.Service
			other.Store = s.memory
			request := s.request(t, "", minimalEvent().with("website", `"c.com"`).withReference("s", "1"))
			if _, err := other.CreateWebCustomerEvents(t.Context(), request); err != nil {
				t.Error(err)
			}
			return models.ErrConflict
		}
		return write()
	}
	out := s.create(
		t,
		minimalEvent().withIdentifier("a").with("website", `"a.com"`).with(
			"accountsReceivableIdentifier",
			`{"name":"Maria Stone"}`,
		),
		minimalEvent().withIdentifier("b").with("website", `"b.com"`),
		minimalEvent().withIdentifier("c").with("website", `"c.com"`).withReference("s", "1"),
		minimalEvent().withIdentifier("d").with("website", `"d.com"`),
	)
	if out.Summary != (events.BatchSummary{Received: 4, Processed: 3, Replayed: 1, Unprocessed: 1}) ||
		len(ids) != 4 {
		t.Errorf("%+v, ids %v", out.Summary, ids)
	}
	for i, set := range f.sets {
		if !slices.IsSortedFunc(
			set.Events,
			func(a, b *models.WebCustomerEvent) int { return slices.Compare(a.ID[:], b.ID[:]) },
		) {
			t.Errorf("try %d: the ids do not ascend", i+1)
		}
	}
}

// lookupCounter counts the external references that are looked up before a write.
type lookupCounter struct {
	*eventstest.Memory
	count     int
	unchecked []bool
}

func (l *lookupCounter) ByExternalReference(
	ctx context.Context,
	refs []models.ExternalReference,
) (map[models.ExternalReference]models.WebCustomerEvent, error) {
	l.count += len(refs)
	return l.Memory.ByExternalReference(ctx, refs)
}

func (l *lookupCounter) Record(ctx context.Context, set models.WriteSet) error {
	l.unchecked = append(l.unchecked, set.Unchecked)
	return l.Memory.Record(ctx, set)
}

// A small call looks up its references first, so that an existing one does not roll back the transaction
// that it shares with others. A large call does not, marks its set as unchecked, and looks up only those of
// events that it would reject.
func TestReferences_LookedUpFirstBySmallCalls(t *testing.T) {
	t.Parallel()
	ambiguous := minimalEvent().with("accountsReceivableIdentifier", `{"name":"Alex Twin"}`)
	for _, c := range []struct {
		name      string
		list      []eventJSON
		asked     int
		unchecked bool
	}{
		{"one", []eventJSON{fullEventJSON()}, 1, false},
		{"a hundred", append(minimalEvents(99), fullEventJSON()), 1, false},
		{"more", append(minimalEvents(100), fullEventJSON()), 0, true},
		{
			"more, and one that would be rejected",
			append(minimalEvents(100), fullEventJSON(), ambiguous.withReference("s", "2")),
			1,
			true,
		},
		{
			"more, and a one-time password",
			append(minimalEvents(100), fullEventJSON(), token(otp).withReference("s", "2")),
			2,
			false,
		},
	} {
		s := newTestService(t)
		store := &lookupCounter{Memory: s.memory}
		s.Store = store
		for i := range c.list {
			c.list[i] = c.list[i].withIdentifier(fmt.Sprint(i))
		}
		s.create(t, c.list...)
		if store.count != c.asked || !slices.Equal(store.unchecked, []bool{c.unchecked}) {
			t.Errorf("%s: %d lookups, unchecked %v", c.name, store.count, store.unchecked)
		}
	}
}
