package app

import (
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"syscall"
	"testing"

	"customer-events/internal/middleware"
)

// addressed is a connection with a given remote address.
type addressed struct {
	net.Conn
	at     string
	closed bool
}

func (a *addressed) RemoteAddr() net.Addr {
	return net.TCPAddrFromAddrPort(netip.MustParseAddrPort(a.at))
}

func (a *addressed) Close() error { a.closed = true; return nil }

// TestConnections_Bounds uses a process with 32 open files, which admits 16 connections, 12 for each address.
func TestConnections_Bounds(t *testing.T) {
	t.Parallel()
	proxies, err := middleware.ParseTrustedProxies("10.0.0.0/8")
	if err != nil {
		t.Fatal(err)
	}
	c := newConnections(32, proxies, newUploads(nil), slog.New(slog.DiscardHandler))
	if c.max != 16 || c.maxPerAddress != 12 {
		t.Fatalf("%d, %d", c.max, c.maxPerAddress)
	}
	var conns []*addressed
	open := func(at string, n int, state http.ConnState) (admitted int) {
		for range n {
			conn := &addressed{at: at}
			if c.admit(conn) {
				admitted++
				conns = append(conns, conn)
				c.note(conn, state)
			}
		}
		return admitted
	}
	closed := func(at string) (n int) {
		for _, conn := range conns {
			if conn.at == at && conn.closed {
				n++
			}
		}
		return n
	}
	const one, sameNetwork, other, proxy = "[2001:db8::1]:1", "[2001:db8::2]:1", "192.0.2.1:1", "10.1.2.3:1"
	if n := open(one, 8, http.StateActive) + open(sameNetwork, 8, http.StateActive); n != 12 {
		t.Errorf("a /64 has %d active connections", n)
	}
	if n := open(other, 8, http.StateActive); n != 4 {
		t.Errorf("%d connections of another address are admitted", n)
	}
	c.note(conns[0], http.StateIdle)
	c.note(conns[13], http.StateIdle)
	if n := open(other, 1, http.StateActive); n != 1 || closed(one) != 1 || closed(other) != 0 {
		t.Errorf("admitted %d, closed %d of the address with the most connections and %d of another", n,
			closed(one), closed(other))
	}
	if n := open(proxy, 3, http.StateIdle); n != 3 || closed(proxy) != 2 {
		t.Errorf("of idle connections %d are admitted and %d closed", n, closed(proxy))
	}
	for _, conn := range conns {
		c.note(conn, http.StateClosed)
	}
	if len(c.open) != 0 || len(c.perAddress) != 0 {
		t.Errorf("%d, %v", len(c.open), c.perAddress)
	}
	if n := open(proxy, 20, http.StateActive); n != 16 {
		t.Errorf("a proxy has %d connections", n)
	}
}

// exhausted is a listener of a process that cannot open any more files.
type exhausted struct {
	net.Listener
	fails int
}

func (e *exhausted) Accept() (net.Conn, error) {
	if e.fails--; e.fails >= 0 {
		return nil, &net.OpError{Op: "accept", Err: os.NewSyscallError("accept4", syscall.EMFILE)}
	}
	return &addressed{at: "192.0.2.2:1"}, nil
}

// TestLimitedListener_NoFiles checks that an idle connection is closed when the process cannot open any more
// files, and that the error is temporary, so that net/http tries again.
func TestLimitedListener_NoFiles(t *testing.T) {
	t.Parallel()
	c := newConnections(0, nil, newUploads(nil), slog.New(slog.DiscardHandler))
	if c.max != maxConnections {
		t.Errorf("without a limit on open files: %d", c.max)
	}
	l := limitedListener{&exhausted{fails: 1}, c}
	idle := &addressed{at: "192.0.2.1:1"}
	c.admit(idle)
	c.note(idle, http.StateIdle)
	_, err := l.Accept()
	var network net.Error
	//lint:ignore SA1019 net/http asks the same
	if !errors.As(err, &network) || !network.Temporary() || !idle.closed {
		t.Errorf("%v, %t", err, idle.closed)
	}
	if _, err := l.Accept(); err != nil {
		t.Errorf("then: %v", err)
	}
}
