package telemetry

import (
	"context"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

// statusOnly removes the texts of errors from spans: drivers and panics quote values that clients sent.
// It works at the exporter, so that it does not matter how a library records an error.
type statusOnly struct{ sdktrace.SpanExporter }

// ExportSpans exports the spans without events and without descriptions of their status.
func (e statusOnly) ExportSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	bare := make([]sdktrace.ReadOnlySpan, len(spans))
	for i, span := range spans {
		bare[i] = bareSpan{span}
	}
	return e.SpanExporter.ExportSpans(ctx, bare)
}

// bareSpan is a span without the texts of errors.
type bareSpan struct{ sdktrace.ReadOnlySpan }

// Events returns none: the only events that libraries add here are errors and panics.
func (s bareSpan) Events() []sdktrace.Event { return nil }

// Status returns the code without the description.
func (s bareSpan) Status() sdktrace.Status {
	return sdktrace.Status{Code: s.ReadOnlySpan.Status().Code}
}

// spanLimits bounds the length of attributes, whatever a library puts into them. A shorter limit in
// OpenTelemetry's own variables applies.
func spanLimits() sdktrace.SpanLimits {
	limits := sdktrace.NewSpanLimits()
	if limits.AttributeValueLengthLimit < 0 || limits.AttributeValueLengthLimit > maxSpanText {
		limits.AttributeValueLengthLimit = maxSpanText
	}
	return limits
}
