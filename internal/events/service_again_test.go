package events_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"customer-events/internal/events"
	"customer-events/internal/events/eventstest"
	"customer-events/models"
)

// mustBeTheSame checks that a second answer names the events of the first.
func mustBeTheSame(t tb, first, second events.Outcome) {
	t.Helper()
	known := make(map[int]events.ProcessedCustomerEvent)
	for _, p := range first.ProcessedCustomerEventsSet {
		known[p.Index] = p
	}
	for _, p := range second.ProcessedCustomerEventsSet {
		if was := known[p.Index]; was.ID != p.ID || was.Number != p.Number || was.RequestUniqueIdentifier != p.RequestUniqueIdentifier {
			t.Errorf("event %d was %+v and is %+v", p.Index, was, p)
		}
		delete(known, p.Index)
	}
	if len(known) > 0 {
		t.Errorf("gone: %v", known)
	}
}

// full has something in every field that is compared.
func full() raw {
	event := plain().referred("s", "1").with("description", `"d"`).with("classificationIdentifier", `{"alternativeCode":"NL"}`)
	for i := 1; i <= 8; i++ {
		event = event.with(fmt.Sprint("udfString", i), `"a"`)
	}
	for i := 1; i <= 4; i++ {
		event = event.with(fmt.Sprint("udfFloat", i), `1.5`).with(fmt.Sprint("udfDate", i), `"2016-06-22T15:00:00"`)
	}
	return event
}

func TestEqualContentIsAReplayHoweverItIsWritten(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	first := s.create(t, full())
	mustProcess(t, first, false)
	again := full().named("another").with("accountsReceivableIdentifier", `{"id":"A20"}`).with("classificationIdentifier", `{"name":"Newsletter"}`).
		with("performedByUnitIdentifier", `{"id":"1"}`).with("performedOn", `"2016-06-22T18:00:00.000+03:00"`).with("udfDate1", `"2016-06-22t15:00:00z"`).
		with("udfFloat1", `0.15E1`).with("website", `"www\u002ecrm.com"`).with("rewardsParticipantIdentifier", "null")
	second := s.create(t, again)
	mustProcess(t, second, true)
	if a, b := first.ProcessedCustomerEventsSet[0], second.ProcessedCustomerEventsSet[0]; a.ID != b.ID || a.Number != b.Number {
		t.Errorf("%+v, then %+v", a, b)
	}
}

func TestATakenReferenceNamesTheDifferingField(t *testing.T) {
	t.Parallel()
	changes := map[string]string{"accountsReceivableIdentifier": `{"number":"ACR0000000077"}`, "classificationIdentifier": `{"alternativeCode":"PP"}`,
		"performedByUnitIdentifier": `{"alternativeCode":"webshop"}`, "performedOn": `"2016-06-22T15:00:00.000001"`, "website": `"www.crm.com/"`, "description": `"d "`}
	for i := 1; i <= 8; i++ {
		changes[fmt.Sprint("udfString", i)] = `"A"`
	}
	for i := 1; i <= 4; i++ {
		changes[fmt.Sprint("udfFloat", i)], changes[fmt.Sprint("udfDate", i)] = `1.5000000000000002`, `"2016-06-22T15:00:00+00:01"`
	}
	for field, value := range changes {
		t.Run(field, func(t *testing.T) {
			t.Parallel()
			s := newShop(t)
			mustProcess(t, s.create(t, full()), false)
			what := field + " Differs From The Event That Has The External Reference (1) Of s: an external reference always names the same event."
			mustRefuse(t, s.create(t, full().with(field, value)), models.Duplicate, what, field)
			switch field {
			case "accountsReceivableIdentifier", "performedByUnitIdentifier", "performedOn", "website":
			default: // left out is another content, too, and so is given where there was none
				mustRefuse(t, s.create(t, full().without(field)), models.Duplicate, what, field)
				s := newShop(t)
				mustProcess(t, s.create(t, full().without(field)), false)
				mustRefuse(t, s.create(t, full()), models.Duplicate, what, field)
			}
		})
	}
	t.Run("rewardsParticipantIdentifier", func(t *testing.T) {
		t.Parallel()
		s := newShop(t)
		mustProcess(t, s.create(t, full()), false)
		mustRefuse(t, s.create(t, full().by(`{"number":"RP0000000019"}`)), models.Duplicate, // of the same account
			"rewardsParticipantIdentifier Differs From The Event That Has The External Reference (1) Of s: an external reference always names the same event.", "rewardsParticipantIdentifier")
	})
	t.Run("several", func(t *testing.T) {
		t.Parallel()
		s := newShop(t)
		mustProcess(t, s.create(t, full()), false)
		var paths []string
		for _, problem := range s.create(t, full().with("udfFloat4", "0").with("website", `"x.com"`).with("description", "null")).UnprocessedCustomerEventsSet[0].Problems {
			paths = append(paths, strings.Join(problem.Path, "."))
		}
		if slices.Sort(paths); !slices.Equal(paths, []string{"description", "udfFloat4", "website"}) {
			t.Errorf("problems at %s", paths)
		}
	})
}

func TestHalfAReferenceNamesNothing(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	for _, event := range []raw{plain().with("externalSystem", `"s"`), plain().with("externalSystemReferenceNumber", `"1"`), plain().referred("s", " "), plain().referred("", "1")} {
		mustProcess(t, s.create(t, event.named("a"), event.named("b").with("website", `"x.com"`)), false, false)
		mustProcess(t, s.create(t, event), false)
	}
}

func TestAReferenceTwiceInOneCall(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	nobody := plain().with("accountsReceivableIdentifier", `{"number":"x"}`)
	out := s.create(t, nobody.named("0").referred("s", "1"), plain().named("1").referred("s", "1"), plain().named("2"), plain().named("3").referred("s", "1"),
		plain().named("4").referred("s", "1").with("website", `"x.com"`), plain().named("5").referred("s", "1"))
	var got []string
	for _, p := range out.ProcessedCustomerEventsSet {
		got = append(got, fmt.Sprintln(p.Index, p.Replayed, p.ID == out.ProcessedCustomerEventsSet[0].ID && p.Number == out.ProcessedCustomerEventsSet[0].Number))
	}
	for _, u := range out.UnprocessedCustomerEventsSet {
		got = append(got, fmt.Sprintln(u.Index, u.ErrorCode))
	}
	if want := "1 false true\n2 false false\n3 true true\n5 true true\n0 " + string(models.NotFound) + "\n4 " + string(models.Duplicate) + "\n"; strings.Join(got, "") != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestACallIsReplayedByItsKey(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	list := []raw{plain().named("a"), full().named("b"), plain().named("c").with("website", "7"), plain().by(`{"id":"P19"}`).named("d"), full().named("e")}
	first := s.createWith(t, "key", list...)
	for range 2 {
		second := s.createWith(t, "key", list...)
		mustBeTheSame(t, first, second)
		if second.Summary != (events.BatchSummary{Received: 5, Processed: 4, Replayed: 4, Unprocessed: 1}) {
			t.Errorf("summary %+v", second.Summary)
		}
	}
}

func TestTheSameEventsAreTheSameHoweverTheyAreWritten(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	first := s.createWith(t, "key", full())
	second := s.createWith(t, "key", full().with("performedOn", `"2016-06-22T17:00:00.0+02:00"`).with("udfFloat2", "15e-1").with("description", `"\u0064"`).with("rewardsParticipantIdentifier", "null"))
	mustProcess(t, second, true)
	mustBeTheSame(t, first, second)
}

func TestAKeyWithOtherEventsIsReused(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	base := []raw{full().named("a"), token(otp).named("b")}
	s.createWith(t, "key", base...)
	for what, list := range map[string][]raw{
		"none": {}, "one less": base[:1], "one more": append(base[:2:2], plain().named("c").referred("n", "1")), "another order": {base[1], base[0]},
		"another request identifier": {base[0].named("x"), base[1]}, "another website": {base[0].with("website", `"x.com"`), base[1]},
		"another account": {base[0].with("accountsReceivableIdentifier", `{"id":"x"}`), base[1]}, "the same account by its id": {base[0].with("accountsReceivableIdentifier", `{"id":"A20"}`), base[1]},
		"another password": {base[0], token(`{"oneTimePassword":"1"}`).named("b")}, "another way in": {base[0], token(`{"authenticationCode":"073482"}`).named("b")},
		"a faulty one": {base[0].with("udfDate4", "7"), base[1]}, "an empty text": {base[0].with("udfString1", `""`), base[1]},
	} {
		_, err := s.CreateWebCustomerEvents(context.Background(), s.request(t, "key", list...))
		if !errors.Is(err, events.ErrKeyReused) {
			t.Errorf("%s: %v, want ErrKeyReused", what, err)
		}
		if _, err := s.CheckWebCustomerEvents(context.Background(), s.request(t, "key", list...)); !errors.Is(err, events.ErrKeyReused) {
			t.Errorf("%s: check: %v, want ErrKeyReused", what, err)
		}
	}
	if event, ok := s.recorded(t, "n", "1"); ok {
		t.Errorf("recorded %+v", event)
	}
	s.createWith(t, "another key", base[0])
}

func TestAPassCodeIsPartOfTheEvents(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.createWith(t, "key", token(`{"credentials":{"identifier":"maria@example.com","passCode":"4711"}}`))
	_, err := s.CreateWebCustomerEvents(context.Background(), s.request(t, "key", token(`{"credentials":{"identifier":"maria@example.com","passCode":"0"}}`)))
	if !errors.Is(err, events.ErrKeyReused) {
		t.Errorf("%v, want ErrKeyReused", err)
	}
}

func TestKeysAreEachUsersOwn(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	mustProcess(t, s.createWith(t, "key", plain()), false)
	s.caller.UserKey = s.data.Users[1].Key
	mustProcess(t, s.createWith(t, "key", plain().with("website", `"x.com"`)), false)
	mustProcess(t, s.createWith(t, "KEY", plain()), false) // a key is case-sensitive
}

func TestUnprocessedEventsAreJudgedAnew(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	list := []raw{plain().named("a").with("accountsReceivableIdentifier", `{"number":"NEW"}`), plain().named("b"), plain().named("c").with("performedByUnitIdentifier", `{"id":"x"}`)}
	first := s.createWith(t, "key", list...)
	if first.Summary.Processed != 1 {
		t.Fatalf("summary %+v", first.Summary)
	}
	s.memory.Add(t, eventstest.Data{Accounts: []models.Account{{ID: "NEW", Number: "NEW", Name: "NEW"}}})
	second := s.createWith(t, "key", list...)
	if got := second.ProcessedCustomerEventsSet; len(got) != 2 || got[0].Index != 0 || got[0].Replayed || got[1].Index != 1 || !got[1].Replayed || got[1].ID != first.ProcessedCustomerEventsSet[0].ID {
		t.Errorf("processed %+v", got)
	}
	third := s.createWith(t, "key", list...)
	mustBeTheSame(t, second, third)
	if third.Summary.Replayed != 2 || third.Summary.Unprocessed != 1 {
		t.Errorf("summary %+v", third.Summary)
	}
}

func TestAnEventWithoutKeyOrReferenceIsRecordedEachTime(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	first, second := s.create(t, plain()), s.create(t, plain())
	mustProcess(t, first, false)
	mustProcess(t, second, false)
	if first.ProcessedCustomerEventsSet[0].ID == second.ProcessedCustomerEventsSet[0].ID {
		t.Error("both have one id")
	}
}

func TestTwinsAtOnceHaveOneEffect(t *testing.T) {
	t.Parallel()
	for name, key := range map[string]string{"by key": "key", "by reference": ""} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newShop(t)
			list := []raw{full().named("a"), token(otp).named("b").referred("s", "2")}
			outs, running := make([]events.Outcome, 8), sync.WaitGroup{}
			for i := range outs {
				running.Go(func() { outs[i] = s.createWith(t, key, list...) })
			}
			running.Wait()
			fresh := 0
			for _, out := range outs {
				mustBeTheSame(t, outs[0], out)
				fresh += out.Summary.Processed - out.Summary.Replayed
			}
			if fresh != 2 {
				t.Errorf("%d events were recorded, want 2", fresh)
			}
		})
	}
}
