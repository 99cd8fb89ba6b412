package main

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"strconv"
	"sync/atomic"
)

// firstSocket is the file descriptor of the first socket that a service manager hands over. Source: sd_listen_fds(3).
const firstSocket = 3

// listen opens the listening socket, or takes over the one that a service manager (systemd, or whoever speaks its protocol) hands to the
// process. A socket that is handed over stays open when a process ends: new connections wait in it for the next process, or
// go to another one that has it too, and none is refused. Of two sockets opened on one port by SO_REUSEPORT the one that closes drops what
// waits in it.
func listen(c config) (net.Listener, error) {
	if os.Getenv("LISTEN_PID") != strconv.Itoa(os.Getpid()) { // what was meant for a parent is not ours
		return net.Listen("tcp", c.listen)
	}
	if n := os.Getenv("LISTEN_FDS"); n != "1" {
		return nil, fmt.Errorf("LISTEN_FDS (%s) is not valid: hand over one listening socket", n)
	}
	file := os.NewFile(firstSocket, "LISTEN_FDS")
	defer file.Close() // the listener has a copy
	listener, err := net.FileListener(file)
	if err != nil {
		return nil, fmt.Errorf("LISTEN_FDS: what was handed over is not a listening socket: %w", err)
	}
	if err := checkListen(listener.Addr().String(), c.demo); err != nil {
		_ = listener.Close()
		return nil, err
	}
	return listener, nil
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
