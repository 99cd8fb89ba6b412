package telemetry

import (
	"cmp"
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

// graphQLPath is the path of GraphQL.
const graphQLPath = "/graphql"

// Metrics are the metrics that Prometheus reads. The values of every label are a short list of the
// program's own: nothing that a client sent becomes a label.
type Metrics struct {
	registry *prometheus.Registry
	// protocols holds the metrics of each protocol by the prefix of its paths.
	protocols map[string]protocolMetrics
	events    *prometheus.CounterVec
	batch     prometheus.Histogram
	retries   *prometheus.CounterVec
}

// Sources are what the metrics are read from, beside the requests.
type Sources struct {
	// Pools are the connection pools by name.
	Pools map[string]*sql.DB
	// LostLines returns how many lines the log has lost; nil if it cannot lose any.
	LostLines func() uint64
	// Version and Commit identify the program.
	Version, Commit string
	// Operations are the operations of each protocol, without the one of requests that are refused early.
	Operations Operations
	// CertificateUntil returns when the served certificate expires; nil without a certificate.
	CertificateUntil func() time.Time
	// CallTimeout is how long a call may retry. The buckets of the durations reach beyond it.
	CallTimeout time.Duration
}

// Operations are the values of api.Request's Operation by protocol.
type Operations struct{ GraphQL, WebAPI []string }

// NewMetrics returns the metrics of a program that has just started.
func NewMetrics(sources Sources) *Metrics {
	buckets := durationBuckets(sources.CallTimeout)
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		protocols: map[string]protocolMetrics{
			graphQLPath:   newProtocolMetrics("graphql", "GraphQL", buckets),
			crmapi.Prefix: newProtocolMetrics("webapi", "Web API", buckets),
		},
		events: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "customer_events_events_total",
			Help: "Events of bulk calls by outcome (created, replayed, unprocessed) " +
				"and, for unprocessed ones, code.",
		}, []string{"outcome", "code"}),
		batch: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name:    "customer_events_batch_size_events",
			Help:    "Events per bulk call.",
			Buckets: []float64{1, 3, 10, 30, 100, 300, 1000},
		}),
		retries: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "customer_events_reruns_total",
			Help: "Bulk calls that started over, or wrote the same once more, by cause.",
		}, []string{"cause"}),
	}
	m.createSeries(sources.Operations)
	m.registry.MustRegister(m.events, m.batch, m.retries, lostLines(sources.LostLines), buildInfo(sources),
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	for name, pool := range sources.Pools {
		m.registry.MustRegister(collectors.NewDBStatsCollector(pool, name))
	}
	for _, protocol := range m.protocols {
		m.registry.MustRegister(protocol.requests, protocol.duration)
	}
	if sources.CertificateUntil != nil {
		m.registry.MustRegister(certificateExpiry(sources.CertificateUntil))
	}
	return m
}

// lostLines returns the metric of the log's lost lines.
func lostLines(count func() uint64) prometheus.Collector {
	return prometheus.NewCounterFunc(prometheus.CounterOpts{
		Name: "customer_events_log_lines_lost_total",
		Help: "Log lines that were lost because standard error was not read, or could not be written.",
	}, func() float64 {
		if count == nil {
			return 0
		}
		return float64(count())
	})
}

// protocolMetrics are the metrics of one protocol's requests.
type protocolMetrics struct {
	requests *prometheus.CounterVec
	duration *prometheus.HistogramVec
}

func newProtocolMetrics(name, title string, buckets []float64) protocolMetrics {
	return protocolMetrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "customer_events_" + name + "_requests_total",
			Help: title + " requests by operation, HTTP status and error code (empty if none).",
		}, []string{"operation", "status", "code"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "customer_events_" + name + "_request_duration_seconds",
			Help:    "Duration of " + title + " requests by operation.",
			Buckets: buckets,
		}, []string{"operation"}),
	}
}

// durationBuckets double from 1 ms to beyond the longest call: the timeout plus 30 s for what comes
// before and after the database's part, or the two minutes that a call may wait for its body.
func durationBuckets(callTimeout time.Duration) []float64 {
	buckets := []float64{0.001}
	longest := max(callTimeout+30*time.Second, 2*time.Minute).Seconds()
	for buckets[len(buckets)-1] < longest {
		buckets = append(buckets, 2*buckets[len(buckets)-1])
	}
	return buckets
}

// Handler serves the metrics.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}

// Retry counts a bulk call that starts over.
func (m *Metrics) Retry(reason events.RetryReason) { m.retries.WithLabelValues(string(reason)).Inc() }

// CountRequest counts a request that is done. Requests of neither protocol are not counted.
func (m *Metrics) CountRequest(path string, status int, request *api.Request, took time.Duration) {
	if strings.HasPrefix(path, crmapi.Prefix) {
		path = crmapi.Prefix
	}
	protocol, known := m.protocols[path]
	if !known {
		return
	}
	operation := cmp.Or(request.Operation, refused)
	protocol.requests.WithLabelValues(operation, strconv.Itoa(status), request.Code).Inc()
	protocol.duration.WithLabelValues(operation).Observe(took.Seconds())
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
