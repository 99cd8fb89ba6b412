package eventstest

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"customer-events/internal/events"
	"customer-events/models"
)

// World is an implementation under test: empty at first, and nobody else's.
type World interface {
	events.ReferenceResolver
	events.EventStore
	// Add must keep the records and set the Key of each of them, in the slices that it is given. A record that refers to
	// another comes in a later call, with the key that the earlier one has set; within one call none refers to another. So a
	// database needs no more than an INSERT for each slice that is not empty.
	Add(t testing.TB, data Data)
}

// Data is reference data. The suite keeps to what the CRM promises: ids, numbers, and names and alternative codes of
// classifications and units are unique byte for byte; names of accounts, and everything of access tokens but their number,
// are not.
type Data struct {
	Users           []models.User
	Accounts        []models.Account
	Classifications []models.Classification
	Units           []models.Unit
	Participants    []models.Participant
	AccessTokens    []models.AccessToken
}

// Conform judges a Directory and Ledger by the obligations that events states. open is called once for each subtest, from
// several goroutines, and must give it a world of its own. Whatever must be closed, open hands to t.Cleanup.
func Conform(t *testing.T, open func(t *testing.T) World) {
	for _, part := range []struct {
		name     string
		promises []obligation
	}{
		{"directory", directoryPromises},
		{"access tokens", tokenPromises},
		{"details", detailPromises},
		{"record", recordPromises},
		{"references", referencePromises},
		{"calls", callPromises},
		{"again", againPromises},
		{"spending", spendingPromises},
		{"race", racePromises},
		{"attempts", attemptPromises},
		{"replays", replayPromises},
		{"among", amongPromises},
	} {
		t.Run(part.name, func(t *testing.T) {
			t.Parallel()
			for _, promise := range part.promises {
				t.Run(promise.name, func(t *testing.T) {
					t.Parallel()
					promise.keep(newScene(t, open(t)))
				})
			}
		})
	}
}

// obligation is one obligation, and what finds out whether it is kept.
type obligation struct {
	name string
	keep func(s *scene)
}

// scene is a world with the least that an event can point at.
type scene struct {
	*testing.T
	World
	user, otherUser models.User
	account         models.Account
	participant     models.Participant
	classification  models.Classification
	unit            models.Unit
	ids             *atomic.Uint64
}

// now is when the suite takes place. Worlds have no clock of their own: all that they are to keep is told them.
var now = time.Date(2026, 3, 29, 1, 30, 0, 123456000, time.UTC)

func newScene(t *testing.T, w World) *scene {
	first := Data{
		Users: []models.User{
			{Name: "suite", PasswordHash: "-", CreatedAt: now},
			{Name: "another", PasswordHash: "-", CreatedAt: now}},
		Accounts:        []models.Account{{ID: "SCENE-A", Number: "SCENE-ACR", Name: "Scene Account"}},
		Classifications: []models.Classification{{ID: "SCENE-C", Name: "Scene Classification", AlternativeCode: ptr("SCENE-CC"), Type: models.WebEvent}},
		Units:           []models.Unit{{ID: "SCENE-U", Name: "Scene Unit", AlternativeCode: ptr("SCENE-UC")}},
	}
	w.Add(t, first)
	people := Data{Participants: []models.Participant{{ID: "SCENE-P", Number: "SCENE-RP", AccountKey: first.Accounts[0].Key}}}
	w.Add(t, people)
	return &scene{T: t, World: w, ids: new(atomic.Uint64), user: first.Users[0], otherUser: first.Users[1], account: first.Accounts[0],
		participant: people.Participants[0], classification: first.Classifications[0], unit: first.Units[0]}
}

// event is a new event with nothing in it but what every event has. Its id is greater than those before it, as the ids of
// the service are.
func (s *scene) event() *models.WebCustomerEvent {
	event := &models.WebCustomerEvent{
		EventDetails: models.EventDetails{PerformedOn: now.Add(-time.Hour), Website: "www.crm.com"},
		AccountKey:   s.account.Key,
		UnitKey:      s.unit.Key,
		CreatedAt:    now,
		CreatedByKey: s.user.Key,
	}
	rand.Read(event.ID[:])
	binary.BigEndian.PutUint64(event.ID[:8], 0x0195_0000_0000_7000+s.ids.Add(1))
	return event
}

// referred is an event with an external reference.
func (s *scene) referred(system, number string) *models.WebCustomerEvent {
	event := s.event()
	event.ExternalSystem, event.ExternalSystemReferenceNumber = &system, &number
	return event
}

// many are events that differ by nothing but their ids.
func (s *scene) many(n int) []*models.WebCustomerEvent {
	list := make([]*models.WebCustomerEvent, n)
	for i := range list {
		list[i] = s.event()
	}
	return list
}

// called is an entry that is remembered as a call: each event's request identifier is its place.
func called(call models.IdempotencyKey, list ...*models.WebCustomerEvent) models.WriteSet {
	entry := models.WriteSet{Key: &call, Events: list, At: now}
	for i := range list {
		entry.RequestHashes = append(entry.RequestHashes, requestHash(i))
	}
	return entry
}

func requestHash(i int) []byte { return hashed("request", string(rune('a'+i))) }

func (s *scene) call(key, fingerprint string) models.IdempotencyKey {
	return models.IdempotencyKey{UserKey: s.user.Key, KeyHash: hashed("key", key), Fingerprint: hashed("fingerprint", fingerprint)}
}

// hashed is 32 bytes that stand for the text. They end in a blank or a NUL, which a text column would lose.
func hashed(parts ...string) []byte {
	h := sha256.New()
	for _, part := range parts {
		h.Write([]byte(part))
		h.Write([]byte{0xff})
	}
	sum := h.Sum(nil)
	sum[len(sum)-1] = ' ' * (sum[0] % 2)
	return sum
}

// again is the entry as it was before it was recorded: same ids, no numbers.
func again(entry models.WriteSet) models.WriteSet {
	list := make([]*models.WebCustomerEvent, len(entry.Events))
	for i, event := range entry.Events {
		copied := *event
		copied.Number = 0
		list[i] = &copied
	}
	entry.Events = list
	return entry
}

// record does what the service does: an entry that the database has given up is recorded once more.
func (s *scene) record(entry models.WriteSet) error {
	for tries := 0; ; tries++ {
		err := s.Record(s.Context(), entry)
		if !errors.Is(err, models.ErrAborted) || tries == 100 {
			return err
		}
		time.Sleep(time.Duration(tries) * time.Millisecond)
	}
}

func (s *scene) mustRecord(entry models.WriteSet) {
	s.Helper()
	if err := s.record(entry); err != nil {
		s.Fatalf("Record: %v", err)
	}
}

// mustBeStale records what must not be recorded any more.
func (s *scene) mustBeStale(entry models.WriteSet) {
	s.Helper()
	if err := s.record(entry); !errors.Is(err, models.ErrConflict) {
		s.Fatalf("Record: %v, want ErrStale", err)
	}
}

// taken is the event that bears a reference, if there is one.
func (s *scene) taken(system, number string) (models.WebCustomerEvent, bool) {
	s.Helper()
	ref := models.ExternalReference{System: system, Number: number}
	found, err := s.ByExternalReference(s.Context(), []models.ExternalReference{ref})
	if err != nil {
		s.Fatalf("Taken: %v", err)
	}
	event, ok := found[ref]
	return event, ok
}

func (s *scene) remembered(call models.IdempotencyKey) *models.IdempotencyRecord {
	s.Helper()
	found, err := s.IdempotencyRecord(s.Context(), call)
	if err != nil {
		s.Fatalf("Remembered: %v", err)
	}
	return found
}

func numbers(list []*models.WebCustomerEvent) []int64 {
	all := make([]int64, len(list))
	for i, event := range list {
		all[i] = event.Number
	}
	return all
}

func ptr[T any](value T) *T { return &value }
