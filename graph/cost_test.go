package graph_test

import (
	"encoding/json"
	"fmt"
	"runtime/debug"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/vektah/gqlparser/v2"
	gql "github.com/vektah/gqlparser/v2/ast"

	"customer-events/graph"
)

// allFields returns a selection of every field of a type.
func allFields(typeName string) string {
	var b strings.Builder
	for _, field := range schema().Types[typeName].Fields {
		b.WriteString(" " + field.Name)
		if kind := schema().Types[field.Type.Name()].Kind; kind != gql.Scalar && kind != gql.Enum {
			b.WriteString(" " + allFields(field.Type.Name()))
		}
	}
	return "{ __typename" + b.String() + " }"
}

// fullIntrospection is the introspection query of common tools.
const fullIntrospection = `query IntrospectionQuery { __schema { description queryType { name kind } mutationType { name kind } subscriptionType { name kind } types { ...FullType }
	directives { name description isRepeatable locations args(includeDeprecated: true) { ...InputValue } } } }
	fragment FullType on __Type { kind name description specifiedByURL isOneOf
		fields(includeDeprecated: true) { name description args(includeDeprecated: true) { ...InputValue } type { ...TypeRef } isDeprecated deprecationReason }
		inputFields(includeDeprecated: true) { ...InputValue } interfaces { ...TypeRef } enumValues(includeDeprecated: true) { name description isDeprecated deprecationReason } possibleTypes { ...TypeRef } }
	fragment InputValue on __InputValue { name description type { ...TypeRef } defaultValue isDeprecated deprecationReason }
	fragment TypeRef on __Type { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name } } } } } } } } } }`

// TestCost_OrdinaryRequests checks that the largest legitimate requests are accepted, even with values of
// maximum length.
func TestCost_OrdinaryRequests(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("long: it runs without the race detector")
	}
	a := worstAPI(t)
	page := a.post(t, `{ webCustomerEvents(first: 500) { nodes `+allFields("WebCustomerEvent")+` pageInfo { endCursor hasNextPage } } }`, "")
	if n := strings.Count(page.text, `"__typename":"WebCustomerEvent"`); len(page.Errors) > 0 || n != 500 || len(page.text) < 20<<20 {
		t.Errorf("a page with every field: %d events, %d bytes, %v", n, len(page.text), page.Errors)
	}
	// Every field of the page too, so that each event occurs twice. The request is accepted, but the answer
	// with these events is too long.
	whole := `query ($after: String, $filter: WebCustomerEventFilter) { webCustomerEvents(first: 500, after: $after, filter: $filter) ` +
		allFields("WebCustomerEventConnection") + ` }`
	if r := a.post(t, whole, "", "Accept", newMedia); r.code() != "GRAPHQL_VALIDATION_FAILED" || r.status != 400 || len(r.text) > 1000 ||
		!strings.Contains(r.text, "33554432") {
		t.Errorf("too long: %d bytes, %.300s", len(r.text), r.text)
	}
	if r := a.post(t, whole, `{"filter":{"externalSystem":"none"}}`); len(r.Errors) > 0 {
		t.Errorf("every field of a page: %.300s", r.text)
	}
	if r := a.post(t, fullIntrospection, ""); len(r.Errors) > 0 || len(r.text) < 50_000 {
		t.Errorf("introspection: %d bytes, %v", len(r.text), r.Errors)
	}
	everything := `mutation ($input: CreateWebCustomerEventsInput!) { createWebCustomerEvents(input: $input) ` + allFields("CreateWebCustomerEventsPayload") + ` }`
	filled := make([]string, 1000)
	for i := range filled {
		filled[i] = strings.Replace(worst(fmt.Sprint(i)), longest(4000), longest(100), 1)
		filled[i] = strings.Replace(filled[i], longest(2048-12), longest(100), 1)
		for k := 2; k <= 8; k++ {
			filled[i] = strings.Replace(filled[i], fmt.Sprintf(`"udfString%d":%q`, k, longest(255)), fmt.Sprintf(`"udfString%d":""`, k), 1)
		}
		filled[i] += "}"
	}
	unknown := strings.Repeat(",", 99)
	for i := range 100 {
		unknown = strings.Replace(unknown, ",", fmt.Sprintf(`"%d":1;`, i), 1)
	}
	unknown = strings.TrimSuffix(strings.ReplaceAll(unknown, ";", ","), ",")
	for name, set := range map[string][]string{"full events": filled, "wrong events": slices.Repeat([]string{"{" + unknown + "}"}, 1000)} {
		r := a.post(t, everything, `{"input":{"webCustomerEventsSet":[`+strings.Join(set, ",")+`]}}`)
		var got outcome
		if err := json.Unmarshal(r.Data["createWebCustomerEvents"], &got); err != nil || len(r.Errors) > 0 || len(got.ProcessedCustomerEventsSet)+len(got.UnprocessedCustomerEventsSet) != 1000 {
			t.Errorf("%s: %d bytes, %d and %d events, %v %v", name, len(r.text), len(got.ProcessedCustomerEventsSet), len(got.UnprocessedCustomerEventsSet), r.Errors, err)
		}
		if name == "full events" && len(got.ProcessedCustomerEventsSet) != 1000 || len(r.text) < 5<<20 || len(r.text) > graph.MaxAnswerBytes {
			t.Errorf("%s: %d bytes, %d processed", name, len(r.text), len(got.ProcessedCustomerEventsSet))
		}
	}
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
		"page": `{ webCustomerEvents(first: 500) {` + times(n, "e", "edges { ...E }") + `} } fragment E on WebCustomerEventEdge {` + times(n, "n", "node { ...N }") + `} fragment N on WebCustomerEvent {` + times(n, "d", "description") + `}`,
		"page of the default size": `query ($none: Int) { webCustomerEvents(first: $none) { ...P } } fragment P on WebCustomerEventConnection {` + times(n, "e", "edges { ... on WebCustomerEventEdge { ...E } }") + `} fragment E on WebCustomerEventEdge {` +
			times(n, "n", "node { ...N }") + `} fragment N on WebCustomerEvent {` + times(n, "d", "description") + `}`,
		"check": `query ($input: CreateWebCustomerEventsInput!) { checkWebCustomerEvents(input: $input) {` + times(n, "u", "unprocessedCustomerEventsSet { ...U }") + `} } fragment U on UnprocessedCustomerEvent {` +
			times(n, "p", "problems { ...P }") + `} fragment P on EventProblem {` + times(n, "d", "errorDescription") + `}`,
		"create": `mutation ($input: CreateWebCustomerEventsInput!) { createWebCustomerEvents(input: $input) {` + times(n, "u", "unprocessedCustomerEventsSet { ...U }") + `} } fragment U on UnprocessedCustomerEvent {` +
			times(n, "p", "problems { ...P }") + `} fragment P on EventProblem {` + times(n, "d", "errorDescription") + `}`,
		"events read back": `mutation ($input: CreateWebCustomerEventsInput!) { createWebCustomerEvents(input: $input) {` + times(n, "u", "processedCustomerEventsSet { ...U }") + `} } fragment U on ProcessedCustomerEvent {` +
			times(n, "p", "event { ...P }") + `} fragment P on WebCustomerEvent {` + times(n, "d", "accountsReceivable { id number name }") + `}`,
		"introspection":  `{ __schema { types { ...T } } } fragment T on __Type {` + times(n, "f", "fields { type { ...U } }") + `} fragment U on __Type {` + times(n, "g", "fields { ...F }") + `} fragment F on __Field {` + times(n, "d", "description") + `}`,
		"types in types": `{ __type(name: "WebCustomerEvent") { ...T0 } }` + nested(n),
		"long aliases":   `{ webCustomerEvents(first: 500) { nodes {` + times(n, strings.Repeat("x", 1000), "type") + `} edges { node {` + times(n, strings.Repeat("y", 5000/n), "id") + `} } } }`,
	}
}

// nested returns fragments of which each doubles the number of fields: ten of them give a thousand.
func nested(n int) (text string) {
	for i := range n {
		text += fmt.Sprintf(" fragment T%d on __Type { a%d: ofType { ...T%d } ofType { ...T%d } }", i, i, i+1, i+1)
	}
	return text + fmt.Sprintf(" fragment T%d on __Type { name }", n)
}

func TestCost_MultiplyingFields(t *testing.T) {
	t.Parallel()
	a := newAPI(t, nil)
	bad := `{"input":{"webCustomerEventsSet":[` + strings.TrimSuffix(strings.Repeat(good("x")+"},", 1000), ",") + `]}}`
	for name, query := range multiplied(9) {
		if name == "types in types" || name == "long aliases" {
			continue
		}
		r := a.post(t, query, bad, "Accept", newMedia)
		if r.status != 400 || r.code() != "GRAPHQL_VALIDATION_FAILED" || r.Data != nil || !strings.Contains(r.text, "33554432") && !strings.Contains(r.text, "67108864") && !strings.Contains(r.text, "250000") {
			t.Errorf("%s: %d %.300s", name, r.status, r.text)
		}
	}
	for name, query := range multiplied(22) {
		if name == "types in types" || name == "long aliases" {
			if r := a.post(t, query, bad, "Accept", newMedia); r.status != 400 || r.code() != "GRAPHQL_VALIDATION_FAILED" && r.code() != "GRAPHQL_PARSE_FAILED" {
				t.Errorf("%s: %d %.300s", name, r.status, r.text)
			}
		}
	}
	if r := a.post(t, `{ webCustomerEvents { nodes { id } } }`, ""); !strings.Contains(r.text, `"nodes":[]`) {
		t.Errorf("something was stored: %s", r.text)
	}
}

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
	variables := `{"input":{"webCustomerEventsSet":[` + strings.TrimSuffix(strings.Repeat("{"+unknown+"},", 1000), ",") + `]}}`
	highest := map[string]int{}
	for n := 9; n >= 1; n-- {
		for name, query := range multiplied(n) {
			if bytes, values, ok := graph.Cost(a.handler, query, variables); ok && highest[name] == 0 {
				highest[name] = n
				peak := peakOf(func() {
					if r := a.post(t, query, variables); (len(r.Errors) > 0) != (strings.HasPrefix(name, "page") && bytes > graph.MaxAnswerBytes) || len(r.text) > graph.MaxAnswerBytes {
						t.Errorf("%s: %d bytes %v", name, len(r.text), r.Errors)
					}
				})
				if t.Logf("%s by %d: %d bytes, %d values, %d MB", name, n, bytes, values, peak>>20); peak > 300<<20 {
					t.Errorf("%s: the memory got %d MB", name, peak>>20)
				}
			}
		}
	}
	// Each field has a variable of its own: the server reads all of them before it can count the events.
	var head, fields, sets strings.Builder
	for i := range 30 {
		fmt.Fprintf(&head, " $v%d: [WebCustomerEventInput!]!", i)
		fmt.Fprintf(&fields, " a%d: checkWebCustomerEvents(input: {webCustomerEventsSet: $v%d}) { acceptable }", i, i)
		fmt.Fprintf(&sets, `,"v%d":[%s]`, i, strings.TrimSuffix(strings.Repeat(`{`+strings.TrimSuffix(strings.Repeat(`"":1,`, 100), ",")+`},`, 540), ","))
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
	small := `{ webCustomerEvents(first: 500) {` + times(4, "e", "edges { ...E }") + `} } fragment E on WebCustomerEventEdge {` + times(4, "n", "node { ...N }") + `} fragment N on WebCustomerEvent {` + times(20, "d", "lifeCycleState") + ` t1: type t2: type id number type }`
	bytes, values, ok := graph.Cost(a.handler, small, "")
	peak := peakOf(func() { a.post(t, small, "") })
	if t.Logf("many small values: %d bytes, %d values, %v, %d MB", bytes, values, ok, peak>>20); !ok || peak > 300<<20 {
		t.Errorf("many small values: %v, %d MB", ok, peak>>20)
	}
}

// TestCost_EveryRootField fails for a root field without a declared cost, which the server would reject.
func TestCost_EveryRootField(t *testing.T) {
	t.Parallel()
	want := []string{"__schema", "__type"}
	for _, root := range []*gql.Definition{schema().Query, schema().Mutation} {
		for _, field := range root.Fields {
			if !strings.HasPrefix(field.Name, "__") {
				want = append(want, field.Name)
			}
		}
	}
	got := graph.RootFields()
	slices.Sort(want)
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("declare in rootFields what a field costs (-schema +rootFields):\n%s", diff)
	}
}

// TestCost_EveryListAndLeaf fails for a list or value without a declared size.
func TestCost_EveryListAndLeaf(t *testing.T) {
	t.Parallel()
	if unsized := graph.Unsized(schema()); len(unsized) > 0 {
		t.Errorf("tell how long these lists are in the extent of their root field, and how long a value of a new scalar is in leafSizes: %v", unsized)
	}
	more, err := gqlparser.LoadSchema(&gql.Source{Input: `scalar Money type Query { prices: [String!]! price: Money }`})
	if err != nil {
		t.Fatal(err)
	}
	unsized := graph.Unsized(more)
	slices.Sort(unsized)
	if diff := cmp.Diff([]string{"Query.price", "Query.prices"}, unsized); diff != "" {
		t.Errorf("this test finds nothing (-want +got):\n%s", diff)
	}
}
