package graph_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// outcome is the part of an answer about the events of one call.
type outcome struct {
	Acceptable                   int
	ProcessedCustomerEventsSet   []struct{ Index int }
	UnprocessedCustomerEventsSet []struct {
		RequestUniqueIdentifier *string
		Index                   int
		ErrorCode               string
		Problems                []struct {
			Path      []string
			ErrorCode string
		}
	}
}

// calls holds the ways in which variables may have events.
var calls = []struct{ query, before, after string }{
	{`query ($input: CreateWebCustomerEventsInput!) { checkWebCustomerEvents(input: $input) { acceptable ` +
		`UNPROCESSED } }`, `{"input":{"webCustomerEventsSet":[`, `]}}`},
	{`query ($events: [WebCustomerEventInput!]!) { checkWebCustomerEvents(input: {webCustomerEventsSet: ` +
		`$events}) { acceptable UNPROCESSED } }`, `{"events":[`, `]}`},
}

const (
	unprocessedFields = `unprocessedCustomerEventsSet { requestUniqueIdentifier index errorCode problems ` +
		`{ path errorCode } }`
	mutation = `mutation ($input: CreateWebCustomerEventsInput!) { createWebCustomerEvents(input: ` +
		`$input) { processedCustomerEventsSet { index } ` + unprocessedFields + ` } }`
)

// batchOf returns a thousand events with invalid ones at the given positions.
func batchOf(at map[int]invalidEvent) string {
	var b strings.Builder
	for i := range 1000 {
		if i > 0 {
			b.WriteByte(',')
		}
		if p, isInvalid := at[i]; isInvalid {
			b.WriteString(p.event(fmt.Sprint("r", i)))
		} else {
			b.WriteString(validEvents[i])
		}
	}
	return b.String()
}

var validEvents = func() (texts [1000]string) {
	for i := range texts {
		texts[i] = good(fmt.Sprint("r", i)) + "}"
	}
	return texts
}()

// compare reports every event with an unexpected result.
func compare(t *testing.T, name string, at map[int]invalidEvent, got outcome) {
	t.Helper()
	found := make(map[int]bool)
	last := -1
	for _, u := range got.UnprocessedCustomerEventsSet {
		found[u.Index] = true
		p, isInvalid := at[u.Index]
		if u.Index <= last {
			t.Errorf("%s: the order is not the caller's", name)
		}
		last = u.Index
		if !isInvalid {
			t.Errorf("%s: the valid event %d is unprocessed: %+v", name, u.Index, u)
			continue
		}
		if u.ErrorCode != p.code || len(u.Problems) == 0 || u.Problems[0].ErrorCode != p.code ||
			strings.Join(u.Problems[0].Path, ".") != p.path {
			t.Errorf("%s: %s: want %s at %q, got %+v", name, p.name, p.code, p.path, u)
		}
	}
	for i, p := range at {
		if !found[i] {
			t.Errorf("%s: %s at %d is processed", name, p.name, i)
		}
	}
}

// TestCreate_InvalidEvent checks that invalid events of every kind, alone, in pairs or by the hundred, do
// not affect the events beside them.
func TestCreate_InvalidEvent(t *testing.T) {
	t.Parallel()
	a := newAPI(t, nil)
	all := invalidEvents()
	t.Logf("%d kinds of invalid events", len(all))
	if len(all) < 60 {
		t.Fatal("too few")
	}
	r := a.post(t, createQuery, `{"input":{"webCustomerEventsSet":[`+good("1")+
		`,"externalSystem":"shop","externalSystemReferenceNumber":"taken"}]}}`)
	if len(r.Errors) > 0 || !strings.Contains(r.text, `"index":0,"requestUniqueIdentifier":"1"`) {
		t.Fatal(r.text)
	}
	random := rand.New(rand.NewPCG(1, 2))
	check := func(name string, at map[int]invalidEvent) {
		t.Helper()
		call := calls[random.IntN(len(calls))]
		r := a.post(t, strings.Replace(call.query, "UNPROCESSED", unprocessedFields, 1),
			call.before+batchOf(at)+call.after)
		var got outcome
		if err := json.Unmarshal(r.Data["checkWebCustomerEvents"], &got); err != nil || len(r.Errors) > 0 {
			t.Errorf("%s: the call is rejected: %.600s", name, r.text)
			return
		}
		if got.Acceptable+len(got.UnprocessedCustomerEventsSet) != 1000 {
			t.Errorf("%s: %d and %d are not 1000", name, got.Acceptable,
				len(got.UnprocessedCustomerEventsSet))
		}
		compare(t, name, at, got)
	}
	place := func(at map[int]invalidEvent, p invalidEvent, n int) {
		for n > 0 {
			if i := random.IntN(1000); at[i].event == nil {
				at[i] = p
				n--
			}
		}
	}
	// Each kind beside one of the other half: some alone, some by the hundred. In the last test below each
	// is alone among few.
	half := len(all) / 2
	for k, p := range all {
		if k < half || k == len(all)-1 {
			at := make(map[int]invalidEvent)
			place(at, p, p.least)
			other := all[(k+half)%len(all)]
			place(at, other, other.least)
			check(p.name+" and "+other.name, at)
		}
		if k%8 == 0 {
			at := map[int]invalidEvent{[]int{0, 999}[k/8%2]: p} // at an end
			place(at, p, p.least-1)
			check(p.name+" alone", at)
		}
		if k%16 == 0 || p.most > 0 && k%3 == 0 || p.least > 1 {
			at := make(map[int]invalidEvent)
			if p.most > 0 {
				place(at, p, p.most)
			} else {
				place(at, p, 300)
			}
			check(p.name+" by the hundred", at)
		}
	}
	// All kinds at once, on both sides of every valid event.
	at := make(map[int]invalidEvent)
	for i := 0; i < 1000; i += 2 {
		if p := all[i/2%len(all)]; p.most == 0 && p.least == 1 {
			at[i] = p
		}
	}
	check("every other one", at)
}

// TestCreate_EventRejectedByDatabase does the same with the mutation: exactly the processed events are
// stored.
func TestCreate_EventRejectedByDatabase(t *testing.T) {
	t.Parallel()
	a := newAPI(t, nil)
	all := slices.DeleteFunc(invalidEvents(),
		func(p invalidEvent) bool { return p.most > 0 || p.code == duplicate })
	at := make(map[int]invalidEvent)
	for i := range 1000 {
		if i%3 == 1 {
			at[i] = all[i/3%len(all)]
		}
	}
	r := a.post(t, mutation, `{"input":{"webCustomerEventsSet":[`+batchOf(at)+`]}}`)
	var got outcome
	if err := json.Unmarshal(r.Data["createWebCustomerEvents"], &got); err != nil || len(r.Errors) > 0 {
		t.Fatalf("the call is rejected: %.600s", r.text)
	}
	compare(t, "stored", at, got)
	var want, processed []int
	for i := range 1000 {
		if _, isInvalid := at[i]; !isInvalid {
			want = append(want, i)
		}
	}
	for _, p := range got.ProcessedCustomerEventsSet {
		processed = append(processed, p.Index)
	}
	if diff := cmp.Diff(want, processed); diff != "" {
		t.Errorf("processed (-want +got):\n%s", diff)
	}
	stored := 0
	for after := "null"; after != ""; {
		page := a.post(t, `query ($after: String) { webCustomerEvents(first: 500, after: $after) { nodes `+
			`{ id } pageInfo { hasNextPage endCursor } } }`, `{"after":`+after+`}`)
		var connection struct {
			Nodes    []struct{}
			PageInfo struct {
				HasNextPage bool
				EndCursor   string
			}
		}
		if err := json.Unmarshal(page.Data["webCustomerEvents"], &connection); err != nil {
			t.Fatal(err, page.text)
		}
		stored += len(connection.Nodes)
		if after = ""; connection.PageInfo.HasNextPage {
			after = `"` + connection.PageInfo.EndCursor + `"`
		}
	}
	if stored != len(want) {
		t.Errorf("%d events are stored, want %d", stored, len(want))
	}
}

// TestCreate_InvalidEventInOwnVariable sends events in variables of their own, beside literals.
func TestCreate_InvalidEventInOwnVariable(t *testing.T) {
	t.Parallel()
	a := newAPI(t, nil)
	const query = `query ($e1: WebCustomerEventInput!, $e2: WebCustomerEventInput!) {
		checkWebCustomerEvents(input: {webCustomerEventsSet: [$e1, {requestUniqueIdentifier: "literal",
			accountsReceivableIdentifier: {number: "ACR0000000020"}, performedByUnitIdentifier: {id: "1"},
			performedOn: "2020-01-01T00:00:00Z", website: "www.crm.com"}, $e2]}) {
			acceptable ` + unprocessedFields + ` } }`
	for _, p := range invalidEvents() {
		if p.least > 1 || p.name == "a taken reference" || p.most > 0 {
			continue
		}
		r := a.post(t, query, `{"e1":`+p.event("invalid")+`,"e2":`+good("good")+`}}`)
		var got outcome
		err := json.Unmarshal(r.Data["checkWebCustomerEvents"], &got)
		if err != nil || len(r.Errors) > 0 || got.Acceptable != 2 {
			t.Errorf("%s: %.600s", p.name, r.text)
			continue
		}
		compare(t, "single", map[int]invalidEvent{0: p}, got)
	}
}
