package app

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"customer-events/graph"
	"customer-events/graph/generated"
	"customer-events/internal/admission"
	"customer-events/internal/api"
	"customer-events/internal/auth"
	"customer-events/internal/crmapi"
	"customer-events/internal/events"
	"customer-events/internal/playground"
	"customer-events/internal/ratelimit"
	"customer-events/internal/store"
	"customer-events/internal/telemetry"
	"customer-events/models"
)

// routes returns the handler of every address that the server answers, and the uploads on their way to it.
func routes(
	c config, schema string, db *store.Store, hasher *models.KeyedHasher, log *slog.Logger, lines *requestLog,
	metrics *telemetry.Metrics, traces *telemetry.Tracing, draining *atomic.Bool,
) (http.Handler, *uploads) {
	service := &events.Service{
		References: db, Store: db, Hasher: hasher, Now: time.Now, NewID: newID,
		FutureTolerance: c.futureTolerance, RetryTimeout: c.callTimeout, Log: log,
		Observer: telemetry.Observer(traces, metrics),
	}
	logins := auth.New(sessions(c, db), time.Now, admission.NewWithCooldown())
	logins.Shared = c.trustedProxies.Contains
	// Longer than the service retries, for what comes before and after it.
	requestTimeout := c.callTimeout + 30*time.Second
	bodies := admission.NewController(func(ctx context.Context) bool {
		return api.AuthenticationOf(ctx).HasValidToken(ctx)
	})
	graphQL := graph.NewHandler(&graph.Resolver{
		Service: service, Auth: logins, Reader: db, Log: log,
		Decoder:       &events.Decoder{FieldNames: events.CamelCase, Zone: c.zone, Hasher: hasher},
		Limits:        limits(c),
		Admission:     bodies,
		Introspection: c.introspection,
		Timeout:       requestTimeout,
	})
	webAPI := &crmapi.Handler{
		Service: service, Auth: logins, Log: log, Timeout: requestTimeout, Admission: bodies,
		Decoder: &events.Decoder{FieldNames: events.SnakeCase, Zone: c.zone, Hasher: hasher},
	}
	mux := http.NewServeMux()
	protocol := func(handler http.Handler, spans telemetry.Convention) http.Handler {
		return traces.Middleware(c.crossOrigin.CORS(detectDisconnects(handler)), spans, c.trustedProxies)
	}
	graphQL = protocol(graphQL, telemetry.GraphQL)
	webHandler := protocol(webAPI, telemetry.HTTP)
	mux.Handle(strings.TrimSuffix(crmapi.Prefix, "/"), webHandler)
	mux.Handle(crmapi.Prefix, webHandler)
	mux.Handle("/healthz", readOnly(func(w http.ResponseWriter, _ *http.Request) {
		writeText(w, http.StatusOK, "ok")
	}))
	mux.Handle("/readyz", readOnly(readiness(db, draining, log)))
	if c.metricsListen == "" {
		mux.Handle("/metrics", readOnly(metrics.Handler().ServeHTTP))
	}
	if c.introspection {
		graphQL = redirectBrowsers(graphQL)
		mux.Handle("/schema.graphql", readOnly(func(w http.ResponseWriter, _ *http.Request) {
			writeText(w, http.StatusOK, strings.TrimSpace(schema))
		}))
		mux.Handle("/", playground.Handler(c.demo, http.HandlerFunc(notFound)))
	} else {
		mux.HandleFunc("/", notFound)
	}
	mux.Handle("/graphql", graphQL)
	uploads := newUploads()
	return chain(mux,
		identify,
		authenticate(logins),
		limitRate(ratelimit.New(c.rateLimit)),
		securityHeaders(c.certificate != nil),
		forbidCrossOrigin(c.crossOrigin),
		rejectConflicts,
		clientAddress(c.trustedProxies),
		uploads.handler,
		logRequests(lines, metrics),
		loopbackOnly(c.demo),
		compress,
		newUnsentResponses().handler,
		closeWhileDraining(draining),
	), uploads
}

// limits returns the limits that the query `limits` shows.
func limits(c config) generated.Limits {
	return generated.Limits{
		MaxEventsPerCall:        events.MaxEventsPerCall,
		MaxBodyBytes:            admission.MaxBodyBytes,
		MaxQueryBytes:           graph.MaxQueryBytes,
		MaxTextLength:           events.MaxShortText,
		MaxDescriptionLength:    events.MaxDescription,
		MaxWebsiteLength:        events.MaxWebsite,
		MaxIdempotencyKeyLength: api.MaxKeyLength,
		MaxPageSize:             graph.MaxPageSize,
		FutureToleranceSeconds:  int(c.futureTolerance.Seconds()),
		IdempotencyKeySeconds:   int(idempotencyTTL.Seconds()),
		TokenSeconds:            int(auth.TokenLife.Seconds()),
	}
}

// readiness answers /readyz: whether the server can record events, and is not about to end.
func readiness(db *store.Store, draining *atomic.Bool, log *slog.Logger) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if draining.Load() {
			writeText(w, http.StatusServiceUnavailable, "shutting down")
			return
		}
		if err := db.Ready(r.Context()); err != nil {
			log.WarnContext(r.Context(), "not ready", "error", err)
			writeText(w, http.StatusServiceUnavailable, "the database cannot record events")
			return
		}
		writeText(w, http.StatusOK, "ok")
	}
}

func writeText(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, text+"\n")
}

// newID returns ids in ascending order within this process.
func newID() models.ID { return models.ID(uuid.Must(uuid.NewV7())) }
