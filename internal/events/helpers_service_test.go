package events_test

import (
	"context"
	"encoding/binary"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"customer-events/internal/events"
	"customer-events/internal/events/eventstest"
	"customer-events/models"
)

// testService is a Service with a store in memory, which contains the demo data and more.
type testService struct {
	*events.Service
	memory *eventstest.Memory
	caller models.Caller
	data   eventstest.Data
}

func newTestService(t testing.TB) *testService {
	hasher, memory := newHasher(), eventstest.NewMemory()
	data := eventstest.Data{
		Users: []models.User{{Name: "demo"}, {Name: "another"}},
		Accounts: []models.Account{
			{ID: "A20", Number: "ACR0000000020", Name: "Maria Stone"},
			{ID: "A77", Number: "ACR0000000077", Name: "John Field"},
			{ID: "A78", Number: "ACR0000000078", Name: "Alex Twin"},
			{ID: "A79", Number: "ACR0000000079", Name: "Alex Twin"},
		},
		Classifications: []models.Classification{
			{ID: "C1", Name: "Newsletter", AlternativeCode: new("NL"), Type: models.WebEvent},
			{ID: "C2", Name: "Product page", AlternativeCode: new("PP"), Type: models.WebEvent},
			{ID: "C3", Name: "Till", AlternativeCode: new("TL"), Type: "PURCHASE"},
		},
		Units: []models.Unit{
			{ID: "1", Name: "Admin Unit", AlternativeCode: new("adminunit")},
			{ID: "U2", Name: "Web Shop", AlternativeCode: new("webshop")},
		},
	}
	memory.Add(t, data)
	people := eventstest.Data{Participants: []models.Participant{
		{ID: "P19", Number: "RP0000000019", AccountKey: data.Accounts[0].Key},
		{ID: "P20", Number: "RP0000000020", AccountKey: data.Accounts[1].Key},
	}}
	memory.Add(t, people)
	data.Participants = people.Participants
	tokens := eventstest.Data{AccessTokens: []models.AccessToken{
		{
			Number:                   "AT1",
			State:                    models.Effective,
			AuthenticationCodeHash:   hasher.AuthenticationCode("maria-code"),
			Identifier:               new("maria@example.com"),
			PassCodeHash:             hasher.PassCode("AT1", "4711"),
			OneTimePasswordHash:      hasher.OneTimePassword("073482"),
			OneTimePasswordExpiresAt: new(now.Add(time.Microsecond)),
		},
		{
			Number:                 "AT2",
			State:                  models.NotEffective,
			AuthenticationCodeHash: hasher.AuthenticationCode("ended"),
			Identifier:             new("ended@example.com"),
			PassCodeHash:           hasher.PassCode("AT2", "4711"),
			OneTimePasswordHash:    hasher.OneTimePassword("000002"),
		},
		{
			Number:                 "AT3",
			State:                  models.PendingVerification,
			AuthenticationCodeHash: hasher.AuthenticationCode("pending"),
			Identifier:             new("pending@example.com"),
			PassCodeHash:           hasher.PassCode("AT3", "4711"),
			OneTimePasswordHash:    hasher.OneTimePassword("000003"),
		},
		{
			Number:                   "AT4",
			State:                    models.Effective,
			OneTimePasswordHash:      hasher.OneTimePassword("000004"),
			OneTimePasswordExpiresAt: new(now),
		},
		{
			Number:                 "AT5",
			State:                  models.Effective,
			OneTimePasswordHash:    hasher.OneTimePassword("000005"),
			OneTimePasswordSpentAt: new(now.Add(-time.Hour)),
		},
		{
			Number:                 "AT6",
			State:                  models.Effective,
			OneTimePasswordHash:    hasher.OneTimePassword("000006"),
			AuthenticationCodeHash: hasher.AuthenticationCode("shared"),
		},
		{
			Number:                 "AT7",
			State:                  models.Effective,
			OneTimePasswordHash:    hasher.OneTimePassword("000006"),
			AuthenticationCodeHash: hasher.AuthenticationCode("shared"),
		},
		{Number: "AT8", State: models.Effective, Identifier: new("nocode@example.com")},
	}}
	for i := range tokens.AccessTokens {
		tokens.AccessTokens[i].ParticipantKey = people.Participants[i%2].Key
	}
	memory.Add(t, tokens)
	data.AccessTokens = tokens.AccessTokens
	return &testService{
		Service: &events.Service{
			References:      memory,
			Store:           memory,
			Hasher:          hasher,
			Now:             func() time.Time { return now },
			NewID:           newIDs(),
			FutureTolerance: 24 * time.Hour,
			RetryTimeout:    10 * time.Second,
			Log:             slog.New(slog.DiscardHandler),
		},
		memory: memory, data: data, caller: models.Caller{UserKey: data.Users[0].Key, Name: "demo"},
	}
}

// newIDs returns a generator of ascending ids.
func newIDs() func() models.ID {
	var last atomic.Uint64
	return func() (id models.ID) {
		binary.BigEndian.PutUint64(id[8:], last.Add(1))
		id[0] = 0xAB
		return id
	}
}

// request decodes the events of one call.
func (s *testService) request(t testing.TB, key string, list ...eventJSON) events.Request {
	t.Helper()
	return events.Request{Caller: s.caller, IdempotencyKey: key, Events: decodeEvents(t, list...)}
}

// create makes a call without an idempotency key, and checks that it succeeds.
func (s *testService) create(t testing.TB, list ...eventJSON) events.Outcome {
	t.Helper()
	return s.createWithKey(t, "", list...)
}

func (s *testService) createWithKey(t testing.TB, key string, list ...eventJSON) events.Outcome {
	t.Helper()
	out, err := s.CreateWebCustomerEvents(context.Background(), s.request(t, key, list...))
	if err != nil {
		t.Fatalf("CreateWebCustomerEvents: %v", err)
	}
	mustBeConsistent(t, out, len(list))
	return out
}

func (s *testService) dryRun(t testing.TB, key string, list ...eventJSON) events.DryRunResult {
	t.Helper()
	result, err := s.CheckWebCustomerEvents(context.Background(), s.request(t, key, list...))
	if err != nil {
		t.Fatalf("CheckWebCustomerEvents: %v", err)
	}
	return result
}

// recorded returns the recorded event with an external reference, if there is one.
func (s *testService) recorded(
	t testing.TB,
	system, number string,
) (event models.WebCustomerEvent, ok bool) {
	t.Helper()
	ref := models.ExternalReference{System: system, Number: number}
	found, err := s.memory.ByExternalReference(context.Background(), []models.ExternalReference{ref})
	if err != nil {
		t.Fatal(err)
	}
	event, ok = found[ref]
	return event, ok
}

// passwordUsed reports whether the one-time password was used.
func (s *testService) passwordUsed(t testing.TB, password string) bool {
	t.Helper()
	ref := models.Reference{
		Kind:  models.AccessTokens,
		By:    models.ByOneTimePassword,
		Value: string(s.Hasher.OneTimePassword(password)),
	}
	found, err := s.memory.AccessTokens(context.Background(), []models.Reference{ref})
	if err != nil || len(found[0]) != 1 {
		t.Fatalf("%d tokens, %v", len(found[0]), err)
	}
	return found[0][0].OneTimePasswordSpentAt != nil
}

func tokenData(tokens ...models.AccessToken) eventstest.Data {
	return eventstest.Data{AccessTokens: tokens}
}
