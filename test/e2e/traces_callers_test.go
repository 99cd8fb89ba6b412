package e2e

import (
	"compress/gzip"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	otlp "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"customer-events/internal/store/storetest"
	"customer-events/test/apitest"
)

// spans is a collector that records what the program exports.
type spans struct {
	url  string
	mu   sync.Mutex
	text strings.Builder
	all  []*otlp.Span
}

func collectSpans(t *testing.T) *spans {
	t.Helper()
	c := &spans{}
	receiver := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
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
		c.mu.Lock()
		defer c.mu.Unlock()
		c.text.Write(body)
		for _, resource := range sent.ResourceSpans {
			for _, scope := range resource.ScopeSpans {
				c.all = append(c.all, scope.Spans...)
			}
		}
	}))
	t.Cleanup(receiver.Close)
	c.url = receiver.URL + "/v1/traces"
	return c
}

// String returns everything that was exported, undecoded.
func (c *spans) String() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.text.String()
}

// requests returns the spans of requests.
func (c *spans) requests() (found []*otlp.Span) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, span := range c.all {
		if span.Kind == otlp.Span_SPAN_KIND_SERVER {
			found = append(found, span)
		}
	}
	return found
}

func attributesOf(span *otlp.Span) map[string]string {
	values := map[string]string{}
	for _, attribute := range span.Attributes {
		values[attribute.Key] = attribute.Value.GetStringValue()
	}
	return values
}

const callersTrace = "30313233343536373839616263646566"

// createTraced sends a cheap query with the caller's own, sampled trace.
func createTraced(t *testing.T, s *apitest.Server, headers ...string) {
	t.Helper()
	status, _, text := s.Do(t, http.MethodPost, "/graphql", strings.NewReader(`{"query":"{ __typename }"}`),
		append([]string{
			"Content-Type",
			"application/json",
			"Traceparent",
			"00-" + callersTrace + "-3031323334353637-01",
		}, headers...)...)
	if status != http.StatusOK && status != http.StatusUnauthorized {
		t.Fatalf("%d %s", status, text)
	}
}

// TestTraces_ErrorsWithoutText checks that spans report errors without the database's texts, which quote
// input.
func TestTraces_ErrorsWithoutText(t *testing.T) {
	t.Parallel()
	c := collectSpans(t)
	s := apitest.ServeDemo(t, storetest.MySQL(t), "--otlp-endpoint", c.url)
	referenced := apitest.Event("canary-r", apitest.Object{
		"externalSystem":                "canary-S",
		"externalSystemReferenceNumber": "canary-4711",
	})
	for i := range 3 {
		// The second and third time the event is a replay. A large call does not look for replays before
		// it writes, so that its first try hits the unique key.
		s.Create(t, append(apitest.Events(200), referenced))
		s.Create(t, []apitest.Object{apitest.Event("canary-k", nil)}, "Idempotency-Key",
			fmt.Sprint("canary-key-", i/2))
	}
	s.Stop(t)
	if strings.Contains(strings.ToLower(c.String()), "canary") || strings.Contains(c.String(), "Duplicate") {
		t.Error("the spans quote what a caller sent")
	}
	failed := 0
	for _, span := range c.all {
		if len(span.Events) > 0 || span.Status.GetMessage() != "" {
			t.Errorf("%s has events %v and the status %v", span.Name, span.Events, span.Status)
		}
		if span.Status.GetCode() == otlp.Status_STATUS_CODE_ERROR {
			failed++
		}
	}
	if failed == 0 {
		t.Error("no span reports an error")
	}
}

// TestTraces_AnonymousSampling checks that callers without a valid token cannot make the server export
// more than the sampler decides. API users can, for their own traces. It is not parallel, since it sets
// OpenTelemetry's variables.
func TestTraces_AnonymousSampling(t *testing.T) {
	t.Setenv("OTEL_TRACES_SAMPLER", "parentbased_traceidratio")
	t.Setenv("OTEL_TRACES_SAMPLER_ARG", "0")
	c := collectSpans(t)
	s := apitest.ServeDemo(t, storetest.SQLite(t), "--otlp-endpoint", c.url, "--trusted-proxies",
		"127.0.0.0/8")
	for range 50 {
		createTraced(t, s)
		createTraced(t, s, "Authorization", "Bearer nonsense")
		createTraced(t, s, "X-Forwarded-For", "192.0.2.1")
	}
	createTraced(t, s, "Authorization", "Bearer "+s.Token)
	s.Stop(t)
	if got := c.requests(); len(got) != 1 || hex.EncodeToString(got[0].TraceId) != callersTrace {
		t.Errorf("%d requests are exported, want the API user's one", len(got))
	}
}

// TestTraces_AnonymousAttributes checks that a client without credentials adds little to a span: bounded
// texts, its own address, no tracestate.
func TestTraces_AnonymousAttributes(t *testing.T) {
	t.Parallel()
	c := collectSpans(t)
	s := apitest.ServeDemo(t, storetest.SQLite(t), "--otlp-endpoint", c.url)
	long := strings.Repeat("x", 8000)
	createTraced(t, s, "User-Agent", long, "X-Forwarded-For", "192.0.2.1", "Tracestate", "planted=state",
		"Baggage", "planted=baggage")
	createTraced(t, s, "User-Agent", "not UTF-8: \xff\xfe", "X-Forwarded-For", long)
	s.Do(t, http.MethodPost, "/crmapi/rest/v2/"+long+"%ff", nil, "Traceparent", "00-"+callersTrace+
		"-3031323334353637-01")
	s.Do(t, strings.Repeat("M", 8000), "/graphql", nil)
	createTraced(t, s, "Authorization", "Bearer "+s.Token, "Tracestate", "users=state")
	createTraced(t, s, "Authorization", "Bearer "+s.Token, "Tracestate", "long="+strings.Repeat("x", 255)+
		",longer="+strings.Repeat("x", 256))
	s.Stop(t)
	got := c.requests()
	if len(got) != 7 { // including the login
		t.Errorf("%d requests are exported, want 7: one bad text must not lose the others", len(got))
	}
	states := 0
	for _, span := range got {
		if n := proto.Size(span); n > 2500 {
			t.Errorf("%s has %d bytes", span.Name, n)
		}
		if address := attributesOf(span)["client.address"]; address != "127.0.0.1" {
			t.Errorf("the client's address is %q", address)
		}
		users := hex.EncodeToString(span.TraceId) == callersTrace
		if span.TraceState != "" {
			states++
		}
		if users != (span.TraceState != "" || len(span.ParentSpanId) > 0) || users && len(span.Links) > 0 {
			t.Errorf("a span of trace %x has the parent %x, the state %q and %d links", span.TraceId,
				span.ParentSpanId, span.TraceState, len(span.Links))
		}
		for _, link := range span.Links {
			if link.TraceState != "" {
				t.Errorf("a link has the state %q", link.TraceState)
			}
		}
	}
	if states != 1 {
		t.Errorf("%d spans have a tracestate, want the API user's one that is short enough", states)
	}
	if strings.Contains(c.String(), "planted") {
		t.Error("a client without credentials plants texts in the collector")
	}
}

// TestTraces_TrustedProxy checks that the client's address is the one that a trusted proxy reports.
func TestTraces_TrustedProxy(t *testing.T) {
	t.Parallel()
	c := collectSpans(t)
	s := apitest.ServeDemo(t, storetest.SQLite(t), "--otlp-endpoint", c.url, "--trusted-proxies",
		"127.0.0.0/8")
	createTraced(t, s, "X-Forwarded-For", "198.51.100.9, 192.0.2.1")
	s.Stop(t)
	got := c.requests()
	if address := attributesOf(got[len(got)-1])["client.address"]; address != "192.0.2.1" {
		t.Errorf("the client's address is %q", address)
	}
}
