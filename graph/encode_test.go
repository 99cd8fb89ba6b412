package graph_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// selection asks for everything, in every way that GraphQL has: aliases, fragments of both kinds, directives, a field twice.
// The last part makes gqlgen answer where it is "event", and us where it is not.
const selection = `mutation ($input: CreateWebCustomerEventsInput!, $no: Boolean = false) { answer: createWebCustomerEvents(input: $input) {
	__typename kind: __typename summary { unprocessed received: received processed replayed ... on BatchSummary { again: received __typename } }
	unprocessedCustomerEventsSet { ...Refusal retryable problems { __typename what: errorDescription path } problems { errorCode } }
	processedCustomerEventsSet { number id @skip(if: $no) id2: id replayed @include(if: $no) requestUniqueIdentifier index ... { __typename } EVENT }
} } fragment Refusal on UnprocessedCustomerEvent { index errorCode errorDescription requestUniqueIdentifier }`

// TestAnswerByHand holds the answer that we write against the one that gqlgen writes: the same values, in the same order.
func TestAnswerByHand(t *testing.T) {
	t.Parallel()
	a := newAPI(t, nil)
	events := []string{
		good("one") + "}",
		good(`quote \" backslash \\ tab \t line \n slash \/ ä 😀 \u2028 <&>`) + "}",
		good("bad") + `,"udfString1":5,"nothing":1,"udfDate1":"2026-02-30T00:00:00"}`,
		good("\\u0000\\u001f\\u007f") + "}",
		`null`,
		good("two") + `,"udfString1":"x"}`,
	}
	variables := `{"input":{"idempotencyKey":"by hand","webCustomerEventsSet":[` + strings.Join(events, ",") + `]}}`
	a.post(t, strings.ReplaceAll(selection, "EVENT", ""), variables) // so that both are replays
	ours := a.post(t, strings.ReplaceAll(selection, "EVENT", ""), variables)
	gqlgens := a.post(t, strings.ReplaceAll(selection, "EVENT", "event { number }"), variables)
	var with struct {
		ProcessedCustomerEventsSet []struct{ Event struct{ Number string } }
	}
	if err := json.Unmarshal(gqlgens.Data["answer"], &with); err != nil || len(with.ProcessedCustomerEventsSet) != 3 {
		t.Fatalf("%v: %s", err, gqlgens.text)
	}
	want := gqlgens.text
	for _, processed := range with.ProcessedCustomerEventsSet {
		want = strings.Replace(want, `,"event":{"number":"`+processed.Event.Number+`"}`, "", 1)
	}
	// Both spell the same texts, but not with the same escapes.
	var left, right any
	if err := json.Unmarshal([]byte(ours.text), &left); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(want), &right); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(right, left); diff != "" {
		t.Error(diff)
	}
	names := func(text string) string {
		var keys []string
		for _, part := range strings.Split(text, `":`) {
			keys = append(keys, part[strings.LastIndexByte(part, '"')+1:])
		}
		return strings.Join(keys, " ")
	}
	if names(ours.text) != names(want) {
		t.Errorf("the fields are in another order:\n%s\n%s", ours.text, want)
	}
}
