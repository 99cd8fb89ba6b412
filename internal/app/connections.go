package app

import (
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"sync"
	"syscall"
	"time"

	"customer-events/internal/middleware"
)

const (
	// maxConnections bounds the open connections, if the process may have that many open files. An idle
	// connection takes about 20 kB, with TLS 50 kB.
	maxConnections = 10_000
	// reservedFiles is the minimum number of open files that is reserved for the database, logs and the like.
	reservedFiles = 64
	// SilentGrace is how long a new connection may go without a request before it counts as idle.
	SilentGrace = time.Second
	// UploadIdleAfter is how long a body may take to arrive before its connection may be closed to admit
	// another one.
	UploadIdleAfter = 5 * time.Second
	// sendBufferBytes is how many unsent bytes of a response the operating system may hold.
	sendBufferBytes = 64 << 10
)

// connections tracks all open connections and bounds their number, in total and for each address. Beyond a
// bound, it closes an idle connection to admit the new one.
type connections struct {
	max, maxPerAddress int
	// unbounded are the proxies: the connections of a proxy carry the requests of many clients.
	unbounded middleware.TrustedProxies
	uploads   *uploads
	log       *slog.Logger

	mu         sync.Mutex
	open       map[net.Conn]*trackedConn // by socket
	perAddress map[netip.Prefix]int
	goingAway  bool
	// closed counts the connections that were closed to admit others, and refused those that were not
	// admitted, both since reportedAt.
	closed, refused int
	reportedAt      time.Time
	// victims are by address, like perAddress; those of the zero prefix may have any address. It is rare that
	// more than one address is at its bound.
	victims map[netip.Prefix]victims
}

// trackedConn is one open connection.
type trackedConn struct {
	conn net.Conn // the socket
	// address is the client's address, and for IPv6 its /64. The zero value is not bounded.
	address netip.Prefix
	state   http.ConnState
	since   time.Time
	http2   *goAwayConn // nil for HTTP/1.1
}

func newConnections(
	files int, unbounded middleware.TrustedProxies, uploads *uploads, log *slog.Logger,
) *connections {
	most := maxConnections
	if files > 0 {
		most = min(most, files-min(max(reservedFiles, files/8), files/2))
	}
	return &connections{
		max: most, maxPerAddress: max(1, most*3/4), unbounded: unbounded, uploads: uploads, log: log,
		open: make(map[net.Conn]*trackedConn), perAddress: make(map[netip.Prefix]int),
		victims: make(map[netip.Prefix]victims),
	}
}

// socket returns the connection below TLS, or the connection itself if it has no TLS.
func socket(conn net.Conn) net.Conn {
	if over, ok := conn.(interface{ NetConn() net.Conn }); ok {
		return over.NetConn()
	}
	return conn
}

// limitedListener accepts only connections that connections admits.
type limitedListener struct {
	net.Listener
	conns *connections
}

// Accept returns the next admitted connection, and closes those that are not admitted.
func (l limitedListener) Accept() (net.Conn, error) {
	for {
		conn, err := l.Listener.Accept()
		if errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE) {
			l.conns.closeOne(netip.Prefix{}) // net/http waits briefly and calls Accept again
		}
		if err != nil {
			return nil, err
		}
		if tcp, ok := conn.(*net.TCPConn); ok {
			boundSendBuffer(tcp)
		}
		if l.conns.admit(conn) {
			return conn, nil
		}
		_ = conn.Close()
	}
}

// admit registers a new connection. If there are too many, it closes an idle one first. It reports whether
// the new one is admitted.
func (c *connections) admit(conn net.Conn) bool {
	address := c.addressOf(conn)
	c.mu.Lock()
	crowded := address.IsValid() && c.perAddress[address] >= c.maxPerAddress
	full := len(c.open) >= c.max
	c.mu.Unlock()
	// Only one goroutine calls Accept, so the counts cannot grow in between.
	if crowded && !c.closeOne(address) || full && !crowded && !c.closeOne(netip.Prefix{}) {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.refused++
		c.report()
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.open[conn] = &trackedConn{conn: conn, address: address, state: http.StateNew, since: time.Now()}
	if address.IsValid() {
		c.perAddress[address]++
	}
	return true
}

// addressOf returns the address for which a connection counts. The zero value counts for the total only.
func (c *connections) addressOf(conn net.Conn) netip.Prefix {
	at, err := netip.ParseAddrPort(conn.RemoteAddr().String())
	if err != nil {
		return netip.Prefix{} // a Unix socket
	}
	address := at.Addr().Unmap().WithZone("")
	contains := func(network netip.Prefix) bool { return network.Contains(address) }
	if slices.ContainsFunc(c.unbounded, contains) {
		return netip.Prefix{}
	}
	bits := 32
	if address.Is6() {
		bits = 64
	}
	return netip.PrefixFrom(address, bits).Masked()
}

// report logs what was closed and refused, once a minute at most. The caller must hold mu.
func (c *connections) report() {
	if time.Since(c.reportedAt) < time.Minute {
		return
	}
	c.log.Warn("too many connections: idle ones are closed for new ones", "open", len(c.open),
		"closed", c.closed, "refused", c.refused, "max", c.max, "max_per_address", c.maxPerAddress)
	c.closed, c.refused, c.reportedAt = 0, 0, time.Now()
}

// forget removes a connection from the list. The caller must hold mu.
func (c *connections) forget(one *trackedConn) {
	delete(c.open, one.conn)
	if one.address.IsValid() {
		if c.perAddress[one.address]--; c.perAddress[one.address] == 0 {
			delete(c.perAddress, one.address)
			delete(c.victims, one.address)
		}
	}
}

// note is the server's ConnState hook.
func (c *connections) note(conn net.Conn, state http.ConnState) {
	c.mu.Lock()
	defer c.mu.Unlock()
	one := c.open[socket(conn)]
	if one == nil {
		return // closed to admit another one
	}
	switch state {
	case http.StateClosed, http.StateHijacked:
		c.forget(one)
	default:
		if state != one.state {
			one.state, one.since = state, time.Now()
		}
		if state == http.StateIdle {
			for _, address := range []netip.Prefix{{}, one.address} {
				if len(c.victims[address].list) == 0 {
					delete(c.victims, address)
				}
			}
		}
	}
}

// serveHTTP2 registers that a connection carries HTTP/2.
func (c *connections) serveHTTP2(conn *goAwayConn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if one := c.open[socket(conn)]; one != nil {
		one.http2 = conn
		conn.wanted.Store(c.goingAway)
	}
}

// goAway sends a GOAWAY frame on each HTTP/2 connection that has not sent one yet. If all is set, future
// connections get one too. It does not wait.
func (c *connections) goAway(all bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.goingAway = all
	for _, one := range c.open {
		if one.http2 != nil {
			go one.http2.GoAway()
		}
	}
}

// count returns how many HTTP/2 connections are open, and how many HTTP/1.1 connections carry a request or
// have not carried one yet.
func (c *connections) count() (http2, http1 int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, one := range c.open {
		switch {
		case one.http2 != nil:
			http2++
		case one.state == http.StateNew || one.state == http.StateActive:
			http1++
		}
	}
	return http2, http1
}
