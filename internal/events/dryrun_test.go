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
		result := s.dryRun(
			t,
			"key",
			token(otp).withIdentifier("a").withReference("s", "1"),
			minimalEvent().withIdentifier("b").with("website", "7"),
		)
		if result.Acceptable != 1 || result.Replays != 0 || len(result.UnprocessedCustomerEventsSet) != 1 ||
			result.Summary != (events.BatchSummary{Received: 2, Processed: 1, Unprocessed: 1}) {
			t.Errorf("%+v", result)
		}
		s.mustHaveStoredNothing(t)
	}
	mustProcess(t, s.createWithKey(t, "key", minimalEvent()), false) // the key is still unused
	mustProcess(t, s.create(t, token(otp).withReference("s", "1")), false)
}

func TestDryRun_PredictsTheCall(t *testing.T) {
	t.Parallel()
	s := newTestService(t)
	mustProcess(t, s.create(t, fullEventJSON()), false)
	list := []eventJSON{
		fullEventJSON().withIdentifier("a"),
		fullEventJSON().withIdentifier("b").with("website", `"x.com"`),
		minimalEvent().withIdentifier("c"),
		minimalEvent().withIdentifier("d"),
		minimalEvent().withIdentifier("d"),
		minimalEvent().withIdentifier("e").with("accountsReceivableIdentifier", `{"name":"Alex Twin"}`),
		token(otp).withIdentifier("f"),
		minimalEvent().withIdentifier("g").withReference("n", "1"),
		minimalEvent().withIdentifier("h").withReference("n", "1"),
	}
	result := s.dryRun(t, "", list...)
	out := s.create(t, list...)
	want := events.DryRunResult{
		Acceptable:                   5,
		Replays:                      2,
		UnprocessedCustomerEventsSet: out.UnprocessedCustomerEventsSet,
		Summary:                      out.Summary,
	}
	if diff := cmp.Diff(want, result); diff != "" {
		t.Error(diff)
	}
	if out.Summary != (events.BatchSummary{Received: 9, Processed: 5, Replayed: 2, Unprocessed: 4}) {
		t.Errorf("%+v", out.Summary)
	}
}

func TestDryRun_NoEvents(t *testing.T) {
	t.Parallel()
	if result := newTestService(t).dryRun(t, ""); result.Acceptable != 0 ||
		result.Summary != (events.BatchSummary{}) ||
		result.UnprocessedCustomerEventsSet == nil ||
		len(result.UnprocessedCustomerEventsSet) != 0 {
		t.Errorf("%+v", result)
	}
}

// readOnlyStore fails the test if a dry run writes.
type readOnlyStore struct {
	events.EventStore
	t *testing.T
}

func (r readOnlyStore) Record(context.Context, models.WriteSet) error {
	r.t.Error("a dry run has written")
	return nil
}

func TestDryRun_DoesNotWrite(t *testing.T) {
	t.Parallel()
	s := newTestService(t)
	s.Store = readOnlyStore{s.memory, t}
	s.dryRun(t, "key", threeEvents()...)
	s.dryRun(t, "key")
}
