package graph_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"customer-events/graph"
	"customer-events/internal/events"
	"customer-events/models"
)

const counts = ` { processedCustomerEventsSet { index requestUniqueIdentifier number replayed } ` +
	`unprocessedCustomerEventsSet { index errorCode } summary { received processed replayed unprocessed } } `

// payload is the result of one bulk field. Summary is nil if the field is null.
type payload struct {
	ProcessedCustomerEventsSet []struct {
		Index                           int
		RequestUniqueIdentifier, Number string
		Replayed                        bool
	}
	UnprocessedCustomerEventsSet []struct{ Index int }
	Summary                      *struct{ Received, Processed, Replayed, Unprocessed int }
}

func (r reply) payload(t *testing.T, alias string) (p payload) {
	t.Helper()
	if err := json.Unmarshal(r.Data[alias], &p); err != nil {
		t.Errorf("%s: %v in %.500s", alias, err, r.text)
	}
	return p
}

// errorAt returns the code of the error under a path of one element.
func (r reply) errorAt(alias string) (code string) {
	for _, e := range r.Errors {
		if len(e.Path) == 1 && e.Path[0] == alias {
			code = e.Extensions.Code
		}
	}
	return code
}

// inputs returns variables with several inputs. Each is given by its other members and its number of events.
func inputs(list ...any) string {
	var b strings.Builder
	for i := 0; i < len(list); i += 2 {
		events := make([]string, list[i+1].(int))
		for k := range events {
			events[k] = good(fmt.Sprintf("%d/%d", i/2, k)) + "}"
		}
		fmt.Fprintf(&b, `,"%c":{%s"webCustomerEventsSet":[%s]}`, 'a'+i/2, list[i], strings.Join(events, ","))
	}
	return "{" + b.String()[1:] + "}"
}

const three = `mutation ($a: CreateWebCustomerEventsInput!, $b: CreateWebCustomerEventsInput!, $c: ` +
	`CreateWebCustomerEventsInput!) {
		x: createWebCustomerEvents(input: $a)` + counts + `y: createWebCustomerEvents(input: $b)` + counts +
	`z: createWebCustomerEvents(input: $c)` + counts + `}`

// TestMutation_SeveralFields checks that several fields run one after the other, in the order of the
// document.
func TestMutation_SeveralFields(t *testing.T) {
	t.Parallel()
	for name, query := range map[string]string{
		"fields": three,
		"fragments": `mutation ($a: CreateWebCustomerEventsInput!, $b: CreateWebCustomerEventsInput!, ` +
			`$c: CreateWebCustomerEventsInput!) { ...f } fragment f on Mutation` +
			three[strings.Index(three, "{"):],
		// Events that are read back are answered by gqlgen, the others by us.
		"read back": strings.Replace(three, "index requestUniqueIdentifier",
			"event { number } index requestUniqueIdentifier", 1),
	} {
		t.Run(name, func(t *testing.T) {
			a := newAPI(t, nil)
			r := a.post(t, query, inputs("", 2, "", 0, "", 3), "Accept", newMedia)
			x, y, z := r.payload(t, "x"), r.payload(t, "y"), r.payload(t, "z")
			if r.status != 200 || len(r.Errors) > 0 || len(x.ProcessedCustomerEventsSet) != 2 ||
				y.Summary == nil || y.Summary.Received != 0 || z.Summary == nil || z.Summary.Processed != 3 {
				t.Fatalf("%s: %d %s", name, r.status, r.text)
			}
			first, last := x.ProcessedCustomerEventsSet, z.ProcessedCustomerEventsSet
			if first[0].Number != "1" || first[1].Number != "2" || last[0].Number != "3" ||
				last[2].RequestUniqueIdentifier != "2/2" {
				t.Errorf("%s: not one after the other: %s", name, r.text)
			}
			if strings.Index(r.text, `"x":`) > strings.Index(r.text, `"z":`) {
				t.Errorf("%s: the answers are in another order: %s", name, r.text)
			}
		})
	}
}

// TestMutation_FieldsWithOneVariable checks that each field evaluates the events of a shared variable by
// itself.
func TestMutation_FieldsWithOneVariable(t *testing.T) {
	t.Parallel()
	a := newAPI(t, nil)
	query := `mutation ($a: CreateWebCustomerEventsInput!, $e: WebCustomerEventInput!) { x: ` +
		`createWebCustomerEvents(input: $a)` + counts + `y: createWebCustomerEvents(input: $a)` + counts +
		`z: createWebCustomerEvents(input: {webCustomerEventsSet: [$e, $e]})` + counts + `}`
	referenced := good("r") + `,"externalSystem":"S","externalSystemReferenceNumber":"1"}`
	variables := `{"a":{"webCustomerEventsSet":[` + good("one") + `},` + referenced +
		`,{"requestUniqueIdentifier":"bad"}]},"e":` + good("two") + `}}`
	r := a.post(t, query, variables)
	if len(r.Errors) > 0 {
		t.Fatal(r.text)
	}
	x, y, z := r.payload(t, "x"), r.payload(t, "y"), r.payload(t, "z")
	if x.Summary.Processed != 2 || x.Summary.Replayed != 0 || y.Summary.Processed != 2 ||
		y.Summary.Replayed != 1 || x.Summary.Unprocessed != 1 || y.Summary.Unprocessed != 1 ||
		z.Summary.Unprocessed != 2 {
		t.Errorf("%s", r.text)
	}
	if x.ProcessedCustomerEventsSet[0].Number == y.ProcessedCustomerEventsSet[0].Number ||
		x.ProcessedCustomerEventsSet[1].Number != y.ProcessedCustomerEventsSet[1].Number {
		t.Errorf("without a reference an event is a new one each time, with one it is a replay: %s", r.text)
	}
}

// TestMutation_FailingField checks that a field that fails is null, has its error under its path, and does
// not affect the others. The status is 200 if another field succeeds.
func TestMutation_FailingField(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name      string
		variables string
		key       string
		want      [3]string // codes of x, y and z
		status    int
	}{
		{"the first", inputs(`"token":"wrong",`, 1, "", 1, "", 1), "", [3]string{"BAD_REQUEST", "", ""},
			200},
		{"the one in the middle", inputs("", 1, `"idempotencyKey":"ä",`, 1, "", 1), "",
			[3]string{"", "BAD_REQUEST", ""}, 200},
		{"the last", inputs("", 1, "", 1, `"idempotencyKey":"ö",`, 1), "", [3]string{"", "", "BAD_REQUEST"},
			200},
		{"all but one", inputs(`"token":"wrong",`, 1, `"idempotencyKey":"ö",`, 1, "", 1), "",
			[3]string{"BAD_REQUEST", "BAD_REQUEST", ""}, 200},
		{"all", inputs(`"idempotencyKey":"ö",`, 1, `"token":"wrong",`, 1, `"idempotencyKey":"ö",`, 1), "",
			[3]string{"BAD_REQUEST", "BAD_REQUEST", "BAD_REQUEST"}, 400},
		{"one key with other events", inputs(`"idempotencyKey":"k",`, 1, `"idempotencyKey":"k",`, 2,
			`"idempotencyKey":"l",`, 1), "", [3]string{"", "IDEMPOTENCY_KEY_REUSED", ""}, 200},
		{"the header's key with other events", inputs("", 1, "", 2, "", 3), "k",
			[3]string{"", "IDEMPOTENCY_KEY_REUSED", "IDEMPOTENCY_KEY_REUSED"}, 200},
		{"the header's key and another",
			inputs("", 1, `"idempotencyKey":"l",`, 1, `"idempotencyKey":"k",`, 1), "k",
			[3]string{"", "BAD_REQUEST", "IDEMPOTENCY_KEY_REUSED"}, 200},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			a := newAPI(t, nil)
			headers := []string{"Accept", newMedia}
			if c.key != "" {
				headers = append(headers, "Idempotency-Key", c.key)
			}
			for round := range 2 { // the second is a replay, where there is a key
				r := a.post(t, three, c.variables, headers...)
				errors := 0
				for i, alias := range []string{"x", "y", "z"} {
					t.Run(alias, func(t *testing.T) {
						if got := r.errorAt(alias); got != c.want[i] ||
							(string(r.Data[alias]) == "null") != (got != "") {
							t.Errorf("round %d: %s has %q, want %q: %s", round, alias, got, c.want[i],
								r.text)
						}
						if c.want[i] != "" {
							errors++
						}
					})
				}
				if r.status != c.status || len(r.Errors) != errors {
					t.Errorf("round %d: %d %s", round, r.status, r.text)
				}
			}
		})
	}
}

// TestMutation_DatabaseFailure checks that an error of the database fails only the field that it occurs in.
func TestMutation_DatabaseFailure(t *testing.T) {
	t.Parallel()
	failing := &failingStore{at: 2, err: models.ErrUnavailable}
	a := newAPI(t, func(r *graph.Resolver) {
		failing.EventStore = r.Service.Store
		r.Service.Store, r.Service.RetryTimeout = failing, 0
	})
	r := a.post(t, three, inputs("", 1, "", 1, "", 1), "Accept", newMedia)
	if r.status != 200 || r.errorAt("y") != "UNAVAILABLE" || len(r.Errors) != 1 ||
		r.payload(t, "x").Summary == nil || r.payload(t, "z").Summary == nil {
		t.Errorf("%d %s", r.status, r.text)
	}
}

// failingStore is a store that fails at the call with the given number.
type failingStore struct {
	events.EventStore
	calls, at int
	err       error
}

func (f *failingStore) Record(ctx context.Context, entry models.WriteSet) error {
	if f.calls++; f.calls == f.at {
		return f.err
	}
	return f.EventStore.Record(ctx, entry)
}

// Pass lets the call judge, and fails to write what it returns.
func (f *failingStore) Pass(ctx context.Context, call *models.PassMember) error {
	if f.calls++; f.calls == f.at {
		return failWriting(ctx, f.EventStore, call, f.err)
	}
	return f.EventStore.Pass(ctx, call)
}

// failWriting lets a call judge, writes nothing, and returns the error.
func failWriting(ctx context.Context, store events.EventStore, call *models.PassMember, err error) error {
	judged := *call
	judged.Judge = func(found models.Findings) models.WriteSet {
		call.Judge(found)
		return models.WriteSet{}
	}
	if passErr := store.Pass(ctx, &judged); passErr != nil {
		return passErr
	}
	return err
}

// TestMutation_TooManyEvents checks that the limit of events applies to all fields together, before anything
// is stored.
func TestMutation_TooManyEvents(t *testing.T) {
	t.Parallel()
	a := newAPI(t, nil)
	for _, c := range []struct {
		list [3]int
		sum  string
	}{
		{[3]int{1000, 1, 0}, "1001"},
		{[3]int{334, 333, 334}, "1001"},
		{[3]int{500, 500, 500}, "1500"},
		{[3]int{1, 0, 1001}, "1002"},
	} {
		r := a.post(t, three, inputs("", c.list[0], "", c.list[1], "", c.list[2]), "Accept", newMedia)
		if r.status != 400 || r.code() != "TOO_MANY_EVENTS" || r.Data != nil || len(r.Errors) != 1 ||
			!strings.Contains(r.Errors[0].Message, "1000") || !strings.Contains(r.Errors[0].Message, c.sum) {
			t.Errorf("%v: %d %.300s", c.list, r.status, r.text)
		}
	}
	literals := `mutation { x: createWebCustomerEvents(input: {webCustomerEventsSet: ` + literal("") + `})` +
		counts + ` y: createWebCustomerEvents(input: {webCustomerEventsSet: [` + literal("") + `,` +
		literal("") + `]})` + counts + `}`
	everything := strings.ReplaceAll(three, counts, " "+allFields("CreateWebCustomerEventsPayload")+" ")
	r := a.post(t, everything, inputs("", 1000, "", 1000, "", 1000))
	if r.code() != "TOO_MANY_EVENTS" || !strings.Contains(r.text, "3000") {
		t.Errorf("everything selected: %.300s", r.text)
	}
	a.nothingStored(t, "too many events")
	if r := a.post(t, literals, ""); len(r.Errors) > 0 || r.payload(t, "x").Summary.Received != 1 ||
		r.payload(t, "y").Summary.Received != 2 {
		t.Errorf("literals: %s", r.text)
	}
	if r := a.post(t, three, inputs("", 500, "", 499, "", 1)); len(r.Errors) > 0 ||
		r.payload(t, "y").Summary.Processed != 499 {
		t.Errorf("1000 in all: %.300s", r.text)
	}
}
