package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os/signal"
	"sync/atomic"
	"syscall"
	"time"

	"customer-events/internal/crmapi"
	"customer-events/internal/telemetry"
	"customer-events/models"
)

// serve runs the server until the context ends, and then finishes the running calls.
func serve(ctx context.Context, c config, env Env) (err error) {
	log := env.Log
	// The program must not end because the reader of standard error or output has ended. Source: signal(7), os/signal.
	signal.Ignore(syscall.SIGPIPE)
	traces, err := telemetry.NewTracing(ctx, c.otlpEndpoint, env.Build.Version, log)
	if err != nil {
		return err
	}
	defer func() {
		closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		if err := traces.Close(closing); err != nil {
			log.Warn("sending the last traces", "error", err)
		}
	}()
	db, err := openWith(ctx, c, log, traces.OpenDB)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	hasher, err := openSecrets(ctx, c, db)
	if err != nil {
		return err
	}
	listener, err := listen(c)
	if err != nil {
		return explainListen(err, "listen")
	}
	defer listener.Close()
	metrics := newMetrics(c, env, db)
	metricsServer, err := listenMetrics(c, metrics)
	if err != nil {
		return explainListen(err, "metrics-listen")
	}
	defer metricsServer.close()
	if c.demo {
		if err := loadDemo(ctx, db, hasher); err != nil {
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
	handler, uploads := routes(c, env.Build.Schema, db, hasher, lines.bounded(), lines, metrics, traces, &draining)
	conns := newConnections(openFiles(), c.trustedProxies, uploads, log)
	listener = limitedListener{listener, conns}
	server, err := newHTTPServer(c, noteProxies(c, log, handler), conns, lines.serverErrors())
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	purging, endPurging := context.WithCancel(context.WithoutCancel(ctx))
	purged := make(chan struct{})
	go func() {
		defer close(purged)
		purgeExpired(purging, db, log)
	}()
	if c.certificate != nil {
		go c.certificate.Watch(ctx, log)
	}
	metricsServer.start(log, lines.serverErrors())
	served := make(chan error, 1)
	go func() {
		if c.certificate == nil {
			served <- server.Serve(listener)
			return
		}
		served <- server.ServeTLS(listener, "", "")
	}()
	log.Info("listening", "address", listener.Addr().String(), "max_connections", conns.max,
		"max_connections_per_address", conns.maxPerAddress, "metrics_address", metricsServer.address(listener))
	if c.demo {
		printDemo(env.Stdout, listener.Addr(), c.certificate != nil)
	}
	if env.Ready != nil {
		env.Ready(listener.Addr())
	}
	select {
	case err = <-served:
	case <-ctx.Done():
		log.Info("shutting down: serving calls until the drain is over, then finishing running ones; a second signal stops at once",
			"drain", models.FormatDuration(c.drain))
		draining.Store(true)
		err = shutdown(server, listener, served, conns, c.drain, log)
	}
	endPurging()
	<-purged
	log.Info("stopped")
	return err
}

// printDemo prints the addresses and the login of a demo server.
func printDemo(to io.Writer, address net.Addr, tls bool) {
	url := "http://" + address.String()
	if tls {
		url = "https://" + address.String()
	}
	printWithin(time.Second, to, fmt.Sprintf("GraphiQL  %s/\nGraphQL   %s/graphql\nWeb API   %s%s\n"+
		"Login     username %s, password %s\n", url, url, url, crmapi.Prefix, DemoUser, DemoPassword))
}
