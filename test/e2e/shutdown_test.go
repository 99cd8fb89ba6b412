package e2e

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"customer-events/internal/store/storetest"
	"customer-events/test/apitest"
)

// dripText sends text a byte at a time until the server closes the connection. Nobody reads it.
func dripText(conn net.Conn, text string) {
	for i := range text {
		if _, err := conn.Write([]byte{text[i]}); err != nil {
			return
		}
		time.Sleep(200 * time.Millisecond)
	}
}

// A client that sends slowly, or nothing at all, does not hold up a server that is told to end. What is cut
// is logged.
func TestShutdown_SlowClients(t *testing.T) {
	t.Parallel()
	const head = "POST %s HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nAuthorization: Bearer %s\r\nContent-Length: 5000\r\n\r\n"
	slow := strings.Repeat(" ", 5000)
	for _, c := range []struct {
		name   string
		send   func(s *apitest.Server, conn net.Conn)
		within time.Duration // after the drain
		logged string
	}{
		{"a body without a token", func(_ *apitest.Server, conn net.Conn) { fmt.Fprintf(conn, head, "/graphql", ""); dripText(conn, slow) }, 4 * time.Second, `"anonymous_uploads":1`},
		{"a body with a token that is not valid", func(_ *apitest.Server, conn net.Conn) { fmt.Fprintf(conn, head, "/graphql", "x"); dripText(conn, slow) }, 4 * time.Second, `"anonymous_uploads":1`},
		{"a body of the Web API", func(_ *apitest.Server, conn net.Conn) {
			fmt.Fprintf(conn, head, "/crmapi/rest/v2/customer_events/bulk/web/create", "")
			dripText(conn, slow)
		}, 4 * time.Second, `"anonymous_uploads":1`},
		{"a body with a valid token", func(s *apitest.Server, conn net.Conn) {
			fmt.Fprintf(conn, head, "/graphql", s.Token)
			dripText(conn, slow)
		}, 8 * time.Second, `"slow_uploads":1`},
		{"a body that stops, with a valid token", func(s *apitest.Server, conn net.Conn) { fmt.Fprintf(conn, head, "/graphql", s.Token) }, 8 * time.Second, `"slow_uploads":1`},
		{"a body to a path that there is not", func(_ *apitest.Server, conn net.Conn) { fmt.Fprintf(conn, head, "/nothing", ""); dripText(conn, slow) }, 8 * time.Second, ""},
		{"a header", func(_ *apitest.Server, conn net.Conn) { dripText(conn, "POST /graphql HTTP/1.1\r\nX: "+slow) }, 5 * time.Second, `"silent_connections":1`},
		{"nothing", func(*apitest.Server, net.Conn) {}, 5 * time.Second, `"silent_connections":1`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := apitest.ServeDemo(t, storetest.SQLite(t), "--drain", "1s")
			conn, err := net.Dial("tcp", strings.TrimPrefix(s.URL, "http://"))
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			go c.send(s, conn)
			time.Sleep(500 * time.Millisecond)
			start := time.Now()
			s.Stop(t) // wants exit status 0
			if took := time.Since(start); took < time.Second || took > time.Second+c.within {
				t.Errorf("the server ends after %s", took)
			}
			if !strings.Contains(s.Log.String(), c.logged) {
				t.Errorf("the log has no %s: %s", c.logged, s.Log.String())
			}
		})
	}
}

// The same by HTTP/2, where other requests of the connection go on.
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
		t.Errorf("the server ends after %s", took)
	}
	if !strings.Contains(s.Log.String(), `"anonymous_uploads":2`) {
		t.Errorf("the log: %s", s.Log.String())
	}
}

// An upload with a valid token that goes on well is waited for.
func TestShutdown_UploadIsFinished(t *testing.T) {
	t.Parallel()
	s := apitest.ServeDemo(t, storetest.SQLite(t))
	reader, writer := io.Pipe()
	result := make(chan apitest.Response, 1)
	go func() { result <- s.PostBody(t, reader) }()
	body := `{"query":"{ limits { maxPageSize } }","extensions":{"x":"` + strings.Repeat("x", 200<<10) + `"}}`
	half := len(body) / 2
	_, _ = io.WriteString(writer, body[:half])
	time.Sleep(200 * time.Millisecond) // until it has begun
	s.Cancel()
	for start := half; start < len(body); start += 4 << 10 {
		time.Sleep(80 * time.Millisecond) // 50 kB/s
		if _, err := io.WriteString(writer, body[start:min(len(body), start+4<<10)]); err != nil {
			t.Fatal(err)
		}
	}
	_ = writer.Close()
	if a := <-result; a.Status != http.StatusOK || len(a.Errors) > 0 {
		t.Errorf("%d %.300s", a.Status, a.Text)
	}
	s.Stop(t)
}

// The program as a process of its own, which a signal tells to end.
func TestShutdown_Signals(t *testing.T) {
	t.Parallel()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name    string
		signals []os.Signal
		before  string
		drains  bool
	}{
		{"SIGTERM", []os.Signal{syscall.SIGTERM}, "", true},
		{"SIGHUP", []os.Signal{syscall.SIGHUP}, "", true},
		{"SIGHUP twice, as when a terminal closes", []os.Signal{syscall.SIGHUP, syscall.SIGHUP}, "", true},
		{"SIGTERM and SIGHUP, as systemd may send", []os.Signal{syscall.SIGTERM, syscall.SIGHUP}, "", true},
		{"SIGHUP under nohup", []os.Signal{syscall.SIGHUP}, "trap '' HUP; ", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var out apitest.Buffer
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			process := exec.CommandContext(ctx, "/bin/sh", "-c", c.before+`exec "$0" "$@"`, self, "--demo", "--listen", "127.0.0.1:0", "--drain", "1s")
			process.Dir, process.Stdout, process.Stderr = t.TempDir(), &out, &out
			process.Env = append(os.Environ(), "CRM_TEST_PROGRAM=yes")
			if err := process.Start(); err != nil {
				t.Fatal(err)
			}
			for !strings.Contains(out.String(), "GraphiQL") && ctx.Err() == nil {
				time.Sleep(10 * time.Millisecond)
			}
			for _, signal := range c.signals {
				_ = process.Process.Signal(signal)
				time.Sleep(100 * time.Millisecond)
			}
			if !c.drains {
				time.Sleep(time.Second)
				if strings.Contains(out.String(), "shutting down") {
					t.Errorf("the program ends: %s", &out)
				}
				_ = process.Process.Signal(syscall.SIGTERM)
			}
			if err := process.Wait(); err != nil || !strings.Contains(out.String(), `"stopped"`) {
				t.Errorf("%v: %s", err, &out)
			}
		})
	}
}

// HTTP/2 clients that cannot send a body twice lose no call to a server that is told to end.
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
			client := &http.Client{Transport: s.Client.Transport.(*http.Transport).Clone(), Timeout: time.Minute}
			for range 4 {
				clients.Go(func() {
					defer client.CloseIdleConnections()
					for {
						// A reader of no known kind cannot be read twice.
						body := &onceReader{Reader: strings.NewReader(`{"query":"{ limits { maxPageSize } }"}`)}
						request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL+"/graphql", body)
						if err != nil {
							t.Error(err)
							return
						}
						request.Header.Set("Content-Type", "application/json")
						response, err := client.Do(request)
						var network *net.OpError
						if errors.As(err, &network) && !body.read.Load() {
							return // nobody listens any more, or takes what waited in the socket
						}
						if err != nil {
							t.Errorf("after %d calls: %v", calls.Load(), err)
							return
						}
						if _, err := io.Copy(io.Discard, response.Body); err != nil || response.StatusCode != http.StatusOK || response.ProtoMajor != 2 {
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

// While it ends, a server announces that once on each HTTP/2 connection, and still answers there.
func TestShutdown_HTTP2Announces(t *testing.T) {
	t.Parallel()
	s, config := demoWithTLS(t, storetest.SQLite(t), "--drain", "3s")
	used, unused := dialHTTP2(t, s, config, 65535), dialHTTP2(t, s, config, 65535)
	get := func(conn *http2Conn, id uint32) {
		t.Helper()
		if err := conn.send(id, http.MethodGet, "/healthz", "", true); err != nil {
			t.Fatal(err)
		}
		if !conn.until(5*time.Second, func() bool { return conn.status[id] != "" }) || conn.status[id] != "200" {
			t.Errorf("stream %d: %q, %v", id, conn.status[id], conn.err)
		}
	}
	get(used, 1)
	time.Sleep(100 * time.Millisecond) // until the other one is served
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
	if !announced(used) || !unused.until(time.Second, func() bool { return announced(unused) }) || len(late.goAways) > 0 {
		t.Errorf("GOAWAY: %v, %v, %v", used.goAways, unused.goAways, late.goAways)
	}
	if !late.until(5*time.Second, func() bool { return len(late.goAways) > 0 }) || late.goAways[0] != all {
		t.Errorf("GOAWAY after the drain: %v", late.goAways)
	}
	get(late, 9)
	s.Stop(t)
}

// onceReader cannot be rewound.
type onceReader struct {
	io.Reader
	read atomic.Bool
}

func (r *onceReader) Read(p []byte) (int, error) {
	r.read.Store(true)
	return r.Reader.Read(p)
}
