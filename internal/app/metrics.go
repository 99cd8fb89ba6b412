package app

import (
	"database/sql"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"customer-events/internal/api"
	"customer-events/internal/crmapi"
	"customer-events/internal/events"
)

// metrics are what Prometheus is told. Every label's values are a short list of ours: nothing a caller sent is a label.
type metrics struct {
	registry *prometheus.Registry
	// protocols are the counts of each door, by the beginning of its paths.
	protocols map[string]protocolMetrics
	events    *prometheus.CounterVec
	batch     prometheus.Histogram
	retries   *prometheus.CounterVec
}

// newMetrics makes them, with those of the pools of connections. lostLines counts lost lines of the log, and may be nil; durations are
// told apart up to what a call with this timeout may take.
func newMetrics(pools map[string]*sql.DB, lostLines func() uint64, callTimeout time.Duration) *metrics {
	buckets := durationBuckets(callTimeout)
	m := &metrics{
		registry:  prometheus.NewRegistry(),
		protocols: map[string]protocolMetrics{"/graphql": newProtocolMetrics("graphql", "GraphQL", buckets), crmapi.Prefix: newProtocolMetrics("webapi", "Web API", buckets)},
		events: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "customer_events_events_total",
			Help: "Events of bulk calls by outcome (created, replayed, unprocessed) and, for unprocessed ones, code."}, []string{"outcome", "code"}),
		batch: prometheus.NewHistogram(prometheus.HistogramOpts{Name: "customer_events_batch_size_events",
			Help: "How many events bulk calls carried.", Buckets: []float64{1, 3, 10, 30, 100, 300, 1000}}),
		retries: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "customer_events_reruns_total",
			Help: "Times that a bulk call started over, or wrote the same once more, by cause."}, []string{"cause"}),
	}
	for _, cause := range events.RetryReasons {
		m.retries.WithLabelValues(string(cause)) // so that a first one is seen to be one more
	}
	m.registry.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{Name: "customer_events_log_lines_lost_total",
		Help: "Lines of the log that were lost because nobody read standard error, or it could not be written."}, func() float64 {
		if lostLines == nil {
			return 0
		}
		return float64(lostLines())
	}))
	for name, pool := range pools {
		m.registry.MustRegister(collectors.NewDBStatsCollector(pool, name))
	}
	m.registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), m.events, m.batch, m.retries)
	for _, d := range m.protocols {
		m.registry.MustRegister(d.requests, d.duration)
	}
	return m
}

// protocolMetrics count the requests of one protocol.
type protocolMetrics struct {
	requests *prometheus.CounterVec
	duration *prometheus.HistogramVec
}

// durationBuckets double from 1 ms to beyond the longest call: 30 s are added to the timeout for what comes before and after the database's
// part, and a call may wait for its body for two minutes.
func durationBuckets(callTimeout time.Duration) []float64 {
	buckets := []float64{0.001}
	for longest := max(callTimeout+30*time.Second, 2*time.Minute).Seconds(); buckets[len(buckets)-1] < longest; {
		buckets = append(buckets, 2*buckets[len(buckets)-1])
	}
	return buckets
}

func newProtocolMetrics(name, title string, buckets []float64) protocolMetrics {
	return protocolMetrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "customer_events_" + name + "_requests_total",
			Help: title + " requests by operation, HTTP status and error code (empty if none)."}, []string{"operation", "status", "code"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "customer_events_" + name + "_request_duration_seconds",
			Help: "How long " + title + " requests took, by operation.", Buckets: buckets}, []string{"operation"}),
	}
}

// Retry counts.
func (m *metrics) Retry(cause events.RetryReason) { m.retries.WithLabelValues(string(cause)).Inc() }

func (m *metrics) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}

// request counts a request that is done; those that came to no door are not counted.
func (m *metrics) request(path string, status int, request *api.Request, took time.Duration) {
	if strings.HasPrefix(path, crmapi.Prefix) {
		path = crmapi.Prefix
	}
	counts, known := m.protocols[path]
	if !known {
		return
	}
	operation := request.Operation
	if operation == "" {
		operation = "refused"
	}
	counts.requests.WithLabelValues(operation, strconv.Itoa(status), request.Code).Inc()
	counts.duration.WithLabelValues(operation).Observe(took.Seconds())
	if request.Events == 0 {
		return
	}
	m.batch.Observe(float64(request.Events))
	unprocessed := 0
	for code, n := range request.Unprocessed {
		m.events.WithLabelValues("unprocessed", string(code)).Add(float64(n))
		unprocessed += n
	}
	m.events.WithLabelValues("replayed", "").Add(float64(request.Replayed))
	m.events.WithLabelValues("created", "").Add(float64(request.Events - request.Replayed - unprocessed))
}
