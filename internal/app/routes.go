package app

import (
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"github.com/klauspost/compress/gzhttp"

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
	"customer-events/models"
)

// routes returns the handler of every address that the server answers, and the uploads on their way to it.
func routes(c config, schema string, db *store.Store, hasher *models.KeyedHasher, log *slog.Logger, lines *requestLog,
	lostLines func() uint64, traces *tracing, draining *atomic.Bool) (http.Handler, *uploads) {
	counts := newMetrics(db.Pools(), lostLines, c.callTimeout)
	service := &events.Service{
		References: db, Store: db, Hasher: hasher, Now: time.Now, NewID: newID,
		FutureTolerance: c.futureTolerance, RetryTimeout: c.callTimeout, Log: log, Observer: observer{traces.tracer, counts},
	}
	logins := auth.New(sessions(c, db), time.Now, admission.NewWithCooldown())
	logins.Shared = c.trustedProxies.Contains
	// Longer than the service retries, for what comes before and after it.
	requestTimeout := c.callTimeout + 30*time.Second
	graphQL := graph.NewHandler(&graph.Resolver{
		Service: service, Auth: logins, Reader: db, Log: log,
		Decoder:       &events.Decoder{FieldNames: events.CamelCase, Zone: c.zone, Hasher: hasher},
		Limits:        limits(c),
		Introspection: c.introspection,
		Timeout:       requestTimeout,
	})
	webAPI := &crmapi.Handler{
		Service: service, Auth: logins, Log: log, Timeout: requestTimeout,
		Decoder: &events.Decoder{FieldNames: events.SnakeCase, Zone: c.zone, Hasher: hasher},
	}
	mux := http.NewServeMux()
	mux.Handle("/graphql", traces.requests(c.crossOrigin.CORS(graphQL), c.trustedProxies, logins))
	mux.Handle(crmapi.Prefix, traces.requests(c.crossOrigin.CORS(webAPI), c.trustedProxies, logins))
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { writeText(w, http.StatusOK, "ok") })
	mux.HandleFunc("GET /readyz", readiness(db, draining, log))
	mux.Handle("GET /metrics", counts.handler())
	if c.introspection {
		mux.HandleFunc("GET /schema.graphql", func(w http.ResponseWriter, _ *http.Request) {
			writeText(w, http.StatusOK, strings.TrimSpace(schema))
		})
		mux.Handle("/", playground.Handler(c.demo))
	}
	uploads := newUploads(logins)
	return chain(mux,
		identify(admission.NewController(admission.NewCPULimiter(), logins), ratelimit.New(c.rateLimit)),
		securityHeaders(c.certificate != nil),
		forbidCrossOrigin(c.crossOrigin),
		clientAddress(c.trustedProxies),
		logRequests(lines, counts),
		loopbackOnly(c.demo),
		uploads.handler,
		func(next http.Handler) http.Handler { return gzhttp.GzipHandler(next) },
		newUnsentResponses().handler,
		closeWhileDraining(draining),
	), uploads
}

// limits returns the limits that the query `limits` shows.
func limits(c config) generated.Limits {
	return generated.Limits{
		MaxEventsPerCall:        events.MaxEventsPerCall,
		MaxBodyBytes:            api.MaxBodyBytes,
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
