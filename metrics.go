package main

import (
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"customer-events/door"
)

// metrics are what Prometheus is told. Every label's values are a short list of ours: nothing a caller sent is a label.
type metrics struct {
	registry *prometheus.Registry
	requests *prometheus.CounterVec
	duration *prometheus.HistogramVec
	events   *prometheus.CounterVec
	batch    prometheus.Histogram
}

func newMetrics() *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "customer_events_graphql_requests_total",
			Help: "GraphQL requests by operation, HTTP status and error code (empty if none)."}, []string{"operation", "status", "code"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "customer_events_graphql_request_duration_seconds",
			Help: "How long GraphQL requests took, by operation.", Buckets: prometheus.ExponentialBuckets(0.001, 2, 15)}, []string{"operation"}),
		events: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "customer_events_events_total",
			Help: "Events of bulk calls by outcome (created, replayed, unprocessed) and, for unprocessed ones, code."}, []string{"outcome", "code"}),
		batch: prometheus.NewHistogram(prometheus.HistogramOpts{Name: "customer_events_batch_size_events",
			Help: "How many events bulk calls carried.", Buckets: []float64{1, 3, 10, 30, 100, 300, 1000}}),
	}
	m.registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), m.requests, m.duration, m.events, m.batch)
	return m
}

func (m *metrics) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}

// request counts a request that is done; those that are no GraphQL operation are not counted.
func (m *metrics) request(path string, status int, request *door.Request, took time.Duration) {
	if path != "/graphql" {
		return
	}
	operation := request.Operation
	if operation == "" {
		operation = "refused"
	}
	m.requests.WithLabelValues(operation, strconv.Itoa(status), request.Code).Inc()
	m.duration.WithLabelValues(operation).Observe(took.Seconds())
	if request.Events == 0 {
		return
	}
	m.batch.Observe(float64(request.Events))
	unprocessed := 0
	for code, n := range request.Refused {
		m.events.WithLabelValues("unprocessed", string(code)).Add(float64(n))
		unprocessed += n
	}
	m.events.WithLabelValues("replayed", "").Add(float64(request.Replayed))
	m.events.WithLabelValues("created", "").Add(float64(request.Events - request.Replayed - unprocessed))
}
