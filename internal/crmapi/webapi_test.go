package crmapi

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"customer-events/internal/api"
	"customer-events/internal/apierr"
	"customer-events/internal/auth"
	"customer-events/internal/events"
	"customer-events/models"
)

// TestFieldsSet_EverySelection checks the answer for every kind of fields_set, with a processed and an
// unprocessed event.
func TestFieldsSet_EverySelection(t *testing.T) {
	t.Parallel()
	name := "b"
	problem := events.EventProblem{
		Path: []string{"website"}, ErrorCode: models.Invalid, ErrorDescription: "text",
	}
	outcome := &events.Outcome{
		ProcessedCustomerEventsSet: []events.ProcessedCustomerEvent{
			{RequestUniqueIdentifier: "a", ID: "A1", Number: "7", Replayed: true},
		},
		UnprocessedCustomerEventsSet: []events.UnprocessedCustomerEvent{{
			RequestUniqueIdentifier: &name, Index: 1, ErrorCode: models.Invalid, ErrorDescription: "text",
			Problems: []events.EventProblem{problem},
		}},
	}
	const allProcessed = `{"number":"7","id":"A1","request_unique_identifier":"a"}`
	const allUnprocessed = `{"error_description":"text","error_code":"InvalidAPIValueException",` +
		`"request_unique_identifier":"b"}`
	const rest = `{"index":1,"retryable":false,"problems":[{"path":["website"],` +
		`"error_code":"InvalidAPIValueException","error_description":"text"}]}`
	const code = `{"error_code":"InvalidAPIValueException"}`
	for _, c := range []struct {
		name, fieldsSet        string
		unprocessed, processed string // the row of the set, "" if the set is left out
	}{
		{"empty", "", allUnprocessed, allProcessed},
		{"only commas", " , ,", allUnprocessed, allProcessed},
		{"one set", "processed_customer_events_set", "", allProcessed},
		{"blanks and a comma", "\tunprocessed_customer_events_set ,", allUnprocessed, ""},
		{"both sets", processedSet + "," + unprocessedSet, allUnprocessed, allProcessed},
		{"a set and a member", "processed_customer_events_set, id", "", `{"id":"A1"}`},
		{"a member twice", "id," + processedSet + ",number,id", "", `{"number":"7","id":"A1"}`},
		{"a member of the other set", processedSet + ",error_code", "", allProcessed},
		{"a member of one set", "id", allUnprocessed, `{"id":"A1"}`},
		{"a member of both sets", "request_unique_identifier",
			`{"request_unique_identifier":"b"}`, `{"request_unique_identifier":"a"}`},
		{"a member of each set", "id,error_code", code, `{"id":"A1"}`},
		{"extensions of processed", processedSet + ",index,replayed", "", `{"index":0,"replayed":true}`},
		{"extensions of unprocessed", unprocessedSet + ",index,retryable,problems", rest, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			chosen, err := parseFieldsSet(c.fieldsSet)
			if err != nil {
				t.Fatal(err)
			}
			var sets []string
			if c.unprocessed != "" {
				sets = append(sets, `"unprocessed_customer_events_set":[`+c.unprocessed+`]`)
			}
			if c.processed != "" {
				sets = append(sets, `"processed_customer_events_set":[`+c.processed+`]`)
			}
			want := "{" + strings.Join(sets, ",") + "}"
			if got := string(chosen.append(nil, outcome)); got != want {
				t.Errorf("%q:\n%s\nwant\n%s", c.fieldsSet, got, want)
			}
		})
	}
	for _, fieldsSet := range []string{
		"ids",
		"id;number",
		"ID",
		"data",
		"processedCustomerEventsSet",
		"processed_customer_events_set.id",
		"id,nothing",
	} {
		t.Run(fieldsSet, func(t *testing.T) {
			_, err := parseFieldsSet(fieldsSet)
			if public := api.Public(err); public == nil || public.Kind != apierr.BadRequest ||
				!strings.Contains(err.Error(), "request_unique_identifier") {
				t.Errorf("%q: %v", fieldsSet, err)
			}
		})
	}
}

func TestErrors_EveryStatus(t *testing.T) {
	t.Parallel()
	for _, err := range []error{
		events.ErrKeyReused,
		events.ErrUnavailable,
		events.ErrOutcomeUnknown,
		events.ErrTooManyEvents{Sent: 1001},
		models.ErrInProgress,
		models.ErrUnavailable,
		models.ErrCommitUnknown,
		auth.ErrWrongLogin,
	} {
		if public := api.Public(err); public == nil || statusOf(public).name == "" {
			t.Errorf("%v: %+v", err, public)
		}
	}
}

// TestHandler_Panic checks that the answer to a panic has only the id of the request, and the
// log has the panic.
func TestHandler_Panic(t *testing.T) {
	t.Parallel()
	var log strings.Builder
	h := &Handler{Log: slog.New(slog.NewTextHandler(&log, nil)),
		Timeout: time.Minute} // without a service to call
	request := httptest.NewRequest(http.MethodPost, Prefix+"authentication/token",
		strings.NewReader(`{"username":"a","password":"CANARY"}`))
	w := httptest.NewRecorder()
	h.ServeHTTP(w, request.WithContext(api.WithRequest(request.Context(), &api.Request{ID: "request-1"})))
	const want = `{"data":{},"status":{"code":"InternalServerErrorException","description":"The server ` +
		`has failed.","message":"something went wrong here; the request's id is request-1"}}`
	if w.Code != http.StatusInternalServerError || w.Body.String() != want {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if !strings.Contains(log.String(), "nil pointer") || strings.Contains(log.String(), "CANARY") {
		t.Errorf("the log: %s", log.String())
	}
}
