package graph_test

import (
	"encoding/json"
	"fmt"
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
const fullIntrospection = `query IntrospectionQuery { __schema { description queryType { name kind } ` +
	`mutationType { name kind } subscriptionType { name kind } types { ...FullType }
	directives { name description isRepeatable locations args(includeDeprecated: true) { ...InputValue } } }
		}
	fragment FullType on __Type { kind name description specifiedByURL isOneOf
		fields(includeDeprecated: true) { name description args(includeDeprecated: true) { ...InputValue }
			type { ...TypeRef } isDeprecated deprecationReason }
		inputFields(includeDeprecated: true) { ...InputValue } interfaces { ...TypeRef }
			enumValues(includeDeprecated: true) { name description isDeprecated deprecationReason }
				possibleTypes { ...TypeRef } }
	fragment InputValue on __InputValue { name description type { ...TypeRef } defaultValue isDeprecated
		deprecationReason }
	fragment TypeRef on __Type { kind name ofType { kind name ofType { kind name ofType { kind name ofType {
		kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name ofType {
		kind name } } } } } } } } } }`

// TestCost_OrdinaryRequests checks that the largest legitimate requests are accepted, even with values of
// maximum length.
func TestCost_OrdinaryRequests(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("long: it runs without the race detector")
	}
	a := worstAPI(t)
	page := a.post(t, `{ webCustomerEvents(first: 500) { nodes `+allFields("WebCustomerEvent")+
		` pageInfo { endCursor hasNextPage } } }`, "")
	n := strings.Count(page.text, `"__typename":"WebCustomerEvent"`)
	if len(page.Errors) > 0 || n != 500 || len(page.text) < 20<<20 {
		t.Errorf("a page with every field: %d events, %d bytes, %v", n, len(page.text), page.Errors)
	}
	// Every field of the page too, so that each event occurs twice. The request is accepted, but the answer
	// with these events is too long.
	whole := `query ($after: String, $filter: WebCustomerEventFilter) { webCustomerEvents(first: 500, ` +
		`after: $after, filter: $filter) ` +
		allFields("WebCustomerEventConnection") + ` }`
	if r := a.post(t, whole, "", "Accept", newMedia); r.code() != "GRAPHQL_VALIDATION_FAILED" ||
		r.status != 400 || len(r.text) > 1000 ||
		!strings.Contains(r.text, "33554432") {
		t.Errorf("too long: %d bytes, %.300s", len(r.text), r.text)
	}
	if r := a.post(t, whole, `{"filter":{"externalSystem":"none"}}`); len(r.Errors) > 0 {
		t.Errorf("every field of a page: %.300s", r.text)
	}
	if r := a.post(t, fullIntrospection, ""); len(r.Errors) > 0 || len(r.text) < 50_000 {
		t.Errorf("introspection: %d bytes, %v", len(r.text), r.Errors)
	}
	everything := `mutation ($input: CreateWebCustomerEventsInput!) { createWebCustomerEvents(input: ` +
		`$input) ` + allFields("CreateWebCustomerEventsPayload") + ` }`
	filled := make([]string, 1000)
	for i := range filled {
		filled[i] = strings.Replace(worst(fmt.Sprint(i)), longest(4000), longest(100), 1)
		filled[i] = strings.Replace(filled[i], longest(2048-12), longest(100), 1)
		for k := 2; k <= 8; k++ {
			filled[i] = strings.Replace(filled[i], fmt.Sprintf(`"udfString%d":%q`, k, longest(255)),
				fmt.Sprintf(`"udfString%d":""`, k), 1)
		}
		filled[i] += "}"
	}
	unknown := strings.Repeat(",", 99)
	for i := range 100 {
		unknown = strings.Replace(unknown, ",", fmt.Sprintf(`"%d":1;`, i), 1)
	}
	unknown = strings.TrimSuffix(strings.ReplaceAll(unknown, ";", ","), ",")
	for name, set := range map[string][]string{
		"full events":  filled,
		"wrong events": slices.Repeat([]string{"{" + unknown + "}"}, 1000),
	} {
		t.Run(name, func(t *testing.T) {
			r := a.post(t, everything, `{"input":{"webCustomerEventsSet":[`+strings.Join(set, ",")+`]}}`)
			var got outcome
			err := json.Unmarshal(r.Data["createWebCustomerEvents"], &got)
			if err != nil || len(r.Errors) > 0 ||
				len(got.ProcessedCustomerEventsSet)+len(got.UnprocessedCustomerEventsSet) != 1000 {
				t.Errorf("%s: %d bytes, %d and %d events, %v %v", name, len(r.text),
					len(got.ProcessedCustomerEventsSet), len(got.UnprocessedCustomerEventsSet), r.Errors,
					err)
			}
			if name == "full events" && len(got.ProcessedCustomerEventsSet) != 1000 || len(r.text) < 5<<20 ||
				len(r.text) > graph.MaxAnswerBytes {
				t.Errorf("%s: %d bytes, %d processed", name, len(r.text),
					len(got.ProcessedCustomerEventsSet))
			}
		})
	}
}

func TestCost_MultiplyingFields(t *testing.T) {
	t.Parallel()
	a := newAPI(t, nil)
	bad := `{"input":{"webCustomerEventsSet":[` +
		strings.TrimSuffix(strings.Repeat(good("x")+"},", 1000), ",") + `]}}`
	for name, query := range multiplied(9) {
		if name == "types in types" || name == "long aliases" {
			continue
		}
		r := a.post(t, query, bad, "Accept", newMedia)
		if r.status != 400 || r.code() != "GRAPHQL_VALIDATION_FAILED" || r.Data != nil ||
			!strings.Contains(r.text, "33554432") && !strings.Contains(r.text, "67108864") &&
				!strings.Contains(r.text, "250000") {
			t.Errorf("%s: %d %.300s", name, r.status, r.text)
		}
	}
	for name, query := range multiplied(22) {
		if name == "types in types" || name == "long aliases" {
			if r := a.post(t, query, bad, "Accept", newMedia); r.status != 400 ||
				r.code() != "GRAPHQL_VALIDATION_FAILED" && r.code() != "GRAPHQL_PARSE_FAILED" {
				t.Errorf("%s: %d %.300s", name, r.status, r.text)
			}
		}
	}
	r := a.post(t, `{ webCustomerEvents { nodes { id } } }`, "")
	if !strings.Contains(r.text, `"nodes":[]`) {
		t.Errorf("something was stored: %s", r.text)
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
		t.Errorf("tell how long these lists are in the extent of their root field, and how long a value "+
			"of a new scalar is in leafSizes: %v", unsized)
	}
	more, err := gqlparser.LoadSchema(&gql.Source{Input: `scalar Money type Query { prices: [String!]! ` +
		`price: Money }`})
	if err != nil {
		t.Fatal(err)
	}
	unsized := graph.Unsized(more)
	slices.Sort(unsized)
	if diff := cmp.Diff([]string{"Query.price", "Query.prices"}, unsized); diff != "" {
		t.Errorf("this test finds nothing (-want +got):\n%s", diff)
	}
}
