package webapi

import (
	"encoding/json"
	"errors"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"customer-events/door"
	"customer-events/events"
	"customer-events/events/strictjson"
	"customer-events/models"
)

// The answer of every choice of fields, for one event that is processed and one that is not.
func TestFieldsSet(t *testing.T) {
	t.Parallel()
	name := "b"
	outcome := &events.Outcome{
		ProcessedCustomerEventsSet: []events.ProcessedCustomerEvent{{RequestUniqueIdentifier: "a", ID: "A1", Number: "7", Replayed: true}},
		UnprocessedCustomerEventsSet: []events.UnprocessedCustomerEvent{{RequestUniqueIdentifier: &name, Index: 1, ErrorCode: models.Invalid, ErrorDescription: "text",
			Problems: []events.EventProblem{{Path: []string{"website"}, ErrorCode: models.Invalid, ErrorDescription: "text"}}}},
	}
	const processed, unprocessed = `"processed_customer_events_set":[{"number":"7","id":"A1","request_unique_identifier":"a"}]`,
		`"unprocessed_customer_events_set":[{"error_description":"text","error_code":"InvalidAPIValueException","request_unique_identifier":"b"}]`
	for fieldsSet, want := range map[string]string{
		"":                                    unprocessed + "," + processed,
		" , ,":                                unprocessed + "," + processed,
		"processed_customer_events_set":       processed,
		"\tunprocessed_customer_events_set ,": unprocessed,
		"processed_customer_events_set,unprocessed_customer_events_set": unprocessed + "," + processed,
		"processed_customer_events_set, id":                             `"processed_customer_events_set":[{"id":"A1"}]`,
		"id,processed_customer_events_set,number,id":                    `"processed_customer_events_set":[{"number":"7","id":"A1"}]`,
		"processed_customer_events_set,error_code":                      processed,
		"id":                        unprocessed + `,"processed_customer_events_set":[{"id":"A1"}]`,
		"request_unique_identifier": `"unprocessed_customer_events_set":[{"request_unique_identifier":"b"}],"processed_customer_events_set":[{"request_unique_identifier":"a"}]`,
		"id,error_code":             `"unprocessed_customer_events_set":[{"error_code":"InvalidAPIValueException"}],"processed_customer_events_set":[{"id":"A1"}]`,
		"processed_customer_events_set,index,replayed": `"processed_customer_events_set":[{"index":0,"replayed":true}]`,
		"unprocessed_customer_events_set,index,retryable,problems": `"unprocessed_customer_events_set":[{"index":1,"retryable":false,` +
			`"problems":[{"path":["website"],"error_code":"InvalidAPIValueException","error_description":"text"}]}]`,
	} {
		chosen, err := choose(fieldsSet)
		if err != nil {
			t.Errorf("%q: %v", fieldsSet, err)
			continue
		}
		if got := string(chosen.append(nil, outcome)); got != "{"+want+"}" {
			t.Errorf("%q:\n%s\nwant\n{%s}", fieldsSet, got, want)
		}
	}
	for _, fieldsSet := range []string{"ids", "id;number", "ID", "data", "processedCustomerEventsSet", "processed_customer_events_set.id", "id,nothing"} {
		_, err := choose(fieldsSet)
		if refusal := door.Known(err); refusal == nil || refusal.Code != door.BadRequest || !strings.Contains(err.Error(), "request_unique_identifier") {
			t.Errorf("%q: %v", fieldsSet, err)
		}
	}
}

// FuzzBody holds the reading of bodies against encoding/json: a body is refused as no JSON if and only if it is none; what is
// read is what the other reads.
func FuzzBody(f *testing.F) {
	for _, seed := range []string{`{"token":"a","set":[1],"x":{}}`, `{"token":"\ud800"}`, "{\"token\":\"\xff\"}", `{"token":1}`, `{"token":[1}`, `{"token":null,"token":"a"}`, `{"set":{}}`, `{"set":[1}`, `[]`, ``, ` `, `{}{}`, `{"x":1,"x":1}`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) {
		if strings.Count(body, "[")+strings.Count(body, "{") > 1000 {
			return // encoding/json bounds the depth, we do not
		}
		var token *string
		var set string
		err := members{"token": text(&token), "set": aside(&set)}.read(body)
		if err != nil && door.Known(err) == nil {
			t.Fatalf("%q: %v is not to be shown", body, err)
		}
		if strings.TrimSpace(body) == "" {
			return
		}
		valid := json.Valid([]byte(body))
		if !valid && (err == nil || !strings.Contains(err.Error(), "valid JSON") && !strings.Contains(err.Error(), "one JSON object")) {
			t.Fatalf("%q is not JSON: %v", body, err)
		}
		if valid && err != nil && strings.Contains(err.Error(), "valid JSON") {
			t.Fatalf("%q is JSON: %v", body, err)
		}
		if err != nil {
			return
		}
		var want map[string]json.RawMessage
		if err := json.Unmarshal([]byte(body), &want); err != nil {
			t.Fatalf("%q: %v", body, err)
		}
		if raw := string(want["set"]); raw != set && (set != "" || raw != "null") {
			t.Errorf("%q: set %q, want %q", body, set, raw)
		}
		var other *string
		if raw := want["token"]; raw != nil {
			_ = json.Unmarshal(raw, &other)
		}
		if diff := cmp.Diff(other, token); diff != "" {
			t.Errorf("%q: %s", body, diff)
		}
	})
}

// openAPI is what the tests look at of the description.
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

// Every call is described, with a sentence for each. That the description is OpenAPI 3.1 is for make audit to say.
func TestDescriptionIsWhole(t *testing.T) {
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

// The description and the schema of the other door have the same fields and lengths; the codes are those that there are.
func TestDescriptionSaysWhatTheProgramDoes(t *testing.T) {
	t.Parallel()
	d := described(t)
	text, err := os.ReadFile("../schema.graphqls")
	if err != nil {
		t.Fatal(err)
	}
	schema, err := gqlparser.LoadSchema(&ast.Source{Input: string(text)})
	if err != nil {
		t.Fatal(err)
	}
	hump := regexp.MustCompile(`[a-z]([A-Z]|[0-9])`)
	snake := func(name string) string {
		return strings.ToLower(hump.ReplaceAllStringFunc(name, func(pair string) string { return pair[:1] + "_" + pair[1:] }))
	}
	for _, name := range []string{"WebCustomerEvent", "AccountsReceivableIdentifier", "RewardsParticipantIdentifier", "CustomerEventClassificationIdentifier", "UnitIdentifier"} {
		input := schema.Types[name]
		if input == nil || input.Kind != ast.InputObject {
			input = schema.Types[name+"Input"]
		}
		var want, mandatory []string
		for _, field := range input.Fields {
			want = append(want, snake(field.Name))
			if field.Type.NonNull {
				mandatory = append(mandatory, snake(field.Name))
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
	}
	// A text is as long as it is said to be: the longest passes the decoder, one character more does not.
	decoder := &events.Decoder{Naming: events.Wire, Secrets: models.NewSecrets([]byte("the tests' own key"))}
	lengths := 0
	for name, property := range d.Components.Schemas["WebCustomerEvent"].Properties {
		for more := 0; property.MaxLength > 0 && more < 2; more++ {
			lengths++
			value := "www.crm.com/" + strings.Repeat("x", property.MaxLength-len("www.crm.com/")+more)
			var event events.WebCustomerEventInput
			if err := decoder.Event(strictjson.New(`{"`+name+`":"`+value+`"}`), &event); err != nil {
				t.Fatal(err)
			}
			said := slices.ContainsFunc(event.Faults, func(f models.Fault) bool { return len(f.Path) == 1 && f.Path[0] == name })
			if said != (more == 1) {
				t.Errorf("%s of %d characters: %+v", name, len(value), event.Faults)
			}
		}
	}
	if lengths != 2*13 {
		t.Errorf("%d lengths are described", lengths)
	}
	if most := d.Components.Schemas["CreateRequest"].Properties["web_customer_events_set"].MaxItems; most != events.MaxEventsPerCall {
		t.Errorf("%d events at most", most)
	}
	names := []string{wrongLogin.name}
	for code, said := range classes {
		if code.Status() < 400 || said.sentence == "" {
			t.Errorf("%s has no status or no sentence", code)
		}
		names = append(names, said.name)
	}
	slices.Sort(names)
	enum := slices.Sorted(slices.Values(d.Components.Schemas["Refusal"].Properties["status"].Properties["code"].Enum))
	if diff := cmp.Diff(names, enum); diff != "" {
		t.Errorf("status.code (-given +described):\n%s", diff)
	}
	for _, code := range d.Components.Schemas["UnprocessedCustomerEvent"].Properties["error_code"].Enum {
		if models.Code(code).Sentence() == "" {
			t.Errorf("there is no code %s", code)
		}
	}
}

func TestEveryRefusalHasAClass(t *testing.T) {
	t.Parallel()
	for _, err := range []error{events.ErrKeyReused, events.ErrUnavailable, events.ErrOutcomeUnknown, events.ErrTooManyEvents{Sent: 1001}, models.ErrLocked, models.ErrAway, models.ErrUnknown} {
		if refusal := door.Known(err); refusal == nil || classes[refusal.Code].name == "" {
			t.Errorf("%v: %+v", err, refusal)
		}
	}
	if classOf(errors.New("anything"), door.Refuse(door.Internal, "x")).name != "InternalServerErrorException" {
		t.Error("a fault of ours has another class")
	}
}
