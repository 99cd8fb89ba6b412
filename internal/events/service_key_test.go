package events_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"customer-events/internal/events"
	"customer-events/internal/events/eventstest"
	"customer-events/models"
)

// hashless is a ledger whose events were recorded before the hashes of identifiers were kept.
type hashless struct{ *eventstest.Memory }

func (l hashless) ByExternalReference(ctx context.Context, refs []models.ExternalReference) (map[models.ExternalReference]models.WebCustomerEvent, error) {
	found, err := l.Memory.ByExternalReference(ctx, refs)
	for ref, row := range found {
		row.IdentifiersHash = nil
		found[ref] = row
	}
	return found, err
}

// Every processed event of a call is remembered under its key: the duplicates within it, and those that were
// replays by reference.
func TestKey_StandsForEveryProcessedEvent(t *testing.T) {
	t.Parallel()
	for _, fillers := range [][]raw{nil, manyPlain(150)} {
		s := newShop(t)
		byName := plain().with("accountsReceivableIdentifier", `{"name":"Maria Stone"}`)
		mustProcess(t, s.create(t, byName.referred("s", "before")), false)
		list := append(fillers[:len(fillers):len(fillers)], byName.named("a").referred("s", "1"), byName.named("b").referred("s", "1"), byName.named("c").referred("s", "before"))
		first := s.createWith(t, "key", list...)
		if first.Summary.Replayed != 2 || first.Summary.Processed != len(list) {
			t.Fatalf("%+v", first.Summary)
		}
		s.mustStandFor(t, first, "key", list)
	}
}

func TestKey_StandsForACallOfReplaysOnly(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	list := []raw{plain().named("a").referred("s", "1"), plain().named("b").referred("s", "2"), token(otp).named("c").referred("s", "3")}
	first := s.create(t, list...)
	mustProcess(t, s.createWith(t, "key", list...), true, true, true)
	s.mustStandFor(t, first, "key", list)
	mustProcess(t, s.createWith(t, "another key", list[:2]...), true, true)
}

// A replay that a later call with the key turns up is remembered by that call.
func TestKey_StandsForWhatALaterCallProcessed(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	unknown := plain().named("b").with("accountsReceivableIdentifier", `{"number":"NEW"}`).referred("s", "2")
	list := []raw{plain().named("a").referred("s", "1"), unknown}
	if first := s.createWith(t, "key", list...); first.Summary.Processed != 1 {
		t.Fatalf("%+v", first)
	}
	s.memory.Add(t, eventstest.Data{Accounts: []models.Account{{ID: "NEW", Number: "NEW", Name: "NEW"}}})
	mustProcess(t, s.create(t, unknown), false)
	second := s.createWith(t, "key", list...)
	mustProcess(t, second, true, true)
	s.mustStandFor(t, second, "key", list)
}

// mustStandFor checks that a key alone, without any reference to look at and with a directory that knows
// nobody, gives the answer.
func (s *shop) mustStandFor(t *testing.T, first events.Outcome, key string, list []raw) {
	t.Helper()
	directory := s.References
	defer func() { s.References, s.Store = directory, s.memory }()
	s.References, s.Store = eventstest.NewMemory(), keysOnly{s.memory}
	again := s.createWith(t, key, list...)
	if again.Summary.Replayed != len(list) {
		t.Errorf("%+v: %+v", again.Summary, again.UnprocessedCustomerEventsSet)
	}
	mustBeTheSame(t, first, again)
}

// keysOnly is a ledger that finds no references.
type keysOnly struct{ *eventstest.Memory }

func (keysOnly) ByExternalReference(context.Context, []models.ExternalReference) (map[models.ExternalReference]models.WebCustomerEvent, error) {
	return nil, nil
}

// recording counts what is recorded.
type recording struct {
	*eventstest.Memory
	entries []models.WriteSet
}

func (l *recording) Record(ctx context.Context, entry models.WriteSet) error {
	l.entries = append(l.entries, entry)
	return l.Memory.Record(ctx, entry)
}

// The retention time of a key runs from its last use. A replay writes only once in a while, and a check
// never.
func TestKey_IsRenewedByUse(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	ledger := &recording{Memory: s.memory}
	s.Store = ledger
	unknown := plain().named("b").with("accountsReceivableIdentifier", `{"number":"NEW"}`)
	list := []raw{plain().named("a"), unknown}
	call := models.IdempotencyKey{UserKey: s.caller.UserKey, KeyHash: s.Hasher.IdempotencyKey("key")}
	at := func(after time.Duration) { s.Now = func() time.Time { return now.Add(after) } }
	mustBeUsed := func(after time.Duration, writes int) {
		t.Helper()
		kept, err := s.memory.IdempotencyRecord(t.Context(), call)
		if err != nil || kept == nil || !kept.UsedAt.Equal(now.Add(after)) || len(ledger.entries) != writes {
			t.Errorf("remembered %+v, %v after %d writes, want %s after %d", kept, err, len(ledger.entries), now.Add(after), writes)
		}
	}
	s.createWith(t, "key", list...)
	mustBeUsed(0, 1)
	at(models.KeyRenewal - time.Microsecond)
	s.createWith(t, "key", list...)
	mustBeUsed(0, 1)
	at(models.KeyRenewal)
	s.check(t, "key", list...)
	mustBeUsed(0, 1)
	s.createWith(t, "key", list...)
	mustBeUsed(models.KeyRenewal, 2)
	// What is recorded later under the key renews it in any case.
	s.memory.Add(t, eventstest.Data{Accounts: []models.Account{{ID: "NEW", Number: "NEW", Name: "NEW"}}})
	at(models.KeyRenewal + time.Minute)
	mustProcess(t, s.createWith(t, "key", list...), true, false)
	mustBeUsed(models.KeyRenewal+time.Minute, 3)
	at(0) // the clock was set back
	mustProcess(t, s.createWith(t, "key", list...), true, true)
	mustBeUsed(models.KeyRenewal+time.Minute, 3)
	if _, err := s.CreateWebCustomerEvents(t.Context(), s.request(t, "key", plain())); !errors.Is(err, events.ErrKeyReused) {
		t.Errorf("%v, want ErrKeyReused", err)
	}
	mustBeUsed(models.KeyRenewal+time.Minute, 3)
}

// An id belongs to an event of the call and not to its place among those that are new: a rerun that finds
// others to be new gives no event the id of another.
func TestIDs_BelongToEvents(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	ids := make(map[string]models.ID)
	f := s.faulty(nil)
	f.record = func(try int, write func() error) error {
		for _, event := range f.seen[try-1].Events {
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
			if _, err := other.CreateWebCustomerEvents(t.Context(), s.request(t, "", plain().with("website", `"c.com"`).referred("s", "1"))); err != nil {
				t.Error(err)
			}
			return models.ErrConflict
		}
		return write()
	}
	out := s.create(t, plain().named("a").with("website", `"a.com"`).with("accountsReceivableIdentifier", `{"name":"Maria Stone"}`), plain().named("b").with("website", `"b.com"`),
		plain().named("c").with("website", `"c.com"`).referred("s", "1"), plain().named("d").with("website", `"d.com"`))
	if out.Summary != (events.BatchSummary{Received: 4, Processed: 3, Replayed: 1, Unprocessed: 1}) || len(ids) != 4 {
		t.Errorf("%+v, ids %v", out.Summary, ids)
	}
	for i, entry := range f.seen {
		if !slices.IsSortedFunc(entry.Events, func(a, b *models.WebCustomerEvent) int { return slices.Compare(a.ID[:], b.ID[:]) }) {
			t.Errorf("try %d: the ids do not ascend", i+1)
		}
	}
}

// A ledger whose reads lag behind, as on another node of a cluster, is waited for.
func TestStale_ReadsThatLag(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	mustProcess(t, s.create(t, full()), false)
	s.Store = &lagging{Memory: s.memory, until: time.Now().Add(200 * time.Millisecond)}
	mustProcess(t, s.create(t, full()), true)
	s.Store, s.RetryTimeout = &lagging{Memory: s.memory, until: time.Now().Add(time.Hour)}, 100*time.Millisecond
	if _, err := s.CreateWebCustomerEvents(t.Context(), s.request(t, "", full())); !errors.Is(err, events.ErrUnavailable) {
		t.Errorf("%v, want ErrUnavailable", err)
	}
}

// lagging finds no references until some time.
type lagging struct {
	*eventstest.Memory
	until time.Time
}

func (l *lagging) ByExternalReference(ctx context.Context, refs []models.ExternalReference) (map[models.ExternalReference]models.WebCustomerEvent, error) {
	if time.Now().Before(l.until) {
		return nil, nil
	}
	return l.Memory.ByExternalReference(ctx, refs)
}

// looking notes how many references are looked up before anything is recorded.
type looking struct {
	*eventstest.Memory
	asked     int
	unchecked []bool
}

func (l *looking) ByExternalReference(ctx context.Context, refs []models.ExternalReference) (map[models.ExternalReference]models.WebCustomerEvent, error) {
	l.asked += len(refs)
	return l.Memory.ByExternalReference(ctx, refs)
}

func (l *looking) Record(ctx context.Context, entry models.WriteSet) error {
	l.unchecked = append(l.unchecked, entry.Unchecked)
	return l.Memory.Record(ctx, entry)
}

// A small call looks its references up first, so that a taken one does not undo the transaction that it
// shares with others. A large one does not, says so, and looks up only those of events that it would refuse.
func TestReferences_AreLookedUpFirstBySmallCalls(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name      string
		list      []raw
		asked     int
		unchecked bool
	}{
		{"one", []raw{full()}, 1, false},
		{"a hundred", append(manyPlain(99), full()), 1, false},
		{"more", append(manyPlain(100), full()), 0, true},
		{"more, and one that is refused", append(manyPlain(100), full(), plain().with("accountsReceivableIdentifier", `{"name":"Alex Twin"}`).referred("s", "2")), 1, true},
		{"more, and a one-time password", append(manyPlain(100), full(), token(otp).named("x").referred("s", "2")), 2, false},
	} {
		s := newShop(t)
		ledger := &looking{Memory: s.memory}
		s.Store = ledger
		for i := range c.list {
			c.list[i] = c.list[i].named(fmt.Sprint(i))
		}
		s.create(t, c.list...)
		if ledger.asked != c.asked || !slices.Equal(ledger.unchecked, []bool{c.unchecked}) {
			t.Errorf("%s: %d asked, unchecked %v", c.name, ledger.asked, ledger.unchecked)
		}
	}
}
