package crmapi

import (
	"encoding/json"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"customer-events/internal/apierr"
	"customer-events/internal/events"
	"customer-events/internal/strictjson"
	"customer-events/models"
)

// openAPI is the part of the description that the tests check.
type openAPI struct {
	Paths      map[string]map[string]struct{ OperationID, Summary, Description string }
	Components struct {
		Schemas map[string]struct {
			Properties map[string]struct {
				MaxLength  int
				MaxItems   int
				Enum       []string
				Properties map[string]struct{ Enum []string }
			}
			Required []string
		}
	}
}

func described(t *testing.T) openAPI {
	t.Helper()
	var d openAPI
	if err := json.Unmarshal(description, &d); err != nil {
		t.Fatal(err)
	}
	return d
}

// TestOpenAPI_EveryCall checks that the description has every call. `make test-conformance` checks that it
// is valid OpenAPI 3.1.
func TestOpenAPI_EveryCall(t *testing.T) {
	t.Parallel()
	d := described(t)
	ids := make(map[string]bool)
	var paths []string
	for path, operations := range d.Paths {
		paths = append(paths, path)
		for method, o := range operations {
			if o.OperationID == "" || ids[o.OperationID] || o.Summary == "" || o.Description == "" {
				t.Errorf("%s %s is not described: %+v", method, path, o)
			}
			ids[o.OperationID] = true
		}
	}
	want := []string{Prefix + descriptionPath}
	for path := range calls {
		want = append(want, Prefix+path)
	}
	slices.Sort(want)
	slices.Sort(paths)
	if diff := cmp.Diff(want, paths); diff != "" {
		t.Errorf("paths (-served +described):\n%s", diff)
	}
}

// TestOpenAPI_SameAsSchema checks that the description has the fields of the GraphQL schema, and the lengths
// and codes of the program.
func TestOpenAPI_SameAsSchema(t *testing.T) {
	t.Parallel()
	d := described(t)
	text, err := os.ReadFile("../../schema.graphqls")
	if err != nil {
		t.Fatal(err)
	}
	schema, err := gqlparser.LoadSchema(&ast.Source{Input: string(text)})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{
		"WebCustomerEvent",
		"AccountsReceivableIdentifier",
		"RewardsParticipantIdentifier",
		"CustomerEventClassificationIdentifier",
		"UnitIdentifier",
	} {
		t.Run(name, func(t *testing.T) {
			input := schema.Types[name]
			if input == nil || input.Kind != ast.InputObject {
				input = schema.Types[name+"Input"]
			}
			var want, mandatory []string
			for _, field := range input.Fields {
				want = append(want, snakeCase(field.Name))
				if field.Type.NonNull {
					mandatory = append(mandatory, snakeCase(field.Name))
				}
			}
			slices.Sort(want)
			described := d.Components.Schemas[name]
			if diff := cmp.Diff(want, slices.Sorted(maps.Keys(described.Properties))); diff != "" {
				t.Errorf("%s (-GraphQL +Web API):\n%s", name, diff)
			}
			if diff := cmp.Diff(mandatory, described.Required); diff != "" {
				t.Errorf("%s, mandatory (-GraphQL +Web API):\n%s", name, diff)
			}
		})
	}
	// The decoder accepts a text of the described length, and rejects one more character.
	decoder := &events.Decoder{FieldNames: events.SnakeCase,
		Hasher: models.NewKeyedHasher([]byte("the tests' own key"))}
	lengths := 0
	for name, property := range d.Components.Schemas["WebCustomerEvent"].Properties {
		for more := 0; property.MaxLength > 0 && more < 2; more++ {
			lengths++
			value := "www.crm.com/" + strings.Repeat("x", property.MaxLength-len("www.crm.com/")+more)
			var event events.WebCustomerEventInput
			if err := decoder.DecodeEvent(strictjson.New(`{"`+name+`":"`+value+`"}`), &event); err != nil {
				t.Fatal(err)
			}
			said := slices.ContainsFunc(event.Problems,
				func(f models.Problem) bool { return len(f.Path) == 1 && f.Path[0] == name })
			if said != (more == 1) {
				t.Errorf("%s of %d characters: %+v", name, len(value), event.Problems)
			}
		}
	}
	if lengths != 2*13 {
		t.Errorf("%d lengths are described", lengths)
	}
	most := d.Components.Schemas["CreateRequest"].Properties["web_customer_events_set"].MaxItems
	if most != events.MaxEventsPerCall {
		t.Errorf("%d events at most", most)
	}
	var names []string
	for _, row := range apierr.Rows() {
		if !row.GraphQLOnly {
			names = append(names, row.Class)
		}
	}
	slices.Sort(names)
	status := d.Components.Schemas["Refusal"].Properties["status"]
	enum := slices.Sorted(slices.Values(status.Properties["code"].Enum))
	if diff := cmp.Diff(names, enum); diff != "" {
		t.Errorf("status.code (-given +described):\n%s", diff)
	}
	for _, code := range d.Components.Schemas["UnprocessedCustomerEvent"].Properties["error_code"].Enum {
		if models.Code(code).Description() == "" {
			t.Errorf("there is no code %s", code)
		}
	}
}

// TestOpenAPI_EveryOutputField compares the rows of the description with the tables of output fields, whose
// names must be those of GraphQL in snake case.
func TestOpenAPI_EveryOutputField(t *testing.T) {
	t.Parallel()
	checkOutputFields(t, "ProcessedCustomerEvent", events.ProcessedFields)
	checkOutputFields(t, "UnprocessedCustomerEvent", events.UnprocessedFields, "problems")
	checkOutputFields(t, "Problem", events.ProblemFields)
}

func checkOutputFields[Row any](
	t *testing.T, schema string, table []events.OutputField[Row], others ...string,
) {
	t.Helper()
	names := slices.Clone(others)
	for _, field := range table {
		if want := snakeCase(field.Names[events.CamelCase]); field.Names[events.SnakeCase] != want {
			t.Errorf("%s: %q, want %q", schema, field.Names, want)
		}
		names = append(names, field.Names[events.SnakeCase])
	}
	slices.Sort(names)
	properties := slices.Sorted(maps.Keys(described(t).Components.Schemas[schema].Properties))
	if diff := cmp.Diff(names, properties); diff != "" {
		t.Errorf("%s (-table +openapi.json):\n%s", schema, diff)
	}
}

var hump = regexp.MustCompile(`[a-z]([A-Z]|[0-9])`)

// snakeCase spells a GraphQL name as the Web API does.
func snakeCase(name string) string {
	split := func(pair string) string { return pair[:1] + "_" + pair[1:] }
	return strings.ToLower(hump.ReplaceAllStringFunc(name, split))
}

// TestOpenAPI_OriginalExample checks that the examples equal those of the original, except for their layout.
func TestOpenAPI_OriginalExample(t *testing.T) {
	t.Parallel()
	var d struct {
		Paths map[string]struct {
			Post struct {
				RequestBody body
				Responses   map[string]body
			}
		}
	}
	if err := json.Unmarshal(description, &d); err != nil {
		t.Fatal(err)
	}
	post := d.Paths[Prefix+"customer_events/bulk/web/create"].Post
	for file, example := range map[string]body{
		"request":  post.RequestBody,
		"response": post.Responses["200"],
	} {
		t.Run(file, func(t *testing.T) {
			text, err := os.ReadFile("testdata/seed/" + file + ".json")
			if err != nil {
				t.Fatal(err)
			}
			var want any
			if err := json.Unmarshal(text, &want); err != nil {
				t.Fatal(err)
			}
			diff := cmp.Diff(want, example.Content["application/json"].Examples["original"].Value)
			if diff != "" {
				t.Errorf("%s (-original +description):\n%s", file, diff)
			}
		})
	}
}

// body is the description of a body.
type body struct {
	Content map[string]struct {
		Examples map[string]struct{ Value any }
	}
}
