package app

import (
	"context"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"time"

	"golang.org/x/net/netutil"

	"customer-events/graph"
	"customer-events/internal/crmapi"
	"customer-events/internal/store"
	"customer-events/internal/telemetry"
)

// maxMetricsConnections bounds the connections to the address of the metrics, which few programs read.
const maxMetricsConnections = 100

// newMetrics returns the metrics of a server.
func newMetrics(c config, env Env, db *store.Store) *telemetry.Metrics {
	sources := telemetry.Sources{
		Pools: db.Pools(), LostLines: env.LostLines, CallTimeout: c.callTimeout,
		Version: env.Build.Version, Commit: env.Build.revision(),
		Operations: telemetry.Operations{GraphQL: graph.Operations(), WebAPI: crmapi.Operations()},
	}
	if c.certificate != nil {
		sources.CertificateUntil = c.certificate.ValidUntil
	}
	return telemetry.NewMetrics(sources)
}

// checkMetricsListen checks the option metrics-listen.
func checkMetricsListen(metricsListen, listen string, demo bool) error {
	if metricsListen == "" {
		return nil
	}
	if err := checkListen(metricsListen, demo); err != nil {
		return fmt.Errorf("metrics-%w", err)
	}
	if metricsListen == listen && !strings.HasSuffix(listen, ":0") {
		return fmt.Errorf("metrics-listen (%s) is the address of listen: leave it out, or choose another port",
			metricsListen)
	}
	return nil
}

// metricsServer serves the metrics at an address of their own. nil serves nothing.
type metricsServer struct {
	listener net.Listener
	server   *http.Server
}

// listenMetrics opens the address of the metrics. It returns nil if they have none of their own.
func listenMetrics(c config, metrics *telemetry.Metrics) (*metricsServer, error) {
	if c.metricsListen == "" {
		return nil, nil
	}
	listener, err := net.Listen("tcp", c.metricsListen)
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", metrics.Handler())
	withID := func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("X-Request-Id", requestID(r))
			next.ServeHTTP(w, r)
		})
	}
	return &metricsServer{netutil.LimitListener(listener, maxMetricsConnections), &http.Server{
		Handler:           chain(mux, withID, securityHeaders(false), loopbackOnly(c.demo)),
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       10 * time.Second,
		WriteTimeout:      30 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
	}}, nil
}

// start serves the metrics until close. They stay readable while the server drains and finishes its calls.
func (m *metricsServer) start(logger *slog.Logger, errorLog *log.Logger) {
	if m == nil {
		return
	}
	m.server.ErrorLog = errorLog
	go func() {
		if err := m.server.Serve(m.listener); !errors.Is(err, http.ErrServerClosed) {
			logger.Error("the metrics are no longer served", "error", err)
		}
	}()
}

// address returns where the metrics are served, with the server's own listener if they have no address.
func (m *metricsServer) address(server net.Listener) string {
	if m == nil {
		return server.Addr().String()
	}
	return m.listener.Addr().String()
}

// close ends the connections and frees the address. A response that is being written gets a second.
func (m *metricsServer) close() {
	if m == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if m.server.Shutdown(ctx) != nil {
		_ = m.server.Close()
	}
	_ = m.listener.Close() // Shutdown does so only once the server has been started
}
