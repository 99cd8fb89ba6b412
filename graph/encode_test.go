package graph_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/vektah/gqlparser/v2/ast"

	"customer-events/graph"
	"customer-events/internal/events"
)

// payloadSelection selects every field in every way that GraphQL has: aliases, fragments of both kinds,
// directives, a field twice. LEAVES(type) becomes the leaf fields that the schema gives the type. EVENT
// becomes nothing, or a field that makes gqlgen encode the answer.
const payloadSelection = `mutation ($input: CreateWebCustomerEventsInput!, $no: Boolean = false) {
	answer: createWebCustomerEvents(input: $input) {
		__typename kind: __typename
		summary {
			unprocessed received: received processed replayed
			... on BatchSummary { again: received __typename }
			LEAVES(BatchSummary)
		}
		unprocessedCustomerEventsSet {
			...Unprocessed retryable
			problems { __typename what: errorDescription path LEAVES(EventProblem) }
			problems { errorCode }
			LEAVES(UnprocessedCustomerEvent)
		}
		processedCustomerEventsSet {
			number id @skip(if: $no) id2: id replayed @include(if: $no) requestUniqueIdentifier index
			... { __typename }
			LEAVES(ProcessedCustomerEvent) EVENT
		}
	}
}
fragment Unprocessed on UnprocessedCustomerEvent {
	index errorCode errorDescription requestUniqueIdentifier
}`

// expandLeaves replaces each LEAVES(type) by the leaf fields that the schema gives the type.
func expandLeaves(t *testing.T, query string) string {
	t.Helper()
	for name, definition := range schema().Types {
		var leaves []string
		for _, field := range definition.Fields {
			if kind := schema().Types[field.Type.Name()].Kind; kind == ast.Scalar || kind == ast.Enum {
				leaves = append(leaves, field.Name)
			}
		}
		query = strings.ReplaceAll(query, "LEAVES("+name+")", strings.Join(leaves, " "))
	}
	if strings.Contains(query, "LEAVES") {
		t.Fatalf("the schema lacks a type of %s", query)
	}
	return query
}

// TestEncode_EveryFieldOfSchema fails when a field of the schema is missing in the tables of output fields,
// or the other way round.
func TestEncode_EveryFieldOfSchema(t *testing.T) {
	t.Parallel()
	handler := newAPI(t, nil).handler
	parents := map[string]string{
		"CreateWebCustomerEventsPayload": "FIELD",
		"ProcessedCustomerEvent":         "processedCustomerEventsSet { FIELD }",
		"UnprocessedCustomerEvent":       "unprocessedCustomerEventsSet { FIELD }",
		"EventProblem":                   "unprocessedCustomerEventsSet { problems { FIELD } }",
		"BatchSummary":                   "summary { FIELD }",
	}
	for typeName, parent := range parents {
		for _, field := range schema().Types[typeName].Fields {
			coordinate, selection := typeName+"."+field.Name, field.Name
			if schema().Types[field.Type.Name()].Kind == ast.Object {
				selection += " { __typename }"
			}
			// The event is read back from the database, and gqlgen encodes it.
			want := coordinate != "ProcessedCustomerEvent.event"
			got := graph.EncodesPayload(handler, strings.ReplaceAll(parent, "FIELD", selection))
			if got != want {
				t.Errorf("%s is encoded from the tables of internal/events/encode.go: %t, want %t",
					coordinate, got, want)
			}
		}
	}
	checkFields(t, "ProcessedCustomerEvent", events.ProcessedFields)
	checkFields(t, "UnprocessedCustomerEvent", events.UnprocessedFields)
	checkFields(t, "EventProblem", events.ProblemFields)
	checkFields(t, "BatchSummary", events.SummaryFields)
}

func checkFields[Row any](t *testing.T, typeName string, table []events.OutputField[Row]) {
	t.Helper()
	var names []string
	for _, field := range table {
		name := field.Names[events.CamelCase]
		if schema().Types[typeName].Fields.ForName(name) == nil {
			t.Errorf("%s.%s is a field of the table and not of the schema", typeName, name)
		}
		if slices.Contains(names, name) {
			t.Errorf("%s.%s is in the table twice", typeName, name)
		}
		names = append(names, name)
	}
}

// TestEncode_SameAsGqlgen compares the two encoders: the same values, in the same order.
func TestEncode_SameAsGqlgen(t *testing.T) {
	t.Parallel()
	a := newAPI(t, nil)
	selection := expandLeaves(t, payloadSelection)
	events := []string{
		good("one") + "}",
		good(`quote \" backslash \\ tab \t line \n slash \/ ä 😀 \u2028 <&>`) + "}",
		good("bad") + `,"udfString1":5,"nothing":1,"udfDate1":"2026-02-30T00:00:00"}`,
		good("\\u0000\\u001f\\u007f") + "}",
		`null`,
		good("two") + `,"udfString1":"x"}`,
	}
	variables := `{"input":{"idempotencyKey":"by hand","webCustomerEventsSet":[` +
		strings.Join(events, ",") + `]}}`
	a.post(t, strings.ReplaceAll(selection, "EVENT", ""), variables) // so that both are replays
	ours := a.post(t, strings.ReplaceAll(selection, "EVENT", ""), variables)
	gqlgens := a.post(t, strings.ReplaceAll(selection, "EVENT", "event { number }"), variables)
	var with struct {
		ProcessedCustomerEventsSet []struct{ Event struct{ Number string } }
	}
	if err := json.Unmarshal(gqlgens.Data["answer"], &with); err != nil ||
		len(with.ProcessedCustomerEventsSet) != 3 {
		t.Fatalf("%v: %s", err, gqlgens.text)
	}
	want := gqlgens.text
	for _, processed := range with.ProcessedCustomerEventsSet {
		want = strings.Replace(want, `,"event":{"number":"`+processed.Event.Number+`"}`, "", 1)
	}
	// The two encoders escape the same texts differently.
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
