package webapi

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"customer-events/door"
	"customer-events/events"
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

func TestEveryRefusalHasAClass(t *testing.T) {
	t.Parallel()
	for _, err := range []error{events.ErrKeyReused, events.ErrUnavailable, events.ErrOutcomeUnknown, events.ErrTooManyEvents{Sent: 1001}, models.ErrLocked, models.ErrAway, models.ErrUnknown} {
		if refusal := door.Known(err); refusal == nil || classes[refusal.Code].name == "" {
			t.Errorf("%v: %+v", err, refusal)
		}
	}
}

// A panic is answered with the request's id and nothing else; what it was stands in the log.
func TestPanic(t *testing.T) {
	t.Parallel()
	var log strings.Builder
	h := &Handler{Log: slog.New(slog.NewTextHandler(&log, nil)), Patience: time.Minute} // without a service to call
	request := httptest.NewRequest(http.MethodPost, Prefix+"authentication/token", strings.NewReader(`{"username":"a","password":"CANARY"}`))
	w := httptest.NewRecorder()
	h.ServeHTTP(w, request.WithContext(door.WithRequest(request.Context(), &door.Request{ID: "request-1"})))
	const want = `{"data":{},"status":{"code":"InternalServerErrorException","description":"The server has failed.","message":"something went wrong here; the request's id is request-1"}}`
	if w.Code != http.StatusInternalServerError || w.Body.String() != want {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if !strings.Contains(log.String(), "nil pointer") || strings.Contains(log.String(), "CANARY") {
		t.Errorf("the log: %s", log.String())
	}
}
