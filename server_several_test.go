package main

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"customer-events/store/storetest"
)

// Several fields of one request, one of which fails: over HTTP, on each database, with the log and the metrics.
func TestSeveral_OneFieldFails(t *testing.T) {
	t.Parallel()
	for database, open := range map[string]func(testing.TB) string{"SQLite": storetest.SQLite, "MariaDB": storetest.MySQL} {
		t.Run(database, func(t *testing.T) {
			t.Parallel()
			s := demoOn(t, open(t))
			const query = `mutation ($a: CreateWebCustomerEventsInput!, $b: CreateWebCustomerEventsInput!) {
				x: createWebCustomerEvents(input: $a) { summary { processed } }
				y: createWebCustomerEvents(input: $b) { summary { processed } }
				z: createWebCustomerEvents(input: $a) { summary { processed } } }`
			variables := object{
				"a": object{"webCustomerEventsSet": manyEvents(3)},
				"b": object{"webCustomerEventsSet": manyEvents(2), "token": "another"},
			}
			a := s.post(t, query, variables, "Accept", "application/graphql-response+json")
			if a.Status != http.StatusOK || len(a.Errors) != 1 || a.code() != "BAD_REQUEST" {
				t.Fatalf("%d %s", a.Status, a.Text)
			}
			if !strings.Contains(string(a.Text), `"data":{"x":{"summary":{"processed":3}},"y":null,"z":{"summary":{"processed":3}}}`) {
				t.Errorf("%s", a.Text)
			}
			if n := len(s.page(t, object{})); n != 6 {
				t.Errorf("%d events are stored", n)
			}
			response, err := s.client.Get(s.url + "/metrics")
			if err != nil {
				t.Fatal(err)
			}
			defer response.Body.Close()
			metrics, err := io.ReadAll(response.Body)
			if err != nil {
				t.Fatal(err)
			}
			for _, want := range []string{`customer_events_events_total{code="",outcome="created"} 6`,
				`customer_events_graphql_requests_total{code="BAD_REQUEST",operation="createWebCustomerEvents",status="200"} 1`} {
				if !strings.Contains(string(metrics), want) {
					t.Errorf("the metrics lack %s in\n%s", want, metrics)
				}
			}
			// Too many in all fields together are rejected as a whole.
			variables = object{"a": object{"webCustomerEventsSet": manyEvents(400)}, "b": object{"webCustomerEventsSet": manyEvents(201)}}
			a = s.post(t, query, variables, "Accept", "application/graphql-response+json")
			if a.Status != http.StatusBadRequest || a.code() != "TOO_MANY_EVENTS" || !strings.Contains(a.Errors[0].Message, "1001") {
				t.Errorf("%d %s", a.Status, a.Text)
			}
			if n := len(s.page(t, object{})); n != 6 {
				t.Errorf("%d events are stored", n)
			}
		})
	}
}
