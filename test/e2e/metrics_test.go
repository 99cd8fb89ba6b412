package e2e

import (
	"encoding/json"
	"net"
	"net/http"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"customer-events/internal/crmapi"
	"customer-events/internal/store/storetest"
	"customer-events/test/apitest"
)

// Prometheus's increase() is 0 for a series that begins at 1: what alerts ask for must exist before it
// happens.
func TestMetrics_SeriesOfAlertsExistAtStart(t *testing.T) {
	t.Parallel()
	s := apitest.Serve(t, "--demo", "--database", storetest.SQLite(t), "--secret-key", apitest.SecretKey)
	_, _, text := s.Do(t, http.MethodGet, "/metrics", nil)
	want := []string{
		`customer_events_build_info{commit="unknown",go_version="` + runtime.Version() +
			`",version="development"} 1`,
		`customer_events_events_total{code="",outcome="created"} 0`,
		`customer_events_events_total{code="",outcome="replayed"} 0`,
		`customer_events_events_total{code="TooManyAttemptsAPIException",outcome="unprocessed"} 0`,
		`customer_events_events_total{code="NotFoundAPIValueException",outcome="unprocessed"} 0`,
		`customer_events_reruns_total{cause="refused"} 0`,
		`customer_events_log_lines_lost_total 0`,
	}
	failures := []string{
		`code="INTERNAL_SERVER_ERROR",operation="OPERATION",status="500"`,
		`code="OUTCOME_UNKNOWN",operation="OPERATION",status="503"`,
		`code="UNAVAILABLE",operation="OPERATION",status="503"`,
		`code="CLIENT_CLOSED_REQUEST",operation="OPERATION",status="499"`,
	}
	for protocol, operations := range map[string][]string{
		"graphql": {"createWebCustomerEvents", "login", "webCustomerEvents", "mutation", "query", "refused"},
		"webapi":  {apitest.WebCreatePath, "authentication/token", "authentication/token/release", "refused"},
	} {
		for _, operation := range operations {
			for _, labels := range failures {
				want = append(want, "customer_events_"+protocol+"_requests_total{"+
					strings.ReplaceAll(labels, "OPERATION", operation)+"} 0")
			}
		}
	}
	// With application/json, errors that are found after the JSON was parsed have status 200.
	want = append(want, `customer_events_graphql_requests_total{code="INTERNAL_SERVER_ERROR",`+
		`operation="createWebCustomerEvents",status="200"} 0`)
	for _, line := range want {
		if !strings.Contains(string(text), line+"\n") {
			t.Errorf("the metrics lack %s", line)
		}
	}
	if strings.Contains(string(text), "customer_events_certificate") {
		t.Error("there is a metric of a certificate without a certificate")
	}
}

func TestMetrics_CertificateExpiry(t *testing.T) {
	t.Parallel()
	s, config := demoWithTLS(t, storetest.SQLite(t))
	_, _, text := s.Do(t, http.MethodGet, "/metrics", nil)
	found := regexp.MustCompile(`(?m)^customer_events_certificate_expiry_timestamp_seconds (\S+)$`).
		FindSubmatch(text)
	if found == nil {
		t.Fatal("the metrics lack the certificate's expiry")
	}
	var got float64
	if err := json.Unmarshal(found[1], &got); err != nil {
		t.Fatal(err)
	}
	conn := dialHTTP2(t, s, config, 1<<16)
	if want := conn.ConnectionState().PeerCertificates[0].NotAfter.Unix(); int64(got) != want {
		t.Errorf("it is %f, not %d", got, want)
	}
}

// metricsAddress returns the address that the log line "listening" names.
func metricsAddress(t *testing.T, s *apitest.Server) string {
	t.Helper()
	found := regexp.MustCompile(`"metrics_address":"([^"]+)"`).FindStringSubmatch(s.Log.String())
	if found == nil {
		t.Fatalf("the log names no address of the metrics: %s", s.Log.String())
	}
	return found[1]
}

func TestMetricsListen_OnlyThere(t *testing.T) {
	t.Parallel()
	s := apitest.ServeDemo(t, storetest.SQLite(t), "--metrics-listen", "127.0.0.1:0", "--drain", "2s")
	own := "http://" + metricsAddress(t, s)
	if status, _, _ := s.Do(t, http.MethodGet, "/metrics", nil); status != http.StatusNotFound {
		t.Errorf("the main address answers /metrics with %d", status)
	}
	for _, c := range []struct {
		method, path string
		want         int
	}{
		{http.MethodGet, "/metrics", http.StatusOK},
		{http.MethodPost, "/metrics", http.StatusMethodNotAllowed},
		{http.MethodPost, "/graphql", http.StatusNotFound},
		{http.MethodPost, crmapi.Prefix + apitest.WebCreatePath, http.StatusNotFound},
		{http.MethodGet, "/", http.StatusNotFound},
		{http.MethodGet, "/readyz", http.StatusNotFound},
	} {
		request, err := http.NewRequest(c.method, own+c.path, nil)
		if err != nil {
			t.Fatal(err)
		}
		response, err := s.Client.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		if response.StatusCode != c.want || response.Header.Get("X-Request-Id") == "" {
			t.Errorf("%s %s: %d %v, want %d", c.method, c.path, response.StatusCode, response.Header, c.want)
		}
	}
	// Prometheus reads the metrics while the server drains, and the address is free afterwards.
	s.Cancel()
	start := time.Now()
	for !strings.Contains(s.Log.String(), "shutting down") {
		if time.Since(start) > 10*time.Second {
			t.Fatal("the server does not shut down")
		}
		time.Sleep(10 * time.Millisecond)
	}
	response, err := s.Client.Get(own + "/metrics")
	if err != nil {
		t.Fatalf("while the server drains: %v", err)
	}
	_ = response.Body.Close()
	s.Stop(t)
	listener, err := net.Listen("tcp", strings.TrimPrefix(own, "http://"))
	if err != nil {
		t.Errorf("the address is not free after the end: %v", err)
	} else {
		_ = listener.Close()
	}
}

// TestMetricsListen_Mistakes is not parallel, since it sets a variable.
func TestMetricsListen_Mistakes(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	demo, freePort := []string{"--demo"}, []string{"--listen", "127.0.0.1:0"}
	database := "sqlite:" + filepath.Join(t.TempDir(), "x.db")
	for _, c := range []struct {
		name, address string
		args          []string
		exit          int
		want          string
	}{
		{"no port", "localhost", nil, 2, "metrics-listen (localhost) is not valid: write host:port"},
		{"no such port", ":99999", nil, 2, "metrics-listen (:99999) is not valid"},
		{"demo beyond the loopback", "0.0.0.0:0", demo, 2, "metrics-listen (0.0.0.0:0) is not valid with --demo"},
		{"the main address", "127.0.0.1:8080", nil, 2, "metrics-listen (127.0.0.1:8080) is the address of listen"},
		{"in use", taken.Addr().String(), freePort, 1, "--metrics-listen or CRM_METRICS_LISTEN"},
	} {
		t.Run(c.name, func(t *testing.T) {
			args := append([]string{"--database", database, "--metrics-listen", c.address}, c.args...)
			exit, _, stderr := apitest.Command(t, "", args...)
			if exit != c.exit || !strings.Contains(stderr, c.want) {
				t.Errorf("exit %d: %s", exit, stderr)
			}
		})
	}
	t.Setenv("CRM_METRICS_LISTEN", "nonsense")
	exit, _, stderr := apitest.Command(t, "", "--database", database)
	if exit != 2 || !strings.Contains(stderr, "nonsense") {
		t.Errorf("the variable: exit %d: %s", exit, stderr)
	}
}
