package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"customer-events/gate"
)

// programWith runs the program as a process of its own that may have so many files open, and returns its
// address.
func programWith(t *testing.T, files int, args ...string) (address string, out *buffer) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	out = new(buffer)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	args = append([]string{"-c", fmt.Sprintf(`ulimit -n %d; exec "$0" "$@"`, files), self, "--demo", "--listen", "127.0.0.1:0", "--drain", "0s"}, args...)
	process := exec.CommandContext(ctx, "/bin/sh", args...)
	process.Cancel = func() error { return process.Process.Signal(syscall.SIGTERM) }
	process.Dir, process.Stdout, process.Stderr = t.TempDir(), out, out
	process.Env = append(os.Environ(), "CRM_TEST_PROGRAM=yes")
	if err := process.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cancel(); _ = process.Wait() })
	for ctx.Err() == nil {
		if _, rest, listening := strings.Cut(out.String(), "GraphQL   http://"); listening {
			address, _, _ = strings.Cut(rest, "/graphql")
			return address, out
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("the program does not listen: %s", out)
	return "", nil
}

// However many connections are open and idle, silent or stuck, others are served: those are closed first.
func TestConnections_Exhausted(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		use  func(conn net.Conn)
		wait time.Duration
	}{
		{"idle", func(conn net.Conn) {
			_ = conn.SetDeadline(time.Now().Add(soon))
			_, _ = io.WriteString(conn, "GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
			if response, err := http.ReadResponse(bufio.NewReader(conn), nil); err == nil {
				_, _ = io.Copy(io.Discard, response.Body)
			}
		}, 0},
		{"silent", func(net.Conn) {}, silentGrace},
		{"in the header", func(conn net.Conn) { _, _ = io.WriteString(conn, "GET /healthz HTTP/1.1\r\nHost:") }, silentGrace},
		{"in the body", func(conn net.Conn) {
			_, _ = io.WriteString(conn, "POST /graphql HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{")
		}, uploadIdleAfter},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			address, out := programWith(t, 256)
			for range 300 {
				conn, err := net.Dial("tcp", address)
				if err != nil {
					t.Fatal(err)
				}
				defer conn.Close()
				c.use(conn)
			}
			time.Sleep(c.wait + 100*time.Millisecond)
			client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: soon}
			for range 10 {
				start := time.Now()
				response, err := client.Post("http://"+address+"/graphql", "application/json", strings.NewReader(fmt.Sprintf(demoLogin, "demo-password")))
				if err != nil {
					t.Fatalf("after %s: %v: %s", time.Since(start), err, out)
				}
				if _ = response.Body.Close(); response.StatusCode != http.StatusOK || time.Since(start) > soon {
					t.Errorf("%s in %s", response.Status, time.Since(start))
				}
			}
			if !strings.Contains(out.String(), "too many connections") || strings.Contains(out.String(), "too many open files") {
				t.Errorf("the log: %s", out)
			}
		})
	}
}

// Hundreds of local clients at once are served.
func TestConnections_ManyClients(t *testing.T) {
	t.Parallel()
	address, out := programWith(t, 1024)
	done := make(chan error, 500)
	for range cap(done) {
		go func() {
			client := &http.Client{Transport: &http.Transport{}, Timeout: time.Minute}
			for range 5 {
				response, err := client.Get("http://" + address + "/healthz")
				if err != nil {
					done <- err
					return
				}
				_, _ = io.Copy(io.Discard, response.Body)
				_ = response.Body.Close()
				time.Sleep(50 * time.Millisecond)
			}
			done <- nil
		}()
	}
	for range cap(done) {
		if err := <-done; err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
}

// addressed is a connection of an address.
type addressed struct {
	net.Conn
	at     string
	closed bool
}

func (a *addressed) RemoteAddr() net.Addr {
	return net.TCPAddrFromAddrPort(netip.MustParseAddrPort(a.at))
}

func (a *addressed) Close() error { a.closed = true; return nil }

func TestConnections_Bounds(t *testing.T) {
	t.Parallel()
	proxies, err := gate.ParseProxies("10.0.0.0/8")
	if err != nil {
		t.Fatal(err)
	}
	c := newConnections(32, proxies, newUploads(nil), slog.New(slog.DiscardHandler)) // 16, and 12 for each address
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
		t.Errorf("a /64 has %d connections that work", n)
	}
	if n := open(other, 8, http.StateActive); n != 4 {
		t.Errorf("%d more have room", n)
	}
	c.note(conns[0], http.StateIdle)
	c.note(conns[13], http.StateIdle)
	if n := open(other, 1, http.StateActive); n != 1 || closed(one) != 1 || closed(other) != 0 {
		t.Errorf("an idle connection of the address with the most is closed first: %d, %d, %d", n, closed(one), closed(other))
	}
	if n := open(proxy, 3, http.StateIdle); n != 3 || closed(proxy) != 2 {
		t.Errorf("idle ones make room: %d, %d", n, closed(proxy))
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

// exhausted is a listener of a process that has no file left.
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

// Without a file left an idle connection is closed, and the error is one that net/http waits for and tries
// again.
func TestLimitedListener_NoFiles(t *testing.T) {
	t.Parallel()
	c := newConnections(0, nil, newUploads(nil), slog.New(slog.DiscardHandler))
	if c.max != maxConnections {
		t.Errorf("where no bound is known: %d", c.max)
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
