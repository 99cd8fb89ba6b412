package e2e

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"customer-events/test/apitest"
)

// TestCreate_OneFieldFails sends several fields in one request, one of which fails, and checks responses
// and metrics.
func TestCreate_OneFieldFails(t *testing.T) {
	t.Parallel()
	for database, open := range apitest.Engines {
		t.Run(database, func(t *testing.T) {
			t.Parallel()
			s := apitest.ServeDemo(t, open(t))
			const query = `mutation ($a: CreateWebCustomerEventsInput!, $b: CreateWebCustomerEventsInput!) {
				x: createWebCustomerEvents(input: $a) { summary { processed } }
				y: createWebCustomerEvents(input: $b) { summary { processed } }
				z: createWebCustomerEvents(input: $a) { summary { processed } } }`
			variables := apitest.Object{
				"a": apitest.Object{"webCustomerEventsSet": apitest.Events(3)},
				"b": apitest.Object{"webCustomerEventsSet": apitest.Events(2), "token": "another"},
			}
			a := s.Post(t, query, variables, "Accept", "application/graphql-response+json")
			if a.Status != http.StatusOK || len(a.Errors) != 1 || a.Code() != "BAD_REQUEST" {
				t.Fatalf("%d %s", a.Status, a.Text)
			}
			if !strings.Contains(string(a.Text),
				`"data":{"x":{"summary":{"processed":3}},"y":null,"z":{"summary":{"processed":3}}}`) {
				t.Errorf("%s", a.Text)
			}
			if n := len(s.Page(t, apitest.Object{})); n != 6 {
				t.Errorf("%d events are stored", n)
			}
			response, err := s.Client.Get(s.URL + "/metrics")
			if err != nil {
				t.Fatal(err)
			}
			defer response.Body.Close()
			metrics, err := io.ReadAll(response.Body)
			if err != nil {
				t.Fatal(err)
			}
			for _, want := range []string{
				`customer_events_events_total{code="",outcome="created"} 6`,
				`customer_events_graphql_requests_total{code="BAD_REQUEST",` +
					`operation="createWebCustomerEvents",status="200"} 1`,
			} {
				if !strings.Contains(string(metrics), want) {
					t.Errorf("the metrics lack %s in\n%s", want, metrics)
				}
			}
			// The limit counts the events of all fields together.
			variables = apitest.Object{
				"a": apitest.Object{"webCustomerEventsSet": apitest.Events(400)},
				"b": apitest.Object{"webCustomerEventsSet": apitest.Events(201)},
			}
			a = s.Post(t, query, variables, "Accept", "application/graphql-response+json")
			if a.Status != http.StatusBadRequest || a.Code() != "TOO_MANY_EVENTS" ||
				!strings.Contains(a.Errors[0].Message, "1001") {
				t.Errorf("%d %s", a.Status, a.Text)
			}
			if n := len(s.Page(t, apitest.Object{})); n != 6 {
				t.Errorf("%d events are stored", n)
			}
		})
	}
}
