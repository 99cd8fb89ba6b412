package graph_test

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	gql "github.com/vektah/gqlparser/v2/ast"

	"customer-events/graph"
	"customer-events/graph/generated"
)

var unions = []string{
	"AccessTokenIdentifier",
	"AccountsReceivableIdentifier",
	"CustomerEventClassificationIdentifier",
	"RewardsParticipantIdentifier",
	"UnitIdentifier",
	"WebCustomerEventBy",
}

func schema() *gql.Schema { return generated.NewExecutableSchema(generated.Config{}).Schema() }

func TestSchema_Descriptions(t *testing.T) {
	t.Parallel()
	described, all := 0, 0
	check := func(name, description string) {
		if all++; strings.TrimSpace(description) == "" {
			t.Errorf("%s has no description", name)
		} else {
			described++
		}
	}
	for name, definition := range schema().Types {
		if definition.BuiltIn || strings.HasPrefix(name, "__") {
			continue
		}
		check(name, definition.Description)
		for _, field := range definition.Fields {
			if strings.HasPrefix(field.Name, "__") {
				continue
			}
			check(name+"."+field.Name, field.Description)
			for _, argument := range field.Arguments {
				check(name+"."+field.Name+"("+argument.Name+")", argument.Description)
			}
		}
		for _, value := range definition.EnumValues {
			check(name+"."+value.Name, value.Description)
		}
	}
	if all < 150 {
		t.Errorf("only %d things were looked at", all)
	}
}

func TestSchema_InputTypes(t *testing.T) {
	t.Parallel()
	for input, want := range map[string][]string{
		"WebCustomerEventInput": {"requestUniqueIdentifier: String!",
			"performedByUnitIdentifier: UnitIdentifier!", "performedOn: DateTime!", "website: String!"},
		"CreateWebCustomerEventsInput": {"webCustomerEventsSet: [WebCustomerEventInput!]!"},
		"LoginInput":                   {"username: String!", "password: String!"},
		"AccessTokenCredentials":       {"identifier: String!", "passCode: String!"},
	} {
		t.Run(input, func(t *testing.T) {
			var got []string
			for _, field := range schema().Types[input].Fields {
				if field.Type.NonNull {
					got = append(got, field.Name+": "+field.Type.String())
				}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s, mandatory fields (-want +got):\n%s", input, diff)
			}
		})
	}
	var fields []string
	for _, field := range schema().Types["WebCustomerEventInput"].Fields {
		fields = append(fields, field.Name)
	}
	if len(fields) != 26 {
		t.Errorf("an event has %d fields, the seed's has 26: %v", len(fields), fields)
	}
	// These fields must be nullable, so that an alias that fails does not discard the result of another.
	for root, nullable := range map[string]bool{
		"createWebCustomerEvents": true,
		"checkWebCustomerEvents":  true,
	} {
		t.Run(root, func(t *testing.T) {
			field := schema().Mutation.Fields.ForName(root)
			if field == nil {
				field = schema().Query.Fields.ForName(root)
			}
			if field.Type.NonNull == nullable {
				t.Errorf("%s is %s", root, field.Type)
			}
		})
	}
}

func TestSchema_InputUnions(t *testing.T) {
	t.Parallel()
	a := newAPI(t, nil)
	r := a.post(t, `{ __schema { types { name kind isOneOf } } }`, "")
	var got struct {
		Types []struct {
			Name, Kind string
			IsOneOf    *bool
		}
	}
	if err := json.Unmarshal(r.Data["__schema"], &got); err != nil {
		t.Fatal(err, r.text)
	}
	var oneOf []string
	for _, definition := range got.Types {
		if definition.IsOneOf != nil && *definition.IsOneOf {
			oneOf = append(oneOf, definition.Name)
		}
	}
	slices.Sort(oneOf)
	if diff := cmp.Diff(unions, oneOf); diff != "" {
		t.Errorf("isOneOf (-want +got):\n%s", diff)
	}
}

// TestSchema_Resolvers fails if a field of the schema has no Go field: gqlgen makes it a resolver that
// panics, and the program still compiles.
func TestSchema_Resolvers(t *testing.T) {
	t.Parallel()
	var got []string
	for method := range reflect.TypeFor[generated.ResolverRoot]().Methods() {
		got = append(got, method.Name)
	}
	if diff := cmp.Diff([]string{"Mutation", "Query"}, got); diff != "" {
		t.Errorf("resolvers (-want +got):\n%s", diff)
	}
}

func TestSchema_ErrorCodes(t *testing.T) {
	t.Parallel()
	file, err := parser.ParseFile(token.NewFileSet(), "../models/problem.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var want, got []string
	ast.Inspect(file, func(node ast.Node) bool {
		if spec, ok := node.(*ast.ValueSpec); ok {
			if name, ok := spec.Type.(*ast.Ident); ok && name.Name == "Code" {
				text, _ := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
				want = append(want, text)
			}
		}
		return true
	})
	for _, value := range schema().Types["ErrorCode"].EnumValues {
		got = append(got, value.Name)
	}
	slices.Sort(want)
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" || len(want) < 7 {
		t.Errorf("codes (-models +schema):\n%s", diff)
	}
}

func TestIntrospection_Off(t *testing.T) {
	t.Parallel()
	a := newAPI(t, func(r *graph.Resolver) { r.Introspection = false })
	for _, query := range []string{
		`{ __schema { types { name } } }`,
		`{ __type(name: "WebCustomerEvent") { fields { name } } }`,
		`{ limits { maxPageSize } __schema { queryType { name } } }`,
	} {
		t.Run(query, func(t *testing.T) {
			r := a.post(t, query, "", "Accept", newMedia)
			if r.code() == "" || r.code() == "INTERNAL_SERVER_ERROR" ||
				strings.Contains(r.text, "WebCustomerEvents") ||
				strings.Contains(string(r.Data["__schema"]), "Query") {
				t.Errorf("%s: %d %s", query, r.status, r.text)
			}
		})
	}
	r := a.post(t, `{ __typename limits { __typename } }`, "")
	if string(r.Data["__typename"]) != `"Query"` || len(r.Errors) > 0 {
		t.Errorf("__typename is no introspection of the schema: %s", r.text)
	}
	// Suggestions would reveal names of the schema.
	for _, query := range []string{
		`{ limit { maxPageSize } }`,
		`{ limits { maxPageSizes } }`,
		`{ webCustomerEvents(frist: 1) { nodes { id } } }`,
		`query ($x: UnitIdentifer) { limits { maxPageSize } }`,
		`{ limits }`,
		`{ webCustomerEvent(by: {nubmer: "1"}) { id } }`,
	} {
		t.Run(query, func(t *testing.T) {
			if r := a.post(t, query, ""); r.code() != "GRAPHQL_VALIDATION_FAILED" ||
				strings.Contains(r.text, "Did you mean") || strings.Contains(r.text, "maxPageSize\\\"?") {
				t.Errorf("%s: %s", query, r.text)
			}
		})
	}
	if r := newAPI(t, nil).post(t, `{ limit { maxPageSize } }`, ""); !strings.Contains(r.text, "limits") {
		t.Errorf("with introspection a suggestion helps: %s", r.text)
	}
}
