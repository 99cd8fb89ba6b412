package telemetry

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/propagation"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"

	"customer-events/internal/api"
	"customer-events/internal/middleware"
	"customer-events/models"
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

// Authenticator authenticates tokens.
type Authenticator interface {
	Caller(ctx context.Context, token string) (models.Caller, error)
}

// Convention is one of OpenTelemetry's semantic conventions for the spans of requests.
type Convention int

// The conventions. A span of a GraphQL request has the attributes of HTTP, too.
const (
	HTTP Convention = iota
	GraphQL
)

// Middleware gives every request a span. A caller with a valid token in the header Authorization
// continues its own trace, with the sampling decision that the trace carries. Any other request starts a
// trace of its own, which the sampler decides on and which only links to the caller's: else a client
// without credentials could fill the collector at will, also through a trusted proxy, since proxies pass
// traceparent on as it came.
func (t *Tracing) Middleware(
	next http.Handler, convention Convention, proxies middleware.TrustedProxies, tokens Authenticator,
) http.Handler {
	if t.provider == nil {
		return next
	}
	described := describeSpan(next)
	options := []otelhttp.Option{
		otelhttp.WithTracerProvider(t.provider),
		otelhttp.WithPropagators(propagation.TraceContext{}),
		otelhttp.WithPublicEndpointFn(func(r *http.Request) bool { return !callerIsKnown(r.Context()) }),
	}
	if convention == GraphQL {
		options = append(options, otelhttp.WithSpanNameFormatter(graphQLSpanName))
	}
	instrument := otelhttp.NewMiddleware("request", options...)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		known := hasRemoteParent(r) && hasValidToken(r, tokens)
		instrument(http.HandlerFunc(func(w http.ResponseWriter, traced *http.Request) {
			traced.Header, traced.Host, traced.URL = r.Header, r.Host, r.URL
			described.ServeHTTP(w, traced)
		})).ServeHTTP(w, requestForSpan(r, proxies.ClientIP(r), known))
	})
}

// graphQLSpanName names the span of a GraphQL request by the type of its operation. The name that the
// client chose for the operation is an attribute only: there is no bound on how many there are.
// otelhttp asks for the name twice, before the operation is known and afterwards. Source:
// https://opentelemetry.io/docs/specs/semconv/graphql/graphql-spans/
func graphQLSpanName(_ string, r *http.Request) string {
	return cmp.Or(api.RequestOf(r.Context()).OperationType, "GraphQL Operation")
}

// describeSpan adds the fields of the request's log line and the GraphQL operation to its span. It
// never adds graphql.document: literals of a document may be passwords, pass codes or tokens.
func describeSpan(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(w, r)
		request := api.RequestOf(r.Context())
		attributes := []attribute.KeyValue{
			attribute.String("request.id", request.ID), attribute.String("operation", request.Operation),
			attribute.Int("events", request.Events), attribute.String("code", request.Code),
		}
		if request.OperationType != "" {
			attributes = append(attributes, semconv.GraphQLOperationTypeKey.String(request.OperationType))
		}
		if request.OperationName != "" {
			attributes = append(attributes, semconv.GraphQLOperationName(spanText(request.OperationName)))
		}
		trace.SpanFromContext(r.Context()).SetAttributes(attributes...)
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

// hasValidToken authenticates the token once more than the call does, but only for requests with a
// traceparent. If the database does not answer, the caller counts as unknown.
func hasValidToken(r *http.Request, tokens Authenticator) bool {
	token := api.RequestOf(r.Context()).Token
	if token == "" {
		return false
	}
	ctx, cancel := context.WithTimeout(r.Context(), tokenTimeout)
	defer cancel()
	_, err := tokens.Caller(ctx, token)
	return err == nil
}
