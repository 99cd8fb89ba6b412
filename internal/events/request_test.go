package events_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"customer-events/internal/events"
	"customer-events/models"
)

// A call changes nothing in its request, so that the same request can be used again.
func TestCreate_RequestIsUnchanged(t *testing.T) {
	t.Parallel()
	s := newTestService(t)
	mustProcess(t, s.create(t, fullEventJSON()), false)
	list := []eventJSON{
		minimalEvent().withIdentifier("new"),
		fullEventJSON().withIdentifier("replay"),
		fullEventJSON().withIdentifier("differs").with("website", `"x.com"`),
		token(otp).withIdentifier("password").withReference("s", "2"),
		credentials("maria@example.com", "0").withIdentifier("wrong pass code"),
		minimalEvent().withIdentifier("unknown account").with(
			"accountsReceivableIdentifier",
			`{"number":"unknown"}`,
		),
		minimalEvent().withIdentifier("invalid").without("website"),
		minimalEvent().withIdentifier("rejected by the database"),
		minimalEvent().withIdentifier("duplicate").withReference("s", "3"),
		minimalEvent().withIdentifier("duplicate of it").withReference("s", "3"),
	}
	f := s.withFaultyStore(nil)
	f.record = func(_ int, write func() error) error {
		rows := f.sets[len(f.sets)-1].Events
		if len(rows) == 4 { // in the first pass, the rejected event is the third row of four
			return &models.RowRejectedError{Index: 2, Err: errors.New("too long")}
		}
		return write()
	}
	request := s.request(t, "key", list...)
	before := slices.Clone(request.Events.Events)
	dryRun, err := s.CheckWebCustomerEvents(t.Context(), request)
	if err != nil {
		t.Fatal(err)
	}
	if dryRun.Acceptable != 6 || dryRun.Replays != 2 {
		t.Errorf("dry run: %+v", dryRun)
	}
	first, err := s.CreateWebCustomerEvents(t.Context(), request)
	if err != nil {
		t.Fatal(err)
	}
	mustBeConsistent(t, first, len(list))
	if first.Summary != (events.BatchSummary{Received: 10, Processed: 5, Replayed: 2, Unprocessed: 5}) {
		t.Errorf("%+v", first.Summary)
	}
	if diff := cmp.Diff(before, request.Events.Events); diff != "" {
		t.Errorf("the call has changed its request: %s", diff)
	}
	second, err := s.CreateWebCustomerEvents(t.Context(), request)
	if err != nil {
		t.Fatal(err)
	}
	if want := (events.BatchSummary{
		Received:    10,
		Processed:   6,
		Replayed:    5,
		Unprocessed: 4,
	}); second.Summary != want {
		t.Errorf("the same request again: %+v, want %+v", second.Summary, want)
	}
}
