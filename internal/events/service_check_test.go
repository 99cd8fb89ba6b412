package events_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"customer-events/internal/events"
	"customer-events/models"
)

func TestACheckStoresAndSpendsNothing(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	for range 2 {
		verdicts := s.check(t, "key", token(otp).named("a").referred("s", "1"), plain().named("b").with("website", "7"))
		if verdicts.Acceptable != 1 || verdicts.Replays != 0 || len(verdicts.UnprocessedCustomerEventsSet) != 1 {
			t.Errorf("%+v", verdicts)
		}
		s.mustBeEmpty(t)
	}
	mustProcess(t, s.createWith(t, "key", plain()), false) // the key is free for other events
	mustProcess(t, s.create(t, token(otp).referred("s", "1")), false)
}

func TestACheckSaysWhatTheCallWouldBeAnswered(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	mustProcess(t, s.create(t, full()), false)
	list := []raw{full().named("a"), full().named("b").with("website", `"x.com"`), plain().named("c"), plain().named("d"), plain().named("d"),
		plain().named("e").with("accountsReceivableIdentifier", `{"name":"Alex Twin"}`), token(otp).named("f"), plain().named("g").referred("n", "1"), plain().named("h").referred("n", "1")}
	verdicts := s.check(t, "", list...)
	out := s.create(t, list...)
	want := events.DryRunResult{Acceptable: 5, Replays: 2, UnprocessedCustomerEventsSet: out.UnprocessedCustomerEventsSet}
	if diff := cmp.Diff(want, verdicts); diff != "" {
		t.Error(diff)
	}
	if out.Summary != (events.BatchSummary{Received: 9, Processed: 5, Replayed: 2, Unprocessed: 4}) {
		t.Errorf("%+v", out.Summary)
	}
}

func TestACheckOfNoEvents(t *testing.T) {
	t.Parallel()
	if verdicts := newShop(t).check(t, ""); verdicts.Acceptable != 0 || verdicts.UnprocessedCustomerEventsSet == nil || len(verdicts.UnprocessedCustomerEventsSet) != 0 {
		t.Errorf("%+v", verdicts)
	}
}

// A ledger that must not be written to is enough for a check.
type readOnly struct {
	events.EventStore
	t *testing.T
}

func (r readOnly) Record(context.Context, models.WriteSet) error {
	r.t.Error("a check has written")
	return nil
}

func TestACheckDoesNotWrite(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.Store = readOnly{s.memory, t}
	s.check(t, "key", mixed()...)
	s.check(t, "key")
}
