package e2e

import (
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"customer-events/internal/store/storetest"
)

// TestShutdown_SlowHTTP2Clients is the same over HTTP/2, where other requests of the connection continue.
func TestShutdown_SlowHTTP2Clients(t *testing.T) {
	t.Parallel()
	s, config := demoWithTLS(t, storetest.SQLite(t), "--drain", "1s")
	conn := dialHTTP2(t, s, config, 65535)
	for _, id := range []uint32{1, 3} {
		if err := conn.send(id, http.MethodPost, "/graphql", `{"query":`, false); err != nil {
			t.Fatal(err)
		}
	}
	go func() {
		for conn.sendData(1, new(" "), false) == nil {
			time.Sleep(200 * time.Millisecond)
		}
	}()
	time.Sleep(200 * time.Millisecond)
	start := time.Now()
	s.Stop(t)
	if took := time.Since(start); took > 6*time.Second {
		t.Errorf("the server exits after %s", took)
	}
	if !strings.Contains(s.Log.String(), `"anonymous_uploads":2`) {
		t.Errorf("the log: %s", s.Log.String())
	}
}

// TestShutdown_HTTP2LosesNothing checks that HTTP/2 clients that cannot send a body twice lose no call to
// a stopping server.
func TestShutdown_HTTP2LosesNothing(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("long: it makes several thousand calls")
	}
	var calls, servers atomic.Int64
	for range 3 {
		s, _ := demoWithTLS(t, storetest.SQLite(t), "--drain", "1s")
		servers.Add(1)
		var clients sync.WaitGroup
		for range 8 {
			client := &http.Client{
				Transport: s.Client.Transport.(*http.Transport).Clone(), Timeout: time.Minute,
			}
			for range 4 {
				clients.Go(func() {
					defer client.CloseIdleConnections()
					for {
						// The client cannot rewind a reader of an unknown type.
						body := &onceReader{Reader: strings.NewReader(
							`{"query":"{ limits { maxPageSize } }"}`)}
						request, err := http.NewRequestWithContext(t.Context(), http.MethodPost,
							s.URL+"/graphql", body)
						if err != nil {
							t.Error(err)
							return
						}
						request.Header.Set("Content-Type", "application/json")
						response, err := client.Do(request)
						var network *net.OpError
						if errors.As(err, &network) && !body.read.Load() {
							// nothing listens any more, or accepts the connections that waited in the socket
							return
						}
						if err != nil {
							t.Errorf("after %d calls: %v", calls.Load(), err)
							return
						}
						if _, err := io.Copy(io.Discard, response.Body); err != nil ||
							response.StatusCode != http.StatusOK || response.ProtoMajor != 2 {
							t.Errorf("%s %s, %v", response.Proto, response.Status, err)
						}
						_ = response.Body.Close()
						calls.Add(1)
					}
				})
			}
		}
		time.Sleep(500 * time.Millisecond)
		s.Stop(t)
		clients.Wait()
	}
	t.Logf("%d calls to %d servers", calls.Load(), servers.Load())
	if calls.Load() < 2000 {
		t.Errorf("%d calls only", calls.Load())
	}
}

// TestShutdown_HTTP2Announces expects a draining server to send GOAWAY once on each HTTP/2 connection, and
// still to answer there.
func TestShutdown_HTTP2Announces(t *testing.T) {
	t.Parallel()
	s, config := demoWithTLS(t, storetest.SQLite(t), "--drain", "3s")
	used, unused := dialHTTP2(t, s, config, 65535), dialHTTP2(t, s, config, 65535)
	get := func(conn *http2Conn, id uint32) {
		t.Helper()
		if err := conn.send(id, http.MethodGet, "/healthz", "", true); err != nil {
			t.Fatal(err)
		}
		if !conn.until(5*time.Second, func() bool { return conn.status[id] != "" }) ||
			conn.status[id] != "200" {
			t.Errorf("stream %d: %q, %v", id, conn.status[id], conn.err)
		}
	}
	get(used, 1)
	time.Sleep(100 * time.Millisecond) // until the other connection is served
	s.Cancel()
	const all = 1<<31 - 1
	announced := func(conn *http2Conn) bool { return len(conn.goAways) == 1 && conn.goAways[0] == all }
	if !used.until(time.Second, func() bool { return announced(used) }) {
		t.Errorf("GOAWAY on a connection that is idle: %v", used.goAways)
	}
	if unused.until(200*time.Millisecond, func() bool { return len(unused.goAways) > 0 }) {
		t.Errorf("GOAWAY on a connection before its first request: %v", unused.goAways)
	}
	late := dialHTTP2(t, s, config, 65535)
	for id := uint32(3); id < 9; id += 2 {
		get(used, id)
		get(unused, id)
		get(late, id)
	}
	if !announced(used) || !unused.until(time.Second, func() bool { return announced(unused) }) ||
		len(late.goAways) > 0 {
		t.Errorf("GOAWAY: %v, %v, %v", used.goAways, unused.goAways, late.goAways)
	}
	if !late.until(5*time.Second, func() bool { return len(late.goAways) > 0 }) || late.goAways[0] != all {
		t.Errorf("GOAWAY after the drain: %v", late.goAways)
	}
	get(late, 9)
	s.Stop(t)
}

// onceReader is a reader that cannot be rewound.
type onceReader struct {
	io.Reader
	read atomic.Bool
}

func (r *onceReader) Read(p []byte) (int, error) {
	r.read.Store(true)
	return r.Reader.Read(p)
}
