package events_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"customer-events/internal/events"
)

func TestProperty_EachEventOnceAndInOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		s := newTestService(t)
		_, texts := drawBatch(rt)
		out := s.createDrawn(t, rt, rapid.SampledFrom([]string{"", "key"}).Draw(rt, "key"), texts)
		if recorded := len(s.memory.Events()); recorded != out.Summary.Processed-out.Summary.Replayed {
			rt.Errorf("%d events are recorded, the summary is %+v", recorded, out.Summary)
		}
		ids := make(map[string]bool)
		for _, p := range out.ProcessedCustomerEventsSet {
			if !p.Replayed && ids[p.ID] {
				rt.Errorf("two new events have the id %s", p.ID)
			}
			ids[p.ID] = true
		}
	})
}

// The result of an event does not depend on the others in the batch, unless they share a request identifier
// or a reference.
func TestProperty_EventsAreIndependent(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		list, texts := drawBatch(rt)
		out := newTestService(t).createDrawn(t, rt, "", texts)
		result := make([]*events.UnprocessedCustomerEvent, len(list))
		for i, u := range out.UnprocessedCustomerEventsSet {
			result[u.Index] = &out.UnprocessedCustomerEventsSet[i]
		}
		for i, d := range list {
			if slices.ContainsFunc(slices.Concat(list[:i], list[i+1:]), d.shares) {
				continue
			}
			alone := newTestService(t).createDrawn(t, rt, "", texts[i:i+1])
			if len(alone.UnprocessedCustomerEventsSet) == 0 {
				if result[i] != nil {
					rt.Errorf("%s: processed alone, but %+v in the batch", d.text, *result[i])
				}
				continue
			}
			want := alone.UnprocessedCustomerEventsSet[0]
			want.Index = i
			if diff := cmp.Diff(&want, result[i]); diff != "" {
				rt.Errorf("%s: alone and in the batch: %s", d.text, diff)
			}
		}
	})
}

func TestProperty_SameBatchAgain(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		s := newTestService(t)
		_, before := drawBatch(rt) // an earlier call may have recorded references and used the password
		s.createDrawn(t, rt, "", before)
		_, texts := drawBatch(rt)
		first := s.createDrawn(t, rt, "key", texts)
		recorded := len(s.memory.Events())
		second := s.createDrawn(t, rt, "key", texts)
		// Unprocessed events are checked again, and may become replays: for example one with an expired
		// password whose reference another event of the call has recorded meanwhile.
		again := second
		again.ProcessedCustomerEventsSet = slices.DeleteFunc(
			slices.Clone(second.ProcessedCustomerEventsSet),
			func(p events.ProcessedCustomerEvent) bool {
				return slices.ContainsFunc(
					first.UnprocessedCustomerEventsSet,
					func(u events.UnprocessedCustomerEvent) bool { return u.Index == p.Index },
				)
			},
		)
		mustEqualEvents(rt, first, again)
		if second.Summary.Replayed != second.Summary.Processed || len(s.memory.Events()) != recorded {
			rt.Errorf(
				"%+v and %d recorded, then %+v and %d",
				first.Summary,
				recorded,
				second.Summary,
				len(s.memory.Events()),
			)
		}
	})
}

func TestProperty_DryRunAgreesWithCall(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		s := newTestService(t)
		_, before := drawBatch(rt)
		s.createDrawn(t, rt, "", before)
		_, texts := drawBatch(rt)
		for range 2 { // the second time all events are recorded already
			recorded := len(s.memory.Events())
			s.memory.ResetCounters() // wrong credentials count in a dry run too
			result := s.checkDrawn(t, rt, "key", texts)
			if diff := cmp.Diff(result, s.checkDrawn(t, rt, "key", texts)); diff != "" ||
				len(s.memory.Events()) != recorded {
				rt.Errorf("the dry run has changed the result: %s", diff)
			}
			out := s.createDrawn(t, rt, "key", texts)
			want := events.DryRunResult{
				Acceptable:                   out.Summary.Processed,
				Replays:                      out.Summary.Replayed,
				UnprocessedCustomerEventsSet: out.UnprocessedCustomerEventsSet,
				Summary:                      out.Summary,
			}
			if diff := cmp.Diff(want, result); diff != "" {
				rt.Errorf("the call and the dry run: %s", diff)
			}
		}
	})
}
