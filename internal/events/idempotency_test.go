package events_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"customer-events/internal/events"
	"customer-events/internal/events/eventstest"
	"customer-events/models"
)

// storeWithoutHashes is a store whose events were recorded before hashes of identifiers were stored.
type storeWithoutHashes struct{ *eventstest.Memory }

func (l storeWithoutHashes) ByExternalReference(
	ctx context.Context,
	refs []models.ExternalReference,
) (map[models.ExternalReference]models.WebCustomerEvent, error) {
	found, err := l.Memory.ByExternalReference(ctx, refs)
	for ref, row := range found {
		row.IdentifiersHash = nil
		found[ref] = row
	}
	return found, err
}

// The record of a key contains every processed event of the call, including duplicates within the call and
// replays by reference.
func TestKey_RecordsEveryProcessedEvent(t *testing.T) {
	t.Parallel()
	for _, fillers := range [][]eventJSON{nil, minimalEvents(150)} {
		s := newTestService(t)
		byName := minimalEvent().with("accountsReceivableIdentifier", `{"name":"Maria Stone"}`)
		mustProcess(t, s.create(t, byName.withReference("s", "before")), false)
		list := append(
			fillers[:len(fillers):len(fillers)],
			byName.withIdentifier("a").withReference("s", "1"),
			byName.withIdentifier("b").withReference("s", "1"),
			byName.withIdentifier("c").withReference("s", "before"),
		)
		first := s.createWithKey(t, "key", list...)
		if first.Summary.Replayed != 2 || first.Summary.Processed != len(list) {
			t.Fatalf("%+v", first.Summary)
		}
		s.mustReplayByKeyAlone(t, first, "key", list)
	}
}

func TestKey_RecordsReplaysOnly(t *testing.T) {
	t.Parallel()
	s := newTestService(t)
	list := []eventJSON{
		minimalEvent().withIdentifier("a").withReference("s", "1"),
		minimalEvent().withIdentifier("b").withReference("s", "2"),
		token(otp).withIdentifier("c").withReference("s", "3"),
	}
	first := s.create(t, list...)
	mustProcess(t, s.createWithKey(t, "key", list...), true, true, true)
	s.mustReplayByKeyAlone(t, first, "key", list)
	mustProcess(t, s.createWithKey(t, "another key", list[:2]...), true, true)
}

// The record of a key also contains the replays of a later call.
func TestKey_RecordsEventsOfALaterCall(t *testing.T) {
	t.Parallel()
	s := newTestService(t)
	unknown := minimalEvent().withIdentifier("b").with(
		"accountsReceivableIdentifier",
		`{"number":"NEW"}`,
	).withReference("s", "2")
	list := []eventJSON{minimalEvent().withIdentifier("a").withReference("s", "1"), unknown}
	if first := s.createWithKey(t, "key", list...); first.Summary.Processed != 1 {
		t.Fatalf("%+v", first)
	}
	s.memory.Add(t, eventstest.Data{Accounts: []models.Account{{ID: "NEW", Number: "NEW", Name: "NEW"}}})
	mustProcess(t, s.create(t, unknown), false)
	second := s.createWithKey(t, "key", list...)
	mustProcess(t, second, true, true)
	s.mustReplayByKeyAlone(t, second, "key", list)
}

// mustReplayByKeyAlone checks that the key is enough to replay the call: without external references, and
// with a resolver that finds no records.
func (s *testService) mustReplayByKeyAlone(
	t *testing.T,
	first events.Outcome,
	key string,
	list []eventJSON,
) {
	t.Helper()
	resolver := s.References
	defer func() { s.References, s.Store = resolver, s.memory }()
	s.References, s.Store = eventstest.NewMemory(), storeWithoutReferences{s.memory}
	again := s.createWithKey(t, key, list...)
	if again.Summary.Replayed != len(list) {
		t.Errorf("%+v: %+v", again.Summary, again.UnprocessedCustomerEventsSet)
	}
	mustEqualEvents(t, first, again)
}

// storeWithoutReferences is a store that finds no external references.
type storeWithoutReferences struct{ *eventstest.Memory }

func (storeWithoutReferences) ByExternalReference(
	context.Context,
	[]models.ExternalReference,
) (map[models.ExternalReference]models.WebCustomerEvent, error) {
	return nil, nil
}

// recordingStore keeps all sets that are recorded.
type recordingStore struct {
	*eventstest.Memory
	sets []models.WriteSet
}

func (l *recordingStore) Record(ctx context.Context, set models.WriteSet) error {
	l.sets = append(l.sets, set)
	return l.Memory.Record(ctx, set)
}

// The retention time of a key runs from its last use. A replay writes the time only after models.KeyRenewal,
// and a dry run never.
func TestKey_RetentionRestarts(t *testing.T) {
	t.Parallel()
	s := newTestService(t)
	store := &recordingStore{Memory: s.memory}
	s.Store = store
	unknown := minimalEvent().withIdentifier("b").with("accountsReceivableIdentifier", `{"number":"NEW"}`)
	list := []eventJSON{minimalEvent().withIdentifier("a"), unknown}
	call := models.IdempotencyKey{UserKey: s.caller.UserKey, KeyHash: s.Hasher.IdempotencyKey("key")}
	at := func(after time.Duration) { s.Now = func() time.Time { return now.Add(after) } }
	mustBeUsed := func(after time.Duration, writes int) {
		t.Helper()
		stored, err := s.memory.IdempotencyRecord(t.Context(), call)
		if err != nil || stored == nil || !stored.UsedAt.Equal(now.Add(after)) || len(store.sets) != writes {
			t.Errorf(
				"record %+v, %v after %d writes, want %s after %d",
				stored,
				err,
				len(store.sets),
				now.Add(after),
				writes,
			)
		}
	}
	s.createWithKey(t, "key", list...)
	mustBeUsed(0, 1)
	at(models.KeyRenewal - time.Microsecond)
	s.createWithKey(t, "key", list...)
	mustBeUsed(0, 1)
	at(models.KeyRenewal)
	s.dryRun(t, "key", list...)
	mustBeUsed(0, 1)
	s.createWithKey(t, "key", list...)
	mustBeUsed(models.KeyRenewal, 2)
	// A write with the key always updates its last use.
	s.memory.Add(t, eventstest.Data{Accounts: []models.Account{{ID: "NEW", Number: "NEW", Name: "NEW"}}})
	at(models.KeyRenewal + time.Minute)
	mustProcess(t, s.createWithKey(t, "key", list...), true, false)
	mustBeUsed(models.KeyRenewal+time.Minute, 3)
	at(0) // the clock was set back
	mustProcess(t, s.createWithKey(t, "key", list...), true, true)
	mustBeUsed(models.KeyRenewal+time.Minute, 3)
	request := s.request(t, "key", minimalEvent())
	if _, err := s.CreateWebCustomerEvents(t.Context(), request); !errors.Is(err, events.ErrKeyReused) {
		t.Errorf("%v, want ErrKeyReused", err)
	}
	mustBeUsed(models.KeyRenewal+time.Minute, 3)
}
