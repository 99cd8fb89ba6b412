package app

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"log/slog"
	"net/http"
	"strings"

	"github.com/XSAM/otelsql"
	"github.com/go-logr/logr"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"

	"customer-events/internal/api"
	"customer-events/internal/store"
)

// tracing tells a collector what calls spend their time with: a span for each request, for each pass over its events that asks
// the database, and for each statement. Spans hold names of ours only, like the log: no query, no variable, no row, no error's text.
// What a request's headers add (address, host, path, User-Agent) is bounded.
type tracing struct {
	provider trace.TracerProvider // nil if there is no collector
	tracer   trace.Tracer
	// opener watches the connections; close sends what has not been sent.
	opener store.Opener
	close  func(context.Context) error
}

// newTracing sends spans by OTLP over HTTP to the endpoint, and without one makes none. How many calls are traced, and headers for the
// collector, are set by OpenTelemetry's own variables (https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/).
func newTracing(ctx context.Context, endpoint, version string, log *slog.Logger) (*tracing, error) {
	if endpoint == "" {
		return &tracing{tracer: noop.NewTracerProvider().Tracer(""), opener: sql.OpenDB, close: func(context.Context) error { return nil }}, nil
	}
	exporter, err := otlptracehttp.New(ctx, otlptracehttp.WithEndpointURL(endpoint))
	if err != nil {
		return nil, fmt.Errorf("sending traces: %w", err)
	}
	otel.SetLogger(logr.FromSlogHandler(log.Handler()))
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) { log.Warn("sending traces", "error", err) }))
	provider := sdktrace.NewTracerProvider(sdktrace.WithBatcher(statusOnly{exporter}), sdktrace.WithRawSpanLimits(spanLimits()), sdktrace.WithResource(resource.NewSchemaless(
		attribute.String("service.name", "customer-events"), attribute.String("service.version", version))))
	return &tracing{provider: provider, tracer: provider.Tracer("customer-events"), close: provider.Shutdown, opener: func(connector driver.Connector) *sql.DB {
		return otelsql.OpenDB(connector, otelsql.WithTracerProvider(provider), otelsql.WithSpanNameFormatter(statement), otelsql.WithSpanOptions(otelsql.SpanOptions{
			// A statement may have a thousand events in it.
			DisableQuery: true, DisableErrSkip: true, OmitConnResetSession: true, OmitConnectorConnect: true, OmitRows: true, OmitConnPrepare: true,
			SpanFilter: func(ctx context.Context, _ otelsql.Method, _ string, _ []driver.NamedValue) bool {
				return trace.SpanContextFromContext(ctx).IsValid() // no sweeping, no probing
			},
		}))
	}}, nil
}

// statement names a span by what the statement does with which table, both always ours: SELECT units, INSERT web_customer_events.
func statement(_ context.Context, method otelsql.Method, query string) string {
	words := strings.Fields(query[:min(len(query), 500)])
	for i, word := range words[:max(0, len(words)-1)] {
		if word == "FROM" || word == "INTO" || i == 0 && word == "UPDATE" {
			return words[0] + " " + strings.Trim(words[i+1], "`")
		}
	}
	return string(method)
}

// nameSpans adds to the span of a request what the log says of it, all of it names and numbers of ours.
func nameSpans(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(w, r)
		request, span := api.RequestOf(r.Context()), trace.SpanFromContext(r.Context())
		span.SetAttributes(attribute.String("request.id", request.ID), attribute.String("operation", request.Operation), attribute.Int("events", request.Events), attribute.String("code", request.Code))
	})
}

// observer counts and traces what calls go through.
type observer struct {
	tracer trace.Tracer
	*metrics
}

// StartPhase gives a pass its span.
func (w observer) StartPhase(ctx context.Context, name string) (context.Context, func(error)) {
	ctx, span := w.tracer.Start(ctx, name)
	return ctx, func(err error) {
		if err != nil {
			span.SetStatus(codes.Error, "") // the error itself may quote what a caller sent
		}
		span.End()
	}
}
