package app

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/propagation"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"customer-events/internal/middleware"
	"customer-events/models"
)

const (
	// maxSpanText is the longest text of a caller, such as the User-Agent, in an attribute, in bytes.
	maxSpanText = 200
	// maxTraceState is the longest tracestate that is exported. Source: W3C Trace Context, section 3.3.1.5, names
	// 512 characters as what should be propagated.
	maxTraceState = 512
	// tokenLookup is how long finding out whose traceparent it is may take.
	tokenLookup = time.Second
)

// tokenChecker authenticates tokens.
type tokenChecker interface {
	Caller(ctx context.Context, token string) (models.Caller, error)
}

// requests gives every request a span. A caller with a valid token in the header Authorization continues its own
// trace, with the sampling decision that the trace carries. Any other request starts a trace of its own, which the
// sampler decides on and which only links to the caller's: else a client without credentials could fill the
// collector at will, also through a trusted proxy, since proxies pass traceparent on as it came.
func (t *tracing) requests(next http.Handler, proxies middleware.TrustedProxies, tokens tokenChecker) http.Handler {
	if t.provider == nil {
		return next
	}
	named := nameSpans(next)
	instrument := otelhttp.NewMiddleware("request", otelhttp.WithTracerProvider(t.provider),
		otelhttp.WithPropagators(propagation.TraceContext{}),
		otelhttp.WithPublicEndpointFn(func(r *http.Request) bool { return !callerIsKnown(r.Context()) }))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		known := hasRemoteParent(r) && hasValidToken(r, tokens)
		instrument(http.HandlerFunc(func(w http.ResponseWriter, traced *http.Request) {
			traced.Header, traced.Host, traced.URL = r.Header, r.Host, r.URL
			named.ServeHTTP(w, traced)
		})).ServeHTTP(w, requestForSpan(r, proxies.ClientIP(r), known))
	})
}

// requestForSpan is the request with only what its span may contain: otelhttp makes attributes of the headers as it
// finds them. The client's address is the one that the trusted proxies vouch for.
func requestForSpan(r *http.Request, address string, known bool) *http.Request {
	header := http.Header{"X-Forwarded-For": {address}}
	if agent := r.Header.Get("User-Agent"); agent != "" {
		header.Set("User-Agent", spanText(agent))
	}
	if parent := r.Header.Get("Traceparent"); parent != "" {
		header.Set("Traceparent", parent)
	}
	if state := strings.Join(r.Header.Values("Tracestate"), ","); known && state != "" && len(state) <= maxTraceState {
		header.Set("Tracestate", state)
	}
	shown := r.WithContext(context.WithValue(r.Context(), callerKnownKey{}, known))
	shown.Header, shown.Host, shown.URL = header, spanText(r.Host), &url.URL{Path: spanText(r.URL.Path)}
	return shown
}

// spanText bounds a caller's text. A text that is not UTF-8 would make the exporter drop the whole batch of spans.
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

// hasValidToken looks the token up once more than the call does, but only for requests that bring a traceparent. A
// database that does not answer makes the caller unknown.
func hasValidToken(r *http.Request, tokens tokenChecker) bool {
	token := firstOf(bearerTokens(r.Header.Values("Authorization")))
	if token == "" {
		return false
	}
	ctx, cancel := context.WithTimeout(r.Context(), tokenLookup)
	defer cancel()
	_, err := tokens.Caller(ctx, token)
	return err == nil
}

// spanLimits bounds attributes, whatever a library puts into them. A shorter bound in OpenTelemetry's own variables
// holds.
func spanLimits() sdktrace.SpanLimits {
	limits := sdktrace.NewSpanLimits()
	if limits.AttributeValueLengthLimit < 0 || limits.AttributeValueLengthLimit > maxSpanText {
		limits.AttributeValueLengthLimit = maxSpanText
	}
	return limits
}

// statusOnly exports of an error that a span has one, never its text: drivers and panics quote the values that callers
// sent. It does so at the exporter, so that no library's way of recording errors is missed.
type statusOnly struct{ sdktrace.SpanExporter }

// ExportSpans exports the spans without events and without descriptions of their status.
func (e statusOnly) ExportSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	bare := make([]sdktrace.ReadOnlySpan, len(spans))
	for i, span := range spans {
		bare[i] = bareSpan{span}
	}
	return e.SpanExporter.ExportSpans(ctx, bare)
}

// bareSpan is a span without free text about errors.
type bareSpan struct{ sdktrace.ReadOnlySpan }

// Events returns none: the only events that libraries add here are errors and panics.
func (s bareSpan) Events() []sdktrace.Event { return nil }

// Status returns the code without the description.
func (s bareSpan) Status() sdktrace.Status {
	return sdktrace.Status{Code: s.ReadOnlySpan.Status().Code}
}
