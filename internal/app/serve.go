package app

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"strings"
	"sync/atomic"
	"syscall"
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
	"customer-events/internal/store"
	"customer-events/models"
)

// Build holds what only the main package can embed: the version and commit, the schema as it is published, and the
// licences of the third-party software.
type Build struct{ Version, Commit, Schema, Licenses string }

// Main runs the program with the arguments and the streams of the process, and exits with its status.
func Main(build Build) {
	if os.Getenv("GOGC") == "" {
		// A call's garbage is short-lived and what stays is small: collecting a quarter as often saves a tenth of the CPU.
		debug.SetGCPercent(400)
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		// But not where a flood makes much garbage: what door.Room and the hashing of passwords let live at once fits well into this.
		debug.SetMemoryLimit(int64(max(2, runtime.GOMAXPROCS(0))) * memoryPerCPU)
	}
	ctx, stop := endBySignal()
	defer stop()
	queue := newLogQueue(os.Stderr)
	slog.SetDefault(queue.logger()) // what libraries log by themselves must not wait for standard error either
	status := Run(ctx, os.Args[1:], Env{Build: build, Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, Log: queue.logger(), LostLines: queue.Lost})
	queue.Close(logFlushTimeout)
	os.Exit(status)
}

// open opens the database, with its tables up to date.
func open(ctx context.Context, c config, log *slog.Logger) (*store.Store, error) {
	c.demo = false // only a server adds the demo login
	return openWith(ctx, c, log, sql.OpenDB)
}

func openWith(ctx context.Context, c config, log *slog.Logger, opener store.Opener) (*store.Store, error) {
	db, err := store.OpenWith(ctx, c.database, log, opener)
	if err != nil {
		return nil, err
	}
	if c.demo { // before anything is changed
		err = refuseDemo(ctx, db)
	}
	if err == nil {
		err = db.Migrate(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

// openExisting opens a database for a command that must neither create nor migrate it.
func openExisting(ctx context.Context, c config, log *slog.Logger) (*store.Store, error) {
	return store.OpenExisting(ctx, c.database, log)
}

const (
	// memoryPerCPU is how much memory there should be for each processor before garbage is collected more often.
	memoryPerCPU = 90 << 20
	// idempotencyTTL is how long idempotency keys are kept. Source: the contract, at least 72 hours.
	idempotencyTTL = 72 * time.Hour
	// shutdownTimeout is how long running calls may take to end once the program has been told to.
	shutdownTimeout = 60 * time.Second
)

// serve runs the server until the context ends, then lets running calls end.
func serve(ctx context.Context, c config, env Env) (err error) {
	log := env.Log
	// A reader of standard error or output that dies must not end the program at its next line: see signal(7) and os/signal.
	signal.Ignore(syscall.SIGPIPE)
	traces, err := newTracing(ctx, c.otlpEndpoint, env.Build.Version, log)
	if err != nil {
		return err
	}
	defer func() {
		patience, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		if err := traces.close(patience); err != nil {
			log.Warn("sending the last traces", "error", err)
		}
	}()
	db, err := openWith(ctx, c, log, traces.opener)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	secrets, err := openSecrets(ctx, c, db)
	if err != nil {
		return err
	}
	listener, err := listen(c)
	if err != nil {
		return explainListen(err)
	}
	defer listener.Close()
	if c.demo {
		if err := loadDemo(ctx, db, secrets); err != nil {
			return fmt.Errorf("loading the demo data: %w", err)
		}
	}
	c.exposed = beyondLoopback(listener.Addr(), c)
	if err := reportState(ctx, c, db, log); err != nil {
		return err
	}
	lines := newRequestLog(log)
	defer lines.close()
	var draining atomic.Bool
	handler, uploads := routes(c, env.Build.Schema, db, secrets, lines.bounded(), lines, env.LostLines, traces, &draining)
	conns := newConnections(openFiles(), c.trustedProxies, uploads, log)
	listener = limitedListener{listener, conns}
	server, err := newHTTPServer(c, noteProxies(c, log, handler), conns, lines.serverErrors())
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	sweeping, endSweeping := context.WithCancel(context.WithoutCancel(ctx))
	swept := make(chan struct{})
	go func() {
		defer close(swept)
		purgeExpired(sweeping, db, log)
	}()
	if c.certificate != nil {
		go c.certificate.Watch(ctx, log)
	}
	served := make(chan error, 1)
	go func() {
		if c.certificate == nil {
			served <- server.Serve(listener)
			return
		}
		served <- server.ServeTLS(listener, "", "")
	}()
	log.Info("listening", "address", listener.Addr().String(), "max_connections", conns.max, "max_connections_per_address", conns.maxPerAddress)
	if c.demo {
		scheme := "http"
		if c.certificate != nil {
			scheme = "https"
		}
		at := scheme + "://" + listener.Addr().String()
		printWithin(time.Second, env.Stdout, fmt.Sprintf("GraphiQL  %s/\nGraphQL   %s/graphql\nWeb API   %s%s\nLogin     username %s, password %s\n", at, at, at, crmapi.Prefix, DemoUser, DemoPassword))
	}
	if env.Ready != nil {
		env.Ready(listener.Addr())
	}
	select {
	case err = <-served:
	case <-ctx.Done():
		log.Info("ending: calls are still taken for a while, then running ones are finished; a second signal ends at once", "drain", c.drain.String())
		draining.Store(true)
		err = shutdown(server, listener, served, conns, c.drain, log)
	}
	endSweeping()
	<-swept
	log.Info("ended")
	return err
}

// routes is every address that the server answers, and what knows the bodies that are on their way there.
func routes(c config, schema string, db *store.Store, secrets *models.KeyedHasher, log *slog.Logger, lines *requestLog, lostLines func() uint64, traces *tracing, draining *atomic.Bool) (http.Handler, *uploads) {
	seen := newMetrics(db.Pools(), lostLines, c.callTimeout)
	service := &events.Service{
		References: db, Store: db, Hasher: secrets, Now: time.Now, NewID: newID,
		FutureTolerance: c.futureTolerance, RetryTimeout: c.callTimeout, Log: log, Observer: observer{traces.tracer, seen},
	}
	resolver := &graph.Resolver{
		Service: service,
		Auth:    auth.New(sessions(c, db), time.Now, admission.NewWithCooldown()),
		Reader:  db,
		Decoder: &events.Decoder{FieldNames: events.CamelCase, Zone: c.zone, Hasher: secrets},
		Limits: generated.Limits{
			MaxEventsPerCall: events.MaxEventsPerCall, MaxBodyBytes: api.MaxBodyBytes, MaxQueryBytes: graph.MaxQueryBytes,
			MaxTextLength: events.MaxShortText, MaxDescriptionLength: events.MaxDescription, MaxWebsiteLength: events.MaxWebsite,
			MaxIdempotencyKeyLength: api.MaxKeyLength, MaxPageSize: graph.MaxPageSize,
			FutureToleranceSeconds: int(c.futureTolerance.Seconds()), IdempotencyKeySeconds: int(idempotencyTTL.Seconds()), TokenSeconds: int(auth.TokenLife.Seconds()),
		},
		Log:           log,
		Introspection: c.introspection,
		// Beyond the service's own patience, for what comes before and after it.
		Timeout: c.callTimeout + 30*time.Second,
	}
	resolver.Auth.Shared = c.trustedProxies.Contains
	mux := http.NewServeMux()
	mux.Handle("/graphql", traces.requests(c.crossOrigin.CORS(graph.NewHandler(resolver)), c.trustedProxies, resolver.Auth))
	mux.Handle(crmapi.Prefix, traces.requests(c.crossOrigin.CORS(&crmapi.Handler{
		Service: service, Auth: resolver.Auth, Log: log, Timeout: resolver.Timeout,
		Decoder: &events.Decoder{FieldNames: events.SnakeCase, Zone: c.zone, Hasher: secrets},
	}), c.trustedProxies, resolver.Auth))
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { writeText(w, http.StatusOK, "ok") })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		if draining.Load() {
			writeText(w, http.StatusServiceUnavailable, "ending")
			return
		}
		if err := db.Ready(r.Context()); err != nil {
			log.Warn("not ready", "error", err)
			writeText(w, http.StatusServiceUnavailable, "the database does not take events")
			return
		}
		writeText(w, http.StatusOK, "ok")
	})
	if c.introspection {
		mux.HandleFunc("GET /schema.graphql", func(w http.ResponseWriter, _ *http.Request) { writeText(w, http.StatusOK, strings.TrimSpace(schema)) })
		mux.Handle("/", playground.Handler())
	}
	mux.Handle("GET /metrics", seen.handler())
	uploads := newUploads(resolver.Auth)
	return logRequests(closeWhileDraining(mux, draining), seen, middlewareConfig{lines: lines, proxies: c.trustedProxies, crossOrigin: c.crossOrigin, loopback: c.demo, tls: c.certificate != nil,
		admission: api.NewController(admission.New(), resolver.Auth), limiter: api.NewLimiter(c.rateLimit),
		uploads: uploads, unsent: newUnsentResponses()}), uploads
}

func writeText(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, text+"\n")
}

// newID makes ids in ascending order, within this process.
func newID() models.ID { return models.ID(uuid.Must(uuid.NewV7())) }

// purgeExpired deletes, every few minutes, sessions and windows of failed attempts that have ended and idempotency keys that are old enough.
func purgeExpired(ctx context.Context, db *store.Store, log *slog.Logger) {
	for {
		if err := db.PurgeExpired(ctx, idempotencyTTL); err != nil && ctx.Err() == nil {
			log.Warn("sweeping ended sessions, failed attempts and old idempotency keys", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(5 * time.Minute):
		}
	}
}
