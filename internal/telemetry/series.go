package telemetry

import (
	"net/http"
	"runtime"
	"slices"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"customer-events/internal/api"
	"customer-events/internal/apierr"
	"customer-events/internal/crmapi"
	"customer-events/internal/events"
	"customer-events/models"
)

// refused is the operation of requests that fail before their operation is known.
const refused = "refused"

// alertedCodes are the codes and the statuses that deploy/alerts.yaml asks for. GraphQL answers a part
// of the errors with status 200: those found after the JSON was parsed, and those of one field among
// several.
var alertedCodes = []struct {
	code    string
	status  int
	graphQL []int // further statuses of GraphQL
}{
	{apierr.Internal.Code(), apierr.Internal.Status(), []int{http.StatusOK}},
	{apierr.OutcomeUnknown.Code(), apierr.OutcomeUnknown.Status(), []int{http.StatusOK}},
	{apierr.Unavailable.Code(), apierr.Unavailable.Status(), []int{http.StatusOK}},
	{api.ClientClosedRequest, api.StatusClientClosedRequest, nil},
}

// createSeries creates at 0 the series that alerts ask for. Prometheus's increase() is 0 for a series
// that begins at 1, so that the first failure would raise no alert.
func (m *Metrics) createSeries(operations Operations) {
	for _, reason := range events.RetryReasons {
		m.retries.WithLabelValues(string(reason))
	}
	m.events.WithLabelValues("created", "")
	m.events.WithLabelValues("replayed", "")
	for _, code := range models.Codes() {
		m.events.WithLabelValues("unprocessed", string(code))
	}
	for prefix, names := range map[string][]string{
		graphQLPath: operations.GraphQL, crmapi.Prefix: operations.WebAPI,
	} {
		for _, operation := range append(slices.Clone(names), refused) {
			for _, alerted := range alertedCodes {
				statuses := []int{alerted.status}
				if prefix == graphQLPath {
					statuses = append(statuses, alerted.graphQL...)
				}
				for _, status := range statuses {
					m.protocols[prefix].requests.WithLabelValues(operation, strconv.Itoa(status), alerted.code)
				}
			}
		}
	}
}

// buildInfo returns the metric that is always 1 and has the build's properties as labels.
func buildInfo(sources Sources) prometheus.Collector {
	info := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "customer_events_build_info",
		Help: "Always 1; the labels have the version, the commit and the Go version of the program.",
		ConstLabels: prometheus.Labels{
			"version": sources.Version, "commit": sources.Commit, "go_version": runtime.Version(),
		},
	})
	info.Set(1)
	return info
}

// certificateExpiry returns the metric of the served certificate's expiry.
func certificateExpiry(until func() time.Time) prometheus.Collector {
	return prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "customer_events_certificate_expiry_timestamp_seconds",
		Help: "When the first certificate of the served TLS chain expires, in seconds since 1970.",
	}, func() float64 { return float64(until().Unix()) })
}
