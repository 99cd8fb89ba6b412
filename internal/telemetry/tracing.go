package telemetry

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"log/slog"
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

	"customer-events/internal/events"
	"customer-events/internal/store"
)

// Tracing exports spans to an OpenTelemetry collector: one for each request, one for each phase of its
// batch that uses the database, and one for each statement.
type Tracing struct {
	provider trace.TracerProvider // nil without a collector
	tracer   trace.Tracer
	// OpenDB opens a pool of connections whose statements have spans.
	OpenDB store.Opener
	// Close exports the remaining spans.
	Close func(context.Context) error
}

// NewTracing returns the exporter of spans to an endpoint (OTLP over HTTP), or one that exports none if
// the endpoint is empty. OpenTelemetry's own variables set the sampler and the headers of the exporter.
// Source: https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/
func NewTracing(ctx context.Context, endpoint, version string, log *slog.Logger) (*Tracing, error) {
	if endpoint == "" {
		return &Tracing{
			tracer: noop.NewTracerProvider().Tracer(""), OpenDB: sql.OpenDB,
			Close: func(context.Context) error { return nil },
		}, nil
	}
	exporter, err := otlptracehttp.New(ctx, otlptracehttp.WithEndpointURL(endpoint))
	if err != nil {
		return nil, fmt.Errorf("sending traces: %w", err)
	}
	otel.SetLogger(logr.FromSlogHandler(log.Handler()))
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) { log.Warn("sending traces", "error", err) }))
	provider := sdktrace.NewTracerProvider(sdktrace.WithBatcher(statusOnly{exporter}),
		sdktrace.WithRawSpanLimits(spanLimits()), sdktrace.WithResource(resource.NewSchemaless(
			attribute.String("service.name", "customer-events"),
			attribute.String("service.version", version))))
	return &Tracing{
		provider: provider, tracer: provider.Tracer("customer-events"),
		OpenDB: openDBWith(provider), Close: provider.Shutdown,
	}, nil
}

// openDBWith opens pools of connections whose statements have spans of the provider.
func openDBWith(provider trace.TracerProvider) store.Opener {
	options := otelsql.SpanOptions{
		DisableQuery:   true, // a statement may contain a thousand events
		DisableErrSkip: true, OmitConnResetSession: true, OmitConnectorConnect: true, OmitRows: true,
		OmitConnPrepare: true,
		// Purging and readiness checks belong to no request and get no span.
		SpanFilter: func(ctx context.Context, _ otelsql.Method, _ string, _ []driver.NamedValue) bool {
			return trace.SpanContextFromContext(ctx).IsValid()
		},
	}
	return func(connector driver.Connector) *sql.DB {
		return otelsql.OpenDB(connector, otelsql.WithTracerProvider(provider),
			otelsql.WithSpanNameFormatter(statementName), otelsql.WithSpanOptions(options))
	}
}

// statementName names the span of a statement by what it does with which table, such as "SELECT units".
func statementName(_ context.Context, method otelsql.Method, query string) string {
	words := strings.Fields(query[:min(len(query), 500)])
	for i, word := range words[:max(0, len(words)-1)] {
		if word == "FROM" || word == "INTO" || i == 0 && word == "UPDATE" {
			return words[0] + " " + strings.Trim(words[i+1], "`")
		}
	}
	return string(method)
}

// Observer returns an observer of batches that counts retries and gives phases spans.
func Observer(tracing *Tracing, metrics *Metrics) events.Observer {
	return observer{tracing.tracer, metrics}
}

type observer struct {
	tracer trace.Tracer
	*Metrics
}

// StartPhase starts the span of a phase.
func (o observer) StartPhase(ctx context.Context, name string) (context.Context, func(error)) {
	ctx, span := o.tracer.Start(ctx, name)
	return ctx, func(err error) {
		if err != nil {
			span.SetStatus(codes.Error, "") // the error itself may quote what a client sent
		}
		span.End()
	}
}
