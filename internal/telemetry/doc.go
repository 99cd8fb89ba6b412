// Package telemetry measures the program from the inside: metrics for Prometheus and traces for
// OpenTelemetry.
//
//	metrics.go           Metrics: counters and histograms of requests, events and the database
//	series.go            the series that exist before anything happens, and those of build and certificate
//	tracing.go           Tracing: the exporter of spans, and the spans of phases and statements
//	tracing_requests.go  Middleware: the span of a request, and what a client may add to it
//	tracing_export.go    the exporter's filter: the text of an error never leaves the program
//
// Labels and attributes have only the program's own names and numbers, except that a span has its
// client's address and, shortened, the User-Agent, the host, the path and the name of the GraphQL
// operation. No span has the text of a query. The log is in internal/app.
package telemetry
