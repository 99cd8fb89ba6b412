package app

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strconv"
	"sync/atomic"
	"time"
)

// listen opens the listening socket, or takes over those that a service manager (systemd, or whoever speaks its protocol) hands to the
// process. A socket that is handed over stays open when a process ends: new connections wait in it for the next process, or
// go to another one that has it too, and none is refused. Of two sockets opened on one port by SO_REUSEPORT the one that closes drops what
// waits in it.
func listen(c config) (net.Listener, error) {
	if os.Getenv("LISTEN_PID") != strconv.Itoa(os.Getpid()) { // what was meant for a parent is not ours
		return net.Listen("tcp", c.listen)
	}
	return activatedListener(os.Getenv("LISTEN_FDS"), os.Getenv("LISTEN_FDNAMES"), c.demo)
}

// closeWhileDraining tells HTTP/1.1 callers of a server that is ending to end their connection with this answer and open the next one anew, where another
// server may take it. Connections ended by the server between two calls would be ended in the face of some. Those of HTTP/2 get a GOAWAY frame,
// see goAwayConn: for them net/http would turn the header into one that drops calls.
func closeWhileDraining(next http.Handler, draining *atomic.Bool) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if draining.Load() && r.ProtoMajor == 1 {
			w.Header().Set("Connection", "close")
		}
		next.ServeHTTP(w, r)
	})
}

const (
	// goAwayGrace is how long HTTP/2 clients have, from the end of the drain on, to stop opening requests on their connections.
	goAwayGrace = time.Second
	// silentPatience is how long a new connection may take for its first request once the drain is over.
	silentPatience = 3 * time.Second
)

// shutdown takes calls for a while still, then no new connections, then finishes what has come on the old ones, and closes those at rest last. The order
// matters: from the beginning of Shutdown on, net/http drops the calls that it reads on connections accepted before. It fails only if serving
// has: what does not end in time is logged, and ended.
func shutdown(server *http.Server, listener net.Listener, served <-chan error, conns *connections, drain time.Duration, log *slog.Logger) error {
	// Connections that clients open from now on, because no other server takes them, are announced the end after the drain.
	conns.goAway(false)
	var err error
	select {
	case err = <-served:
	case <-time.After(drain):
		_ = listener.Close()
		err = <-served // then every connection that was accepted is noted
	}
	if errors.Is(err, net.ErrClosed) {
		err = nil
	}
	patience, cancel := context.WithTimeout(context.Background(), shutdownTimeout)
	defer cancel()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		endSlowClients(patience, conns, log)
	}()
	conns.goAway(true)
	start := time.Now()
	for patience.Err() == nil {
		http2, http1 := conns.count()
		if http1 == 0 && (http2 == 0 || time.Since(start) >= goAwayGrace) {
			break
		}
		time.Sleep(5 * time.Millisecond)
	}
	if shutdown := server.Shutdown(patience); shutdown != nil {
		http2, http1 := conns.count()
		log.Warn("calls are cut off that have not ended in time", "after", shutdownTimeout.String(), "connections", http1, "http2_connections", http2)
		_ = server.Close() // what it closes has an end of its own
	}
	cancel()
	<-ended
	return err
}

// endSlowClients ends, until the context does, what clients send too slowly for a server that is ending, and logs it.
func endSlowClients(ctx context.Context, conns *connections, log *slog.Logger) {
	start := time.Now()
	for ctx.Err() == nil {
		anonymous, slow := conns.uploads.endSlow(ctx, time.Since(start))
		silent := 0
		if time.Since(start) > silentPatience {
			silent = conns.closeSilent(silentPatience)
		}
		if anonymous+slow+silent > 0 {
			log.Warn("ended what clients have not sent in time", "anonymous_uploads", anonymous, "slow_uploads", slow, "silent_connections", silent)
		}
		select {
		case <-ctx.Done():
		case <-time.After(100 * time.Millisecond):
		}
	}
}
