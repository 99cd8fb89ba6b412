package e2e

import (
	"compress/gzip"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/protobuf/proto"

	"customer-events/internal/app"
	"customer-events/test/apitest"
)

// TestTraces_Spans collects what the program exports: a span for the call, one in it for each phase, and
// one in those for each statement, all on the caller's trace and without the caller's input.
func TestTraces_Spans(t *testing.T) {
	t.Parallel()
	for name, database := range apitest.Engines {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var mu sync.Mutex
			parents, names, text := map[string]string{}, map[string]string{}, ""
			receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				var from io.Reader = r.Body
				if r.Header.Get("Content-Encoding") == "gzip" {
					from, _ = gzip.NewReader(r.Body)
				}
				body, err := io.ReadAll(from)
				var sent collector.ExportTraceServiceRequest
				if err == nil {
					err = proto.Unmarshal(body, &sent)
				}
				if err != nil {
					t.Error(err)
				}
				mu.Lock()
				defer mu.Unlock()
				text += string(body)
				for _, resource := range sent.ResourceSpans {
					for _, scope := range resource.ScopeSpans {
						for _, span := range scope.Spans {
							if slices.Equal(span.TraceId, []byte("0123456789abcdef")) {
								names[string(span.SpanId)], parents[string(span.SpanId)] = span.Name,
									string(span.ParentSpanId)
							}
						}
					}
				}
			}))
			defer receiver.Close()
			s := apitest.ServeDemo(t, database(t), "--otlp-endpoint", receiver.URL+"/v1/traces")
			for _, key := range []string{"canary-5", ""} { // a call without a key is small
				request, err := http.NewRequest(http.MethodPost, s.URL+"/graphql",
					strings.NewReader(strings.Join(
						strings.Fields(`{"query": "mutation M($i: CreateWebCustomerEventsInput!) {
					createWebCustomerEvents(input: $i) { summary { processed } } }",
					"variables": {"i": {"webCustomerEventsSet": [{"requestUniqueIdentifier": "canary-1",
					"accountsReceivableIdentifier": {"number": "ACR0000000020"},
					"performedByUnitIdentifier": {"name": "Web Shop"}, "performedOn": "2026-01-01T00:00:00Z",
					"website": "www.canary-2.com", "externalSystem": "canary-3",
					"externalSystemReferenceNumber": "canary-4`+key+`"}]}}}`), " ")))
				if err != nil {
					t.Fatal(err)
				}
				request.Header.Set("Content-Type", "application/json")
				request.Header.Set("Authorization", "Bearer "+s.Token)
				if key != "" {
					request.Header.Set("Idempotency-Key", key)
				}
				request.Header.Set("Traceparent", "00-30313233343536373839616263646566-3031323334353637-01")
				response, err := s.Client.Do(request)
				if err != nil {
					t.Fatal(err)
				}
				body, _ := io.ReadAll(response.Body)
				_ = response.Body.Close()
				if !strings.Contains(string(body), `"processed":1`) {
					t.Fatalf("%s", body)
				}
			}
			s.Stop(t) // which exports the remaining spans
			mu.Lock()
			defer mu.Unlock()
			lines := map[string]bool{}
			for span, name := range names {
				if strings.HasPrefix(names[parents[span]], "INSERT") {
					t.Errorf("%s within an INSERT", name)
				}
				lines[names[parents[span]]+" > "+name] = true
			}
			for _, want := range []string{
				" > mutation",
				"mutation > settle",
				"mutation > resolve",
				"resolve > SELECT accounts_receivable",
				"mutation > record",
				"record > INSERT web_customer_events",
				"record > INSERT idempotent_calls",
				"mutation > pass",
				"pass > SELECT sessions",
				"pass > INSERT web_customer_events",
			} {
				if !lines[want] {
					t.Errorf("there is no span %q among %v", want, slices.Sorted(maps.Keys(lines)))
				}
			}
			for _, secret := range []string{"canary-", s.Token, app.DemoPassword, "ACR0000000020",
				"Web Shop"} {
				if strings.Contains(text, secret) {
					t.Errorf("the traces contain %q", secret)
				}
			}
		})
	}
}
