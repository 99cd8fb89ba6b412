package events_test

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"customer-events/internal/events"
	"customer-events/internal/events/eventstest"
	"customer-events/models"
)

// mustBeConsistent checks what holds for every outcome: each event is in exactly one list, both lists are in
// the caller's order, the summary adds up, and ids, numbers, codes and texts have their format.
func mustBeConsistent(t tb, out events.Outcome, received int) {
	t.Helper()
	seen := make([]int, received)
	last, replayed := -1, 0
	for _, p := range out.ProcessedCustomerEventsSet {
		if p.Index <= last || p.Index >= received {
			t.Fatalf("index %d after %d of %d", p.Index, last, received)
		}
		last = p.Index
		seen[p.Index]++
		if p.Replayed {
			replayed++
		}
		if _, ok := models.ParseID(p.ID); !ok {
			t.Errorf("id %q", p.ID)
		}
		if n, err := strconv.ParseInt(p.Number, 10, 64); err != nil || n <= 0 ||
			strconv.FormatInt(n, 10) != p.Number {
			t.Errorf("number %q", p.Number)
		}
	}
	last = -1
	for _, u := range out.UnprocessedCustomerEventsSet {
		if u.Index <= last || u.Index >= received {
			t.Fatalf("index %d after %d of %d", u.Index, last, received)
		}
		last = u.Index
		seen[u.Index]++
		if len(u.Problems) == 0 || u.Problems[0].ErrorCode != u.ErrorCode ||
			u.Problems[0].ErrorDescription != u.ErrorDescription ||
			u.Retryable != u.ErrorCode.Retryable() {
			t.Errorf("event %d: %+v", u.Index, u)
		}
		for _, problem := range u.Problems {
			if problem.Path == nil || !strings.HasPrefix(problem.ErrorDescription, "Error:") ||
				!strings.HasSuffix(
					problem.ErrorDescription,
					" - Description:"+problem.ErrorCode.Description(),
				) {
				t.Errorf("event %d: %+v", u.Index, problem)
			}
		}
	}
	for i, times := range seen {
		if times != 1 {
			t.Errorf("event %d is in %d lists", i, times)
		}
	}
	want := events.BatchSummary{
		Received:    received,
		Processed:   len(out.ProcessedCustomerEventsSet),
		Replayed:    replayed,
		Unprocessed: len(out.UnprocessedCustomerEventsSet),
	}
	if out.Summary != want || out.ProcessedCustomerEventsSet == nil ||
		out.UnprocessedCustomerEventsSet == nil {
		t.Errorf("summary %+v, want %+v", out.Summary, want)
	}
}

// mustProcess checks that all events were processed, and which of them were recorded before.
func mustProcess(t testing.TB, out events.Outcome, replayed ...bool) {
	t.Helper()
	if len(out.UnprocessedCustomerEventsSet) > 0 {
		t.Fatalf("unprocessed: %+v", out.UnprocessedCustomerEventsSet)
	}
	var got []bool
	for _, p := range out.ProcessedCustomerEventsSet {
		got = append(got, p.Replayed)
	}
	if !slices.Equal(got, replayed) {
		t.Errorf("replayed: %v, want %v", got, replayed)
	}
}

// mustReject checks that the only event was unprocessed, with one problem.
func mustReject(t testing.TB, out events.Outcome, code models.Code, what string, path ...string) {
	t.Helper()
	if len(out.UnprocessedCustomerEventsSet) != 1 || len(out.ProcessedCustomerEventsSet) != 0 {
		t.Fatalf("outcome %+v", out)
	}
	u := out.UnprocessedCustomerEventsSet[0]
	if want := "Error:" + what + " - Description:" + code.Description(); u.ErrorCode != code ||
		u.ErrorDescription != want {
		t.Errorf("%s %q, want %s %q", u.ErrorCode, u.ErrorDescription, code, want)
	}
	if len(u.Problems) != 1 || !slices.Equal(u.Problems[0].Path, path) {
		t.Errorf("problems %+v, want one at %s", u.Problems, path)
	}
}

// mustEqualEvents checks that two outcomes contain the same processed events.
func mustEqualEvents(t tb, first, second events.Outcome) {
	t.Helper()
	known := make(map[int]events.ProcessedCustomerEvent)
	for _, p := range first.ProcessedCustomerEventsSet {
		known[p.Index] = p
	}
	for _, p := range second.ProcessedCustomerEventsSet {
		if was := known[p.Index]; was.ID != p.ID || was.Number != p.Number ||
			was.RequestUniqueIdentifier != p.RequestUniqueIdentifier {
			t.Errorf("event %d was %+v and is %+v", p.Index, was, p)
		}
		delete(known, p.Index)
	}
	if len(known) > 0 {
		t.Errorf("missing: %v", known)
	}
}

// mustReplay sends an event that first has recorded, in small and large calls. It checks that the event is a
// replay and no failed attempt.
func (s *testService) mustReplay(t *testing.T, first events.Outcome, event eventJSON) {
	t.Helper()
	s.memory.ResetCounters()
	s.Store = noFailuresStore{s.memory, t}
	defer func() { s.Store = s.memory }()
	want := first.ProcessedCustomerEventsSet[0]
	for _, list := range [][]eventJSON{
		{event.withIdentifier("again")},
		append(minimalEvents(150), event.withIdentifier("again")),
	} {
		out := s.create(t, list...)
		got := out.ProcessedCustomerEventsSet
		if len(got) != len(list) || got[len(got)-1].ID != want.ID || got[len(got)-1].Number != want.Number ||
			!got[len(got)-1].Replayed {
			t.Errorf(
				"in a call of %d, %s: %+v, unprocessed %+v, want %+v",
				len(list),
				event,
				got[max(0, len(got)-1):],
				out.UnprocessedCustomerEventsSet,
				want,
			)
		}
		if result := s.dryRun(t, "", list...); result.Replays != 1 {
			t.Errorf("the dry run of %d reports %d replays", len(list), result.Replays)
		}
	}
}

// noFailuresStore fails the test if a failed attempt is counted.
type noFailuresStore struct {
	*eventstest.Memory
	t *testing.T
}

func (l noFailuresStore) CountAttempts(ctx context.Context, attempts models.Attempts) ([]time.Time, error) {
	for _, attempt := range attempts.List {
		if attempt.Failed {
			l.t.Error("a failed attempt is counted")
		}
	}
	return l.Memory.CountAttempts(ctx, attempts)
}

const lockedOutText = "Error:Access Token Not Checked." +
	" - Description:Too many failed attempts, try again later."

func credentials(identifier, passCode string) eventJSON {
	return token(`{"credentials":{"identifier":"` + identifier + `","passCode":"` + passCode + `"}}`)
}

// firstCodes returns the code of each event: "" for a processed one.
func firstCodes(out events.Outcome) []models.Code {
	list := make([]models.Code, out.Summary.Received)
	for _, u := range out.UnprocessedCustomerEventsSet {
		list[u.Index] = u.ErrorCode
	}
	return list
}

// mustHaveCodes makes a call and checks each event's code.
func (s *testService) mustHaveCodes(t *testing.T, list []eventJSON, want ...models.Code) {
	t.Helper()
	for i := range list {
		list[i] = list[i].withIdentifier(fmt.Sprint(i))
	}
	out := s.create(t, list...)
	if got := firstCodes(out); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%v, want %v", got, want)
	}
	for _, u := range out.UnprocessedCustomerEventsSet {
		if u.ErrorCode == models.TooManyAttempts && (u.ErrorDescription != lockedOutText || !u.Retryable) {
			t.Errorf("%+v", u)
		}
	}
}

const processedCode, notFoundCode, lockedOutCode = models.Code(""), models.NotFound, models.TooManyAttempts
