package graph_test

import (
	"fmt"
	"runtime/debug"
	"strings"
	"testing"

	"customer-events/graph"
)

// TestCost_Memory limits the memory of the accepted requests that multiply most. It is not parallel, since
// it measures memory.
func TestCost_Memory(t *testing.T) {
	if testing.Short() {
		t.Skip("long: it runs without the race detector")
	}
	debug.SetGCPercent(400)
	defer debug.SetGCPercent(100)
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(180 << 20))
	a := worstAPI(t)
	unknown := strings.TrimSuffix(strings.Repeat(`"`+strings.Repeat(`\"`, 20)+`":1,`, 100), ",")
	for i := range 100 {
		unknown = strings.Replace(unknown, `:1,"\"\"`, fmt.Sprintf(`:1,"%d`, i), 1)
	}
	variables := `{"input":{"webCustomerEventsSet":[` +
		strings.TrimSuffix(strings.Repeat("{"+unknown+"},", 1000), ",") + `]}}`
	highest := map[string]int{}
	for n := 9; n >= 1; n-- {
		for name, query := range multiplied(n) {
			if bytes, values, ok := graph.Cost(a.handler, query, variables); ok && highest[name] == 0 {
				highest[name] = n
				peak := peakOf(func() {
					if r := a.post(t, query,
						variables); (len(r.Errors) > 0) != (strings.HasPrefix(name, "page") &&
						bytes > graph.MaxAnswerBytes) || len(r.text) > graph.MaxAnswerBytes {
						t.Errorf("%s: %d bytes %v", name, len(r.text), r.Errors)
					}
				})
				if t.Logf("%s by %d: %d bytes, %d values, %d MB", name, n, bytes, values,
					peak>>20); peak > 300<<20 {
					t.Errorf("%s: the memory got %d MB", name, peak>>20)
				}
			}
		}
	}
	// Each field has a variable of its own: the server reads all of them before it can count the events.
	var head, fields, sets strings.Builder
	for i := range 30 {
		fmt.Fprintf(&head, " $v%d: [WebCustomerEventInput!]!", i)
		fmt.Fprintf(&fields, " a%d: checkWebCustomerEvents(input: {webCustomerEventsSet: $v%d}) { "+
			"acceptable }", i, i)
		fmt.Fprintf(&sets, `,"v%d":[%s]`, i,
			strings.TrimSuffix(strings.Repeat(`{`+strings.TrimSuffix(strings.Repeat(`"":1,`, 100), ",")+`},`,
				540), ","))
	}
	many := peakOf(func() {
		r := a.post(t, "query ("+head.String()+") {"+fields.String()+"}", "{"+sets.String()[1:]+"}")
		if r.code() != "TOO_MANY_EVENTS" || !strings.Contains(r.text, "16200") {
			t.Errorf("variables: %.300s", r.text)
		}
	})
	if t.Logf("variables: %d MB", many>>20); many > 300<<20 {
		t.Errorf("variables: the memory got %d MB", many>>20)
	}
	small := `{ webCustomerEvents(first: 500) {` + times(4, "e", "edges { ...E }") +
		`} } fragment E on WebCustomerEventEdge {` + times(4, "n", "node { ...N }") +
		`} fragment N on WebCustomerEvent {` + times(20, "d", "lifeCycleState") +
		` t1: type t2: type id number type }`
	bytes, values, ok := graph.Cost(a.handler, small, "")
	peak := peakOf(func() { a.post(t, small, "") })
	if t.Logf("many small values: %d bytes, %d values, %v, %d MB", bytes, values, ok, peak>>20); !ok ||
		peak > 300<<20 {
		t.Errorf("many small values: %v, %d MB", ok, peak>>20)
	}
}

// nested returns fragments of which each doubles the number of fields: ten of them give a thousand.
func nested(n int) (text string) {
	for i := range n {
		text += fmt.Sprintf(" fragment T%d on __Type { a%d: ofType { ...T%d } ofType { ...T%d } }", i, i,
			i+1, i+1)
	}
	return text + fmt.Sprintf(" fragment T%d on __Type { name }", n)
}

// times returns a selection under n aliases, of fields or of a fragment with them.
func times(n int, prefix, selection string) (text string) {
	for i := range n {
		text += fmt.Sprintf(" %s%d: %s", prefix, i, selection)
	}
	return text
}

// multiplied holds queries whose fields multiply through fragments and lists, by the number of aliases of
// each level.
func multiplied(n int) map[string]string {
	return map[string]string{
		"page": `{ webCustomerEvents(first: 500) {` + times(n, "e", "edges { ...E }") +
			`} } fragment E on WebCustomerEventEdge {` + times(n, "n", "node { ...N }") +
			`} fragment N on WebCustomerEvent {` + times(n, "d", "description") + `}`,
		"page of the default size": `query ($none: Int) { webCustomerEvents(first: $none) { ...P } } ` +
			`fragment P on WebCustomerEventConnection {` +
			times(n, "e", "edges { ... on WebCustomerEventEdge { ...E } }") +
			`} fragment E on WebCustomerEventEdge {` +
			times(n, "n", "node { ...N }") + `} fragment N on WebCustomerEvent {` +
			times(n, "d", "description") + `}`,
		"check": `query ($input: CreateWebCustomerEventsInput!) { checkWebCustomerEvents(input: $input) {` +
			times(n, "u", "unprocessedCustomerEventsSet { ...U }") +
			`} } fragment U on UnprocessedCustomerEvent {` +
			times(n, "p", "problems { ...P }") + `} fragment P on EventProblem {` +
			times(n, "d", "errorDescription") + `}`,
		"create": `mutation ($input: CreateWebCustomerEventsInput!) { createWebCustomerEvents(input: ` +
			`$input) {` + times(n, "u", "unprocessedCustomerEventsSet { ...U }") +
			`} } fragment U on UnprocessedCustomerEvent {` +
			times(n, "p", "problems { ...P }") + `} fragment P on EventProblem {` +
			times(n, "d", "errorDescription") + `}`,
		"events read back": `mutation ($input: CreateWebCustomerEventsInput!) { ` +
			`createWebCustomerEvents(input: $input) {` +
			times(n, "u", "processedCustomerEventsSet { ...U }") +
			`} } fragment U on ProcessedCustomerEvent {` +
			times(n, "p", "event { ...P }") + `} fragment P on WebCustomerEvent {` +
			times(n, "d", "accountsReceivable { id number name }") + `}`,
		"introspection": `{ __schema { types { ...T } } } fragment T on __Type {` +
			times(n, "f", "fields { type { ...U } }") + `} fragment U on __Type {` +
			times(n, "g", "fields { ...F }") + `} fragment F on __Field {` + times(n, "d", "description") +
			`}`,
		"types in types": `{ __type(name: "WebCustomerEvent") { ...T0 } }` + nested(n),
		"long aliases": `{ webCustomerEvents(first: 500) { nodes {` +
			times(n, strings.Repeat("x", 1000), "type") + `} edges { node {` +
			times(n, strings.Repeat("y", 5000/n), "id") + `} } } }`,
	}
}
