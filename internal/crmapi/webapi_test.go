package crmapi

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"customer-events/internal/admission"
	"customer-events/internal/api"
	"customer-events/internal/apierr"
	"customer-events/internal/auth"
	"customer-events/internal/events"
	"customer-events/models"
)

// TestFieldsSet checks the answer for every kind of fields_set, with a processed and an unprocessed event.
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
		chosen, err := parseFieldsSet(fieldsSet)
		if err != nil {
			t.Errorf("%q: %v", fieldsSet, err)
			continue
		}
		if got := string(chosen.append(nil, outcome)); got != "{"+want+"}" {
			t.Errorf("%q:\n%s\nwant\n{%s}", fieldsSet, got, want)
		}
	}
	for _, fieldsSet := range []string{"ids", "id;number", "ID", "data", "processedCustomerEventsSet", "processed_customer_events_set.id", "id,nothing"} {
		_, err := parseFieldsSet(fieldsSet)
		if refusal := api.Public(err); refusal == nil || refusal.Kind != apierr.BadRequest || !strings.Contains(err.Error(), "request_unique_identifier") {
			t.Errorf("%q: %v", fieldsSet, err)
		}
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
		if refusal := api.Public(err); refusal == nil || statusOf(refusal).name == "" {
			t.Errorf("%v: %+v", err, refusal)
		}
	}
}

// TestPanic checks that the answer to a panic has only the id of the request, and the log has the panic.
func TestPanic(t *testing.T) {
	t.Parallel()
	var log strings.Builder
	h := &Handler{ // without a service to call
		Log: slog.New(slog.NewTextHandler(&log, nil)), Timeout: time.Minute,
		Admission: admission.NewController(func(context.Context) bool { return false }),
	}
	request := httptest.NewRequest(http.MethodPost, Prefix+"authentication/token", strings.NewReader(`{"username":"a","password":"CANARY"}`))
	w := httptest.NewRecorder()
	h.ServeHTTP(w, request.WithContext(api.WithLogRecord(request.Context(), &api.LogRecord{ID: "request-1"})))
	const want = `{"data":{},"status":{"code":"InternalServerErrorException","description":"The server has failed.","message":"something went wrong here; the request's id is request-1"}}`
	if w.Code != http.StatusInternalServerError || w.Body.String() != want {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if !strings.Contains(log.String(), "nil pointer") || strings.Contains(log.String(), "CANARY") {
		t.Errorf("the log: %s", log.String())
	}
}
