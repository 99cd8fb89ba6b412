package events_test

import (
	"errors"
	"testing"

	"customer-events/internal/events"
	"customer-events/internal/strictjson"
	"customer-events/models"
)

// rotate gives the service another secret key, with or without the key that all stored hashes have.
func (s *testService) rotate(older ...[]byte) {
	s.Hasher = models.NewKeyedHasher([]byte("the tests' next key"), older...)
}

// createAfterRotation makes a call that is decoded with the current key of the service.
func (s *testService) createAfterRotation(
	t *testing.T,
	key string,
	list ...eventJSON,
) (events.Outcome, error) {
	t.Helper()
	decoder := newDecoder()
	decoder.Hasher = s.Hasher
	text := "["
	for i, event := range list {
		if i > 0 {
			text += ","
		}
		text += event.String()
	}
	set, err := decoder.DecodeBatch(strictjson.New(text + "]"))
	if err != nil {
		t.Fatal(err)
	}
	return s.CreateWebCustomerEvents(
		t.Context(),
		events.Request{Caller: s.caller, IdempotencyKey: key, Events: set},
	)
}

var previousKey = []byte("the tests' own key")

func TestKeyRotation_Credentials(t *testing.T) {
	t.Parallel()
	s := newTestService(t)
	list := []eventJSON{
		token(`{"authenticationCode":"maria-code"}`).withIdentifier("a"),
		credentials("maria@example.com", "4711").withIdentifier("b"),
		token(otp).withIdentifier("c"),
		token(
			`{"authenticationCode":"unknown"}`,
		).withIdentifier("d"),
		credentials("maria@example.com", "4712").withIdentifier("e"),
		token(`{"oneTimePassword":"000005"}`).withIdentifier("f"),
		token(`{"authenticationCode":"shared"}`).withIdentifier("g"),
	}
	s.rotate()
	if out, err := s.createAfterRotation(t, "", list...); err != nil || out.Summary.Processed != 0 {
		t.Fatalf("without the old key: %+v, %v", out.Summary, err)
	}
	s.rotate(previousKey)
	out, err := s.createAfterRotation(t, "", list...)
	if err != nil || out.Summary.Processed != 3 || out.Summary.Unprocessed != 4 {
		t.Errorf("%+v, %v", out, err)
	}
	if again, err := s.createAfterRotation(t, "", list[2].withReference("s", "1")); err != nil ||
		again.Summary.Processed != 0 {
		t.Errorf("the password is not used: %+v, %v", again, err)
	}
}

// A call recorded with the previous key stays the same call, and later events of the call are added to its
// record.
func TestKeyRotation_IdempotencyKeys(t *testing.T) {
	t.Parallel()
	s := newTestService(t)
	list := []eventJSON{
		token(`{"authenticationCode":"maria-code"}`).withIdentifier("a"),
		minimalEvent().withIdentifier("b"),
		token(`{"authenticationCode":"later"}`).withIdentifier("c"),
	}
	first := s.createWithKey(t, "key", list...)
	if first.Summary.Processed != 2 {
		t.Fatalf("%+v", first)
	}
	s.rotate(previousKey)
	hash := s.Hasher.AuthenticationCode("later") // imported with the new key
	s.memory.Add(
		t,
		tokenData(
			models.AccessToken{
				Number:                 "AT20",
				State:                  models.Effective,
				ParticipantKey:         s.data.Participants[0].Key,
				AuthenticationCodeHash: hash,
			},
		),
	)
	for try := range 2 {
		out, err := s.createAfterRotation(t, "key", list...)
		if err != nil || out.Summary.Processed != 3 || out.Summary.Replayed != 2+try {
			t.Fatalf("try %d: %+v, %v", try, out.Summary, err)
		}
		for i, p := range first.ProcessedCustomerEventsSet {
			if got := out.ProcessedCustomerEventsSet[i]; got.ID != p.ID || got.Number != p.Number {
				t.Errorf("%+v, then %+v", p, got)
			}
		}
	}
	if list := s.memory.Events(); len(list) != 3 {
		t.Errorf("%d events are recorded", len(list))
	}
	if _, err := s.createAfterRotation(t, "key", list[1:]...); !errors.Is(err, events.ErrKeyReused) {
		t.Errorf("other events under the key: %v", err)
	}
}
