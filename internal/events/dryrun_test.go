package events_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"customer-events/internal/events"
	"customer-events/models"
)

func TestDryRun_StoresNothing(t *testing.T) {
	t.Parallel()
	s := newTestService(t)
	for range 2 {
		verdicts := s.dryRun(t, "key", token(otp).withIdentifier("a").withReference("s", "1"), minimalEvent().withIdentifier("b").with("website", "7"))
		if verdicts.Acceptable != 1 || verdicts.Replays != 0 || len(verdicts.UnprocessedCustomerEventsSet) != 1 {
			t.Errorf("%+v", verdicts)
		}
		s.mustHaveStoredNothing(t)
	}
	mustProcess(t, s.createWithKey(t, "key", minimalEvent()), false) // the key is free for other events
	mustProcess(t, s.create(t, token(otp).withReference("s", "1")), false)
}

func TestDryRun_PredictsTheCall(t *testing.T) {
	t.Parallel()
	s := newTestService(t)
	mustProcess(t, s.create(t, fullEventJSON()), false)
	list := []eventJSON{fullEventJSON().withIdentifier("a"), fullEventJSON().withIdentifier("b").with("website", `"x.com"`), minimalEvent().withIdentifier("c"), minimalEvent().withIdentifier("d"), minimalEvent().withIdentifier("d"),
		minimalEvent().withIdentifier("e").with("accountsReceivableIdentifier", `{"name":"Alex Twin"}`), token(otp).withIdentifier("f"), minimalEvent().withIdentifier("g").withReference("n", "1"), minimalEvent().withIdentifier("h").withReference("n", "1")}
	verdicts := s.dryRun(t, "", list...)
	out := s.create(t, list...)
	want := events.DryRunResult{Acceptable: 5, Replays: 2, UnprocessedCustomerEventsSet: out.UnprocessedCustomerEventsSet}
	if diff := cmp.Diff(want, verdicts); diff != "" {
		t.Error(diff)
	}
	if out.Summary != (events.BatchSummary{Received: 9, Processed: 5, Replayed: 2, Unprocessed: 4}) {
		t.Errorf("%+v", out.Summary)
	}
}

func TestDryRun_NoEvents(t *testing.T) {
	t.Parallel()
	if verdicts := newTestService(t).dryRun(t, ""); verdicts.Acceptable != 0 || verdicts.UnprocessedCustomerEventsSet == nil || len(verdicts.UnprocessedCustomerEventsSet) != 0 {
		t.Errorf("%+v", verdicts)
	}
}

// A ledger that must not be written to is enough for a check.
type readOnlyStore struct {
	events.EventStore
	t *testing.T
}

func (r readOnlyStore) Record(context.Context, models.WriteSet) error {
	r.t.Error("a check has written")
	return nil
}

func TestDryRun_DoesNotWrite(t *testing.T) {
	t.Parallel()
	s := newTestService(t)
	s.Store = readOnlyStore{s.memory, t}
	s.dryRun(t, "key", threeEvents()...)
	s.dryRun(t, "key")
}
