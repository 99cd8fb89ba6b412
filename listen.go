package main

import (
	"context"
	"errors"
	"net"
	"net/http"
	"os"
	"strconv"
	"sync"
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

// parting tells callers of a server that is ending to end their connection with this answer and open the next one anew, where another server may
// take it. Connections ended by the server between two calls would be ended in the face of some.
func parting(next http.Handler, draining *atomic.Bool) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if draining.Load() {
			w.Header().Set("Connection", "close")
		}
		next.ServeHTTP(w, r)
	})
}

// end takes calls for a while still, then no new connections, then finishes what has come on the old ones, and closes those at rest last. The order
// matters: from the beginning of Shutdown on, net/http drops the calls that it reads on connections accepted before.
func end(server *http.Server, listener net.Listener, served <-chan error, busy *busy, drain time.Duration) error {
	patience, cancel := context.WithTimeout(context.Background(), drain+shutdownPatience)
	defer cancel()
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
	for !busy.none() && patience.Err() == nil {
		time.Sleep(5 * time.Millisecond)
	}
	return errors.Join(err, server.Shutdown(patience))
}

// busy are the connections that carry a call, or have not carried one yet.
type busy struct {
	mu    sync.Mutex
	conns map[net.Conn]bool
}

func (b *busy) note(conn net.Conn, state http.ConnState) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.conns == nil {
		b.conns = map[net.Conn]bool{}
	}
	switch state {
	case http.StateNew, http.StateActive:
		b.conns[conn] = true
	default:
		delete(b.conns, conn)
	}
}

func (b *busy) none() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.conns) == 0
}
