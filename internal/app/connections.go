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
	// maxConnections bounds the open connections, where the process may have that many files open at all. An
	// idle one takes some 20 kB, with TLS 50 kB.
	maxConnections = 10_000
	// reservedFiles is the least number of open files that is kept for the database, logs and the like.
	reservedFiles = 64
	// SilentGrace is how long a new connection may send no request before it counts as idle.
	SilentGrace = time.Second
	// UploadIdleAfter is how long a body may be on its way before its connection may be closed for another
	// one.
	UploadIdleAfter = 5 * time.Second
	// sendBufferBytes is how much of a response the system holds that it has not sent.
	sendBufferBytes = 64 << 10
)

// connections knows all open connections and bounds their number, in all and for each address. Beyond a
// bound it closes an idle connection for the new one.
type connections struct {
	max, maxPerAddress int
	// unbounded are the proxies whose connections are those of many clients.
	unbounded middleware.TrustedProxies
	uploads   *uploads
	log       *slog.Logger

	mu         sync.Mutex
	open       map[net.Conn]*trackedConn // by socket
	perAddress map[netip.Prefix]int
	goingAway  bool
	// closed and refused count since toldAt what was closed for others, and what was not let in.
	closed, refused int
	toldAt          time.Time
	// victims are by address, like perAddress; the zero value has those of all. More than one address is
	// rarely crowded.
	victims map[netip.Prefix]victims
}

// trackedConn is one open connection.
type trackedConn struct {
	conn net.Conn // the socket
	// address is the client's; of IPv6 its /64. The zero value is not bounded.
	address netip.Prefix
	state   http.ConnState
	since   time.Time
	http2   *goAwayConn // nil for HTTP/1.1
}

func newConnections(files int, unbounded middleware.TrustedProxies, uploads *uploads, log *slog.Logger) *connections {
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

// socket is the connection under TLS, and a connection without TLS itself.
func socket(conn net.Conn) net.Conn {
	if over, ok := conn.(interface{ NetConn() net.Conn }); ok {
		return over.NetConn()
	}
	return conn
}

// limitedListener lets in what connections has room for.
type limitedListener struct {
	net.Listener
	conns *connections
}

func (l limitedListener) Accept() (net.Conn, error) {
	for {
		conn, err := l.Listener.Accept()
		if errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE) {
			l.conns.closeOne(netip.Prefix{}) // net/http waits a little and tries again
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

// admit notes a new connection, and closes an idle one for it if there are too many. It reports whether
// there is room.
func (c *connections) admit(conn net.Conn) bool {
	address := c.addressOf(conn)
	c.mu.Lock()
	crowded := address.IsValid() && c.perAddress[address] >= c.maxPerAddress
	full := len(c.open) >= c.max
	c.mu.Unlock()
	// Accept is called by one goroutine, so that no other connection comes in between.
	if crowded && !c.closeOne(address) || full && !crowded && !c.closeOne(netip.Prefix{}) {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.refused++
		c.tell()
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

// addressOf is what a connection counts for; the zero value for those that are only bounded in all.
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

// tell logs what was closed and refused, once a minute at most. The caller must hold mu.
func (c *connections) tell() {
	if time.Since(c.toldAt) < time.Minute {
		return
	}
	c.log.Warn("too many connections: idle ones are closed for new ones", "open", len(c.open),
		"closed", c.closed, "refused", c.refused, "max", c.max, "max_per_address", c.maxPerAddress)
	c.closed, c.refused, c.toldAt = 0, 0, time.Now()
}

// forget takes a connection off the list. The caller must hold mu.
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
		return // closed for another one
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

// serveHTTP2 notes that a connection carries HTTP/2.
func (c *connections) serveHTTP2(conn *goAwayConn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if one := c.open[socket(conn)]; one != nil {
		one.http2 = conn
		conn.wanted.Store(c.goingAway)
	}
}

// goAway sends a GOAWAY frame on each HTTP/2 connection that has not had one; if all is set, on those to
// come too. It does not wait.
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

// count returns how many connections of HTTP/2 are open, and how many of HTTP/1.1 carry a request or have
// not carried one yet.
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

// closeSilent closes the connections that have not sent a whole request in so much time. It returns how
// many.
func (c *connections) closeSilent(after time.Duration) (closed int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, one := range c.open {
		if one.state == http.StateNew && one.http2 == nil && time.Since(one.since) > after {
			c.forget(one)
			_ = one.conn.Close()
			closed++
		}
	}
	return closed
}
