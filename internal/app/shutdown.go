package app

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"customer-events/models"
)

const (
	// shutdownTimeout is how long running calls may take to end after the drain.
	shutdownTimeout = 60 * time.Second
	// goAwayGrace is how long HTTP/2 clients have after the drain to stop opening requests on their connections.
	goAwayGrace = time.Second
	// silentTimeout is how long a new connection may take for its first request after the drain.
	silentTimeout = 3 * time.Second
)

// closeWhileDraining adds "Connection: close" to every HTTP/1.1 response while the server drains, so that clients
// reconnect, perhaps to another server. A connection that the server closed between two calls would lose calls. HTTP/2
// connections get a GOAWAY frame instead (see goAwayConn): net/http turns this header into one that drops calls.
func closeWhileDraining(draining *atomic.Bool) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if draining.Load() && r.ProtoMajor == 1 {
				w.Header().Set("Connection", "close")
			}
			next.ServeHTTP(w, r)
		})
	}
}

// shutdown serves calls for the drain period, then accepts no connections, then finishes the calls on the open ones,
// and closes idle connections last. The order matters: from the start of Shutdown on, net/http drops the calls that it
// reads on connections that it accepted before. shutdown returns an error only if serving failed. It logs and ends
// what does not end in time.
func shutdown(server *http.Server, listener net.Listener, served <-chan error, conns *connections, drain time.Duration,
	log *slog.Logger) error {
	// Connections that clients open during the drain, because no other server accepts them, get their GOAWAY after it.
	conns.goAway(false)
	var err error
	select {
	case err = <-served:
	case <-time.After(drain):
		_ = listener.Close()
		err = <-served // now conns has every connection that was accepted
	}
	if errors.Is(err, net.ErrClosed) {
		err = nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), shutdownTimeout)
	defer cancel()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		endSlowClients(ctx, conns, log)
	}()
	conns.goAway(true)
	start := time.Now()
	for ctx.Err() == nil {
		http2, http1 := conns.count()
		if http1 == 0 && (http2 == 0 || time.Since(start) >= goAwayGrace) {
			break
		}
		time.Sleep(5 * time.Millisecond)
	}
	if server.Shutdown(ctx) != nil {
		http2, http1 := conns.count()
		log.Warn("cutting off calls that have not ended in time",
			"after", models.FormatDuration(shutdownTimeout),
			"connections", http1, "http2_connections", http2)
		_ = server.Close() // the calls that it cuts off have been logged
	}
	cancel()
	<-ended
	return err
}

// endSlowClients ends uploads and connections that are too slow for a server that shuts down, until the context ends,
// and logs what it ends.
func endSlowClients(ctx context.Context, conns *connections, log *slog.Logger) {
	start := time.Now()
	for ctx.Err() == nil {
		anonymous, slow := conns.uploads.endSlow(ctx, time.Since(start))
		silent := 0
		if time.Since(start) > silentTimeout {
			silent = conns.closeSilent(silentTimeout)
		}
		if anonymous+slow+silent > 0 {
			log.Warn("ended what clients have not sent in time", "anonymous_uploads", anonymous, "slow_uploads", slow,
				"silent_connections", silent)
		}
		select {
		case <-ctx.Done():
		case <-time.After(100 * time.Millisecond):
		}
	}
}
