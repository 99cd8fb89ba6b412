package eventstest

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"customer-events/models"
)

// fixture is a World with one record of each kind that an event can refer to.
type fixture struct {
	*testing.T
	World
	user, otherUser models.User
	account         models.Account
	participant     models.Participant
	classification  models.Classification
	unit            models.Unit
	ids             *atomic.Uint64
}

// now is the time of all tests. A World has no clock: it receives every time that it must store.
var now = time.Date(2026, 3, 29, 1, 30, 0, 123456000, time.UTC)

func newFixture(t *testing.T, w World) *fixture {
	first := Data{
		Users: []models.User{
			{Name: "suite", PasswordHash: "-", CreatedAt: now},
			{Name: "another", PasswordHash: "-", CreatedAt: now}},
		Accounts: []models.Account{{ID: "SCENE-A", Number: "SCENE-ACR", Name: "Scene Account"}},
		Classifications: []models.Classification{
			{
				ID:              "SCENE-C",
				Name:            "Scene Classification",
				AlternativeCode: new("SCENE-CC"),
				Type:            models.WebEvent,
			},
		},
		Units: []models.Unit{
			{ID: "SCENE-U", Name: "Scene Unit", AlternativeCode: new("SCENE-UC")},
		},
	}
	w.Add(t, first)
	people := Data{
		Participants: []models.Participant{
			{ID: "SCENE-P", Number: "SCENE-RP", AccountKey: first.Accounts[0].Key},
		},
	}
	w.Add(t, people)
	return &fixture{
		T:              t,
		World:          w,
		ids:            new(atomic.Uint64),
		user:           first.Users[0],
		otherUser:      first.Users[1],
		account:        first.Accounts[0],
		participant:    people.Participants[0],
		classification: first.Classifications[0],
		unit:           first.Units[0],
	}
}

// newEvent returns an event with the mandatory fields only. Its id is greater than all before it, as those
// of the service are.
func (f *fixture) newEvent() *models.WebCustomerEvent {
	event := &models.WebCustomerEvent{
		EventDetails: models.EventDetails{PerformedOn: now.Add(-time.Hour), Website: "www.crm.com"},
		AccountKey:   f.account.Key,
		UnitKey:      f.unit.Key,
		CreatedAt:    now,
		CreatedByKey: f.user.Key,
	}
	rand.Read(event.ID[:])
	binary.BigEndian.PutUint64(event.ID[:8], 0x0195_0000_0000_7000+f.ids.Add(1))
	return event
}

// newReferenced returns an event with an external reference.
func (f *fixture) newReferenced(system, number string) *models.WebCustomerEvent {
	event := f.newEvent()
	event.ExternalSystem, event.ExternalSystemReferenceNumber = &system, &number
	return event
}

// newEvents returns events that differ only in their ids.
func (f *fixture) newEvents(n int) []*models.WebCustomerEvent {
	list := make([]*models.WebCustomerEvent, n)
	for i := range list {
		list[i] = f.newEvent()
	}
	return list
}

// setWithKey returns a set with an idempotency key. The request identifier of each event is its index.
func setWithKey(call models.IdempotencyKey, list ...*models.WebCustomerEvent) models.WriteSet {
	set := models.WriteSet{Key: &call, Events: list, At: now}
	for i := range list {
		set.RequestHashes = append(set.RequestHashes, requestHash(i))
	}
	return set
}

func requestHash(i int) []byte { return testHash("request", string(rune('a'+i))) }

func (f *fixture) idempotencyKey(key, fingerprint string) models.IdempotencyKey {
	return models.IdempotencyKey{
		UserKey:     f.user.Key,
		KeyHash:     testHash("key", key),
		Fingerprint: testHash("fingerprint", fingerprint),
	}
}

// testHash returns 32 bytes for a text. They end in a space or a NUL, which a text column would lose.
func testHash(parts ...string) []byte {
	h := sha256.New()
	for _, part := range parts {
		h.Write([]byte(part))
		h.Write([]byte{0xff})
	}
	sum := h.Sum(nil)
	sum[len(sum)-1] = ' ' * (sum[0] % 2)
	return sum
}

// unrecordedCopy returns the set as it was before it was recorded: the same ids, no numbers.
func unrecordedCopy(set models.WriteSet) models.WriteSet {
	list := make([]*models.WebCustomerEvent, len(set.Events))
	for i, event := range set.Events {
		copied := *event
		copied.Number = 0
		list[i] = &copied
	}
	set.Events = list
	return set
}

// record records the set again if the database aborted the transaction, as the service does.
func (f *fixture) record(set models.WriteSet) error {
	for tries := 0; ; tries++ {
		err := f.Record(f.Context(), set)
		if !errors.Is(err, models.ErrAborted) || tries == 100 {
			return err
		}
		time.Sleep(time.Duration(tries) * time.Millisecond)
	}
}

func (f *fixture) mustRecord(set models.WriteSet) {
	f.Helper()
	if err := f.record(set); err != nil {
		f.Fatalf("Record: %v", err)
	}
}

// mustConflict checks that recording the set returns ErrConflict.
func (f *fixture) mustConflict(set models.WriteSet) {
	f.Helper()
	if err := f.record(set); !errors.Is(err, models.ErrConflict) {
		f.Fatalf("Record: %v, want ErrConflict", err)
	}
}

// recorded returns the recorded event with the external reference, if there is one.
func (f *fixture) recorded(system, number string) (models.WebCustomerEvent, bool) {
	f.Helper()
	ref := models.ExternalReference{System: system, Number: number}
	found, err := f.ByExternalReference(f.Context(), []models.ExternalReference{ref})
	if err != nil {
		f.Fatalf("ByExternalReference: %v", err)
	}
	event, ok := found[ref]
	return event, ok
}

func (f *fixture) keyRecord(call models.IdempotencyKey) *models.IdempotencyRecord {
	f.Helper()
	found, err := f.IdempotencyRecord(f.Context(), call)
	if err != nil {
		f.Fatalf("IdempotencyRecord: %v", err)
	}
	return found
}

func numbersOf(list []*models.WebCustomerEvent) []int64 {
	all := make([]int64, len(list))
	for i, event := range list {
		all[i] = event.Number
	}
	return all
}
