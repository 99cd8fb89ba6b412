package graph_test

import (
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
)

// TestSchema_DefinesOneOf checks that schema.graphqls defines the directive itself. Without the definition,
// clients and gateways with an older GraphQL library reject the schema.
func TestSchema_DefinesOneOf(t *testing.T) {
	t.Parallel()
	file, err := os.ReadFile("../schema.graphqls")
	if err != nil {
		t.Fatal(err)
	}
	document, err := parser.ParseSchema(&ast.Source{Input: string(file)}) // without gqlparser's own definitions
	if err != nil {
		t.Fatal(err)
	}
	directive := document.Directives.ForName("oneOf")
	if directive == nil || directive.Description == "" || len(directive.Arguments) > 0 ||
		directive.IsRepeatable || len(directive.Locations) != 1 ||
		directive.Locations[0] != ast.LocationInputObject {
		t.Errorf("@oneOf is %+v", directive)
	}
	var used []string
	for _, definition := range document.Definitions {
		if definition.Directives.ForName("oneOf") != nil {
			used = append(used, definition.Name)
		}
	}
	slices.Sort(used)
	if diff := cmp.Diff(unions, used); diff != "" {
		t.Errorf("types with @oneOf (-want +got):\n%s", diff)
	}
	if len(document.Schema) != 1 || document.Schema[0].Description == "" {
		t.Error("the schema has no description")
	}
}

// TestSchema_Introspected checks the description of the schema and the directives that introspection offers:
// those of the specification, and no @defer, which the server does not implement.
func TestSchema_Introspected(t *testing.T) {
	t.Parallel()
	a := newAPI(t, nil)
	r := a.post(t, `{ __schema { description directives { name description locations args { name } } } }`, "")
	var got struct {
		Description string
		Directives  []struct {
			Name, Description string
			Locations         []string
			Args              []struct{ Name string }
		}
	}
	if err := json.Unmarshal(r.Data["__schema"], &got); err != nil {
		t.Fatal(err, r.text)
	}
	if !strings.Contains(got.Description, "customer events") {
		t.Errorf("the schema's description is %q", got.Description)
	}
	var names []string
	for _, directive := range got.Directives {
		names = append(names, directive.Name)
		if directive.Name == "oneOf" && (!slices.Equal(directive.Locations, []string{"INPUT_OBJECT"}) ||
			len(directive.Args) > 0 || directive.Description == "") {
			t.Errorf("%+v", directive)
		}
	}
	if diff := cmp.Diff([]string{"deprecated", "include", "oneOf", "skip", "specifiedBy"}, names); diff != "" {
		t.Errorf("directives (-want +got):\n%s", diff)
	}
}

func TestDefer_NotOffered(t *testing.T) {
	t.Parallel()
	a := newAPI(t, nil)
	for _, query := range []string{
		`{ ... @defer { limits { maxPageSize } } }`,
		`{ ... on Query @defer(label: "l", if: false) { limits { maxPageSize } } }`,
		`{ ...f @defer } fragment f on Query { limits { maxPageSize } }`,
		`{ limits { ... @stream { maxPageSize } } }`,
	} {
		r := a.post(t, query, "", "Accept", newMedia)
		if r.status != 400 || r.code() != "GRAPHQL_VALIDATION_FAILED" ||
			!strings.Contains(r.text, "Unknown directive") {
			t.Errorf("%s: %d %s", query, r.status, r.text)
		}
	}
}

// TestSchema_Deprecations checks that each deprecated field has a replacement and a date in its reason, and
// that the replacement exists.
func TestSchema_Deprecations(t *testing.T) {
	t.Parallel()
	reason := regexp.MustCompile("^Use `(\\w+) { (\\w+) }`\\. It may be removed from ([-0-9]{10}) on\\.$")
	var deprecated []string
	for _, definition := range schema().Types {
		for _, field := range definition.Fields {
			directive := field.Directives.ForName("deprecated")
			if directive == nil || strings.HasPrefix(definition.Name, "__") {
				continue
			}
			deprecated = append(deprecated, definition.Name+"."+field.Name)
			parts := reason.FindStringSubmatch(directive.Arguments.ForName("reason").Value.Raw)
			if parts == nil || parts[3] < "2027-11-25" {
				t.Errorf("%s.%s: %s", definition.Name, field.Name, directive.Arguments.ForName("reason").Value)
				continue
			}
			replacement := definition.Fields.ForName(parts[1])
			if replacement == nil || schema().Types[replacement.Type.Name()].Fields.ForName(parts[2]) == nil {
				t.Errorf("%s.%s: there is no %s.%s", definition.Name, field.Name, parts[1], parts[2])
			}
		}
	}
	slices.Sort(deprecated)
	want := []string{"CheckWebCustomerEventsPayload.acceptable", "CheckWebCustomerEventsPayload.replays"}
	if diff := cmp.Diff(want, deprecated); diff != "" {
		t.Errorf("deprecated (-want +got):\n%s", diff)
	}
	r := newAPI(t, nil).post(t, `{ __type(name: "CheckWebCustomerEventsPayload") {
		fields(includeDeprecated: true) { name isDeprecated deprecationReason } } }`, "")
	if !strings.Contains(r.text, `"name":"replays","isDeprecated":true,"deprecationReason":"Use `) {
		t.Error(r.text)
	}
}

// TestSchema_DescriptionsSayWhatMisleads checks the descriptions of fields whose names alone mislead.
func TestSchema_DescriptionsSayWhatMisleads(t *testing.T) {
	t.Parallel()
	served := schema()
	const event, account = "WebCustomerEventInput", "accountsReceivableIdentifier"
	const participant = "rewardsParticipantIdentifier"
	for _, c := range []struct {
		owner, field string
		words        []string
	}{
		{"AccountsReceivableIdentifier", "name", []string{"AmbiguousAPIValueException"}},
		{event, "requestUniqueIdentifier", []string{"not prevent duplicates", "idempotencyKey"}},
		{event, account, []string{"exactly one", participant}},
		{event, participant, []string{"exactly one", account}},
		{event, "website", []string{"location.href", "U+200C"}},
		{"CreateWebCustomerEventsInput", "token", []string{"Empty is the same as null"}},
		{"CreateWebCustomerEventsInput", "idempotencyKey", []string{"empty is the same as null"}},
		{"WebCustomerEvent", "number", []string{"as integers"}},
		{"ProcessedCustomerEvent", "number", []string{"as integers"}},
		{"ProcessedCustomerEvent", "id", []string{
			"typePolicies: {ProcessedCustomerEvent: {keyFields: false}}",
			"keys: {ProcessedCustomerEvent: () => null}",
			"getDataID",
		}},
		{"PageInfo", "", []string{"forward only"}},
		{"PageInfo", "hasNextPage", []string{"older"}},
		{"ErrorCode", "", []string{"never the `extensions.code`"}},
		{"Mutation", "login", []string{"non-null", "discards"}},
		{"Mutation", "logout", []string{"non-null", "discards"}},
	} {
		t.Run(c.owner+"."+c.field, func(t *testing.T) {
			t.Parallel()
			description := served.Types[c.owner].Description
			if c.field != "" {
				description = served.Types[c.owner].Fields.ForName(c.field).Description
			}
			text := strings.Join(strings.Fields(description), " ")
			for _, word := range c.words {
				if !strings.Contains(text, word) {
					t.Errorf("%q does not say %q", text, word)
				}
			}
		})
	}
}
