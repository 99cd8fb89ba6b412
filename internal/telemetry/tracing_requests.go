package telemetry

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"customer-events/internal/api"
	"customer-events/internal/middleware"
)

const (
	// maxSpanText is the most bytes of a client's text, such as the User-Agent, in an attribute.
	maxSpanText = 200
	// maxTraceState is the longest tracestate that is exported. Source: W3C Trace Context, section
	// 3.3.1.5, names 512 characters as what should be propagated.
	maxTraceState = 512
	// tokenTimeout is how long the authentication of a request with a traceparent may take.
	tokenTimeout = time.Second
)

// Middleware gives every request a span. A caller with a valid token in the header Authorization
// continues its own trace, with the sampling decision that the trace carries. Any other request starts a
// trace of its own, which the sampler decides on and which only links to the caller's: else a client
// without credentials could fill the collector at will, also through a trusted proxy, since proxies pass
// traceparent on as it came.
func (t *Tracing) Middleware(
	next http.Handler, proxies middleware.TrustedProxies,
) http.Handler {
	if t.provider == nil {
		return next
	}
	described := describeSpan(next)
	instrument := otelhttp.NewMiddleware("request", otelhttp.WithTracerProvider(t.provider),
		otelhttp.WithPropagators(propagation.TraceContext{}),
		otelhttp.WithPublicEndpointFn(func(r *http.Request) bool { return !callerIsKnown(r.Context()) }))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		known := hasRemoteParent(r) && hasValidToken(r)
		instrument(http.HandlerFunc(func(w http.ResponseWriter, traced *http.Request) {
			traced.Header, traced.Host, traced.URL = r.Header, r.Host, r.URL
			described.ServeHTTP(w, traced)
		})).ServeHTTP(w, requestForSpan(r, proxies.ClientIP(r), known))
	})
}

// describeSpan adds the fields of the request's log line to its span.
func describeSpan(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(w, r)
		request := api.LogRecordOf(r.Context())
		trace.SpanFromContext(r.Context()).SetAttributes(attribute.String("request.id", request.ID),
			attribute.String("operation", request.Operation), attribute.Int("events", request.Events),
			attribute.String("code", request.Code))
	})
}

// requestForSpan returns the request with only what its span may contain: otelhttp turns the headers
// into attributes as they are. The client's address is the one that the trusted proxies report.
func requestForSpan(r *http.Request, address string, known bool) *http.Request {
	header := http.Header{"X-Forwarded-For": {address}}
	if agent := r.Header.Get("User-Agent"); agent != "" {
		header.Set("User-Agent", spanText(agent))
	}
	if parent := r.Header.Get("Traceparent"); parent != "" {
		header.Set("Traceparent", parent)
	}
	state := strings.Join(r.Header.Values("Tracestate"), ",")
	if known && state != "" && len(state) <= maxTraceState {
		header.Set("Tracestate", state)
	}
	shown := r.WithContext(context.WithValue(r.Context(), callerKnownKey{}, known))
	shown.Header, shown.Host, shown.URL = header, spanText(r.Host), &url.URL{Path: spanText(r.URL.Path)}
	return shown
}

// spanText shortens a client's text. A text that is not UTF-8 would make the exporter drop the whole
// batch of spans.
func spanText(text string) string {
	return strings.ToValidUTF8(text[:min(len(text), maxSpanText)], "\uFFFD")
}

type callerKnownKey struct{}

func callerIsKnown(ctx context.Context) bool {
	known, _ := ctx.Value(callerKnownKey{}).(bool)
	return known
}

func hasRemoteParent(r *http.Request) bool {
	ctx := propagation.TraceContext{}.Extract(context.Background(), propagation.HeaderCarrier(r.Header))
	return trace.SpanContextFromContext(ctx).IsValid()
}

// hasValidToken authenticates a request with a traceparent before its body is read. If the database does not
// answer, the caller counts as unknown.
func hasValidToken(r *http.Request) bool {
	ctx, cancel := context.WithTimeout(r.Context(), tokenTimeout)
	defer cancel()
	return api.AuthenticationOf(ctx).HasValidToken(ctx)
}
