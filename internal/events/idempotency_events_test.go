package events_test

import (
	"context"
	"errors"
	"sync"
	"testing"

	"customer-events/internal/events"
	"customer-events/internal/events/eventstest"
	"customer-events/models"
)

func TestKey_Replay(t *testing.T) {
	t.Parallel()
	s := newTestService(t)
	list := []eventJSON{
		minimalEvent().withIdentifier("a"),
		fullEventJSON().withIdentifier("b"),
		minimalEvent().withIdentifier("c").with("website", "7"),
		minimalEvent().forParticipant(`{"id":"P19"}`).withIdentifier("d"),
		fullEventJSON().withIdentifier("e"),
	}
	first := s.createWithKey(t, "key", list...)
	for range 2 {
		second := s.createWithKey(t, "key", list...)
		mustEqualEvents(t, first, second)
		if second.Summary != (events.BatchSummary{Received: 5, Processed: 4, Replayed: 4, Unprocessed: 1}) {
			t.Errorf("summary %+v", second.Summary)
		}
	}
}

func TestKey_EventsInAnotherNotation(t *testing.T) {
	t.Parallel()
	s := newTestService(t)
	first := s.createWithKey(t, "key", fullEventJSON())
	second := s.createWithKey(
		t,
		"key",
		fullEventJSON().with("performedOn", `"2016-06-22T17:00:00.0+02:00"`).with("udfFloat2", "15e-1").with(
			"description",
			`"\u0064"`,
		).with("rewardsParticipantIdentifier", "null"),
	)
	mustProcess(t, second, true)
	mustEqualEvents(t, first, second)
}

func TestKey_OtherEvents(t *testing.T) {
	t.Parallel()
	s := newTestService(t)
	base := []eventJSON{fullEventJSON().withIdentifier("a"), token(otp).withIdentifier("b")}
	s.createWithKey(t, "key", base...)
	third := minimalEvent().withIdentifier("c").withReference("n", "1")
	for what, list := range map[string][]eventJSON{
		"none":                       {},
		"one event less":             base[:1],
		"one event more":             {base[0], base[1], third},
		"another order":              {base[1], base[0]},
		"another request identifier": {base[0].withIdentifier("x"), base[1]},
		"another website":            {base[0].with("website", `"x.com"`), base[1]},
		"another account":            {base[0].with("accountsReceivableIdentifier", `{"id":"x"}`), base[1]},
		"the same account by its id": {
			base[0].with("accountsReceivableIdentifier", `{"id":"A20"}`),
			base[1],
		},
		"another password":   {base[0], token(`{"oneTimePassword":"1"}`).withIdentifier("b")},
		"another credential": {base[0], token(`{"authenticationCode":"073482"}`).withIdentifier("b")},
		"an invalid one":     {base[0].with("udfDate4", "7"), base[1]},
		"an empty text":      {base[0].with("udfString1", `""`), base[1]},
	} {
		_, err := s.CreateWebCustomerEvents(context.Background(), s.request(t, "key", list...))
		if !errors.Is(err, events.ErrKeyReused) {
			t.Errorf("%s: %v, want ErrKeyReused", what, err)
		}
		request := s.request(t, "key", list...)
		_, err = s.CheckWebCustomerEvents(context.Background(), request)
		if !errors.Is(err, events.ErrKeyReused) {
			t.Errorf("%s: check: %v, want ErrKeyReused", what, err)
		}
	}
	if event, ok := s.recorded(t, "n", "1"); ok {
		t.Errorf("recorded %+v", event)
	}
	s.createWithKey(t, "another key", base[0])
}

func TestKey_OtherPassCode(t *testing.T) {
	t.Parallel()
	s := newTestService(t)
	s.createWithKey(t, "key", token(`{"credentials":{"identifier":"maria@example.com","passCode":"4711"}}`))
	_, err := s.CreateWebCustomerEvents(
		context.Background(),
		s.request(t, "key", token(`{"credentials":{"identifier":"maria@example.com","passCode":"0"}}`)),
	)
	if !errors.Is(err, events.ErrKeyReused) {
		t.Errorf("%v, want ErrKeyReused", err)
	}
}

func TestKey_OtherUser(t *testing.T) {
	t.Parallel()
	s := newTestService(t)
	mustProcess(t, s.createWithKey(t, "key", minimalEvent()), false)
	s.caller.UserKey = s.data.Users[1].Key
	mustProcess(t, s.createWithKey(t, "key", minimalEvent().with("website", `"x.com"`)), false)
	mustProcess(t, s.createWithKey(t, "KEY", minimalEvent()), false) // keys are case-sensitive
}

func TestKey_UnprocessedEventsAreCheckedAgain(t *testing.T) {
	t.Parallel()
	s := newTestService(t)
	list := []eventJSON{
		minimalEvent().withIdentifier("a").with("accountsReceivableIdentifier", `{"number":"NEW"}`),
		minimalEvent().withIdentifier("b"),
		minimalEvent().withIdentifier("c").with("performedByUnitIdentifier", `{"id":"x"}`),
	}
	first := s.createWithKey(t, "key", list...)
	if first.Summary.Processed != 1 {
		t.Fatalf("summary %+v", first.Summary)
	}
	s.memory.Add(t, eventstest.Data{Accounts: []models.Account{{ID: "NEW", Number: "NEW", Name: "NEW"}}})
	second := s.createWithKey(t, "key", list...)
	if got := second.ProcessedCustomerEventsSet; len(got) != 2 || got[0].Index != 0 || got[0].Replayed ||
		got[1].Index != 1 ||
		!got[1].Replayed ||
		got[1].ID != first.ProcessedCustomerEventsSet[0].ID {
		t.Errorf("processed %+v", got)
	}
	third := s.createWithKey(t, "key", list...)
	mustEqualEvents(t, second, third)
	if third.Summary.Replayed != 2 || third.Summary.Unprocessed != 1 {
		t.Errorf("summary %+v", third.Summary)
	}
}

func TestCreate_WithoutKeyOrReference(t *testing.T) {
	t.Parallel()
	s := newTestService(t)
	first, second := s.create(t, minimalEvent()), s.create(t, minimalEvent())
	mustProcess(t, first, false)
	mustProcess(t, second, false)
	if first.ProcessedCustomerEventsSet[0].ID == second.ProcessedCustomerEventsSet[0].ID {
		t.Error("both have one id")
	}
}

func TestCreate_ConcurrentEqualCalls(t *testing.T) {
	t.Parallel()
	for name, key := range map[string]string{"by key": "key", "by reference": ""} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newTestService(t)
			list := []eventJSON{
				fullEventJSON().withIdentifier("a"),
				token(otp).withIdentifier("b").withReference("s", "2"),
			}
			outs, running := make([]events.Outcome, 8), sync.WaitGroup{}
			for i := range outs {
				running.Go(func() { outs[i] = s.createWithKey(t, key, list...) })
			}
			running.Wait()
			fresh := 0
			for _, out := range outs {
				mustEqualEvents(t, outs[0], out)
				fresh += out.Summary.Processed - out.Summary.Replayed
			}
			if fresh != 2 {
				t.Errorf("%d events were recorded, want 2", fresh)
			}
		})
	}
}
