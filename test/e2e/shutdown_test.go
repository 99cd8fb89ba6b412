package e2e

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"customer-events/internal/store/storetest"
	"customer-events/test/apitest"
)

// dripText sends text byte by byte until the server closes the connection. It reads nothing.
func dripText(conn net.Conn, text string) {
	for i := range text {
		if _, err := conn.Write([]byte{text[i]}); err != nil {
			return
		}
		time.Sleep(200 * time.Millisecond)
	}
}

// TestShutdown_SlowClients checks that clients that send slowly, or nothing at all, do not delay a
// stopping server. The log counts the connections that it cuts.
func TestShutdown_SlowClients(t *testing.T) {
	t.Parallel()
	const head = "POST %s HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nAuthorization: " +
		"Bearer %s\r\nContent-Length: 5000\r\n\r\n"
	slow := strings.Repeat(" ", 5000)
	for _, c := range []struct {
		name   string
		send   func(s *apitest.Server, conn net.Conn)
		within time.Duration // after the drain
		logged string
	}{
		{
			"a body without a token", func(_ *apitest.Server, conn net.Conn) {
				fmt.Fprintf(conn, head, "/graphql", "")
				dripText(conn, slow)
			}, 4 * time.Second, `"anonymous_uploads":1`,
		},
		{
			"a body with a token that is not valid", func(_ *apitest.Server,
				conn net.Conn) {
				fmt.Fprintf(conn, head, "/graphql", "x")
				dripText(conn, slow)
			}, 4 * time.Second, `"anonymous_uploads":1`,
		},
		{"a body of the Web API", func(_ *apitest.Server, conn net.Conn) {
			fmt.Fprintf(conn, head, "/crmapi/rest/v2/customer_events/bulk/web/create", "")
			dripText(conn, slow)
		}, 4 * time.Second, `"anonymous_uploads":1`},
		{"a body with a valid token", func(s *apitest.Server, conn net.Conn) {
			fmt.Fprintf(conn, head, "/graphql", s.Token)
			dripText(conn, slow)
		}, 8 * time.Second, `"slow_uploads":1`},
		{
			"a body that stops, with a valid token", func(s *apitest.Server,
				conn net.Conn) {
				fmt.Fprintf(conn, head, "/graphql", s.Token)
			}, 8 * time.Second, `"slow_uploads":1`,
		},
		{
			"a body to a path that there is not", func(_ *apitest.Server, conn net.Conn) {
				fmt.Fprintf(conn, head, "/nothing", "")
				dripText(conn, slow)
			}, 8 * time.Second, "",
		},
		{
			"a header", func(_ *apitest.Server, conn net.Conn) {
				dripText(conn, "POST /graphql HTTP/1.1\r\nX: "+slow)
			}, 5 * time.Second, `"silent_connections":1`,
		},
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
			s.Stop(t) // expects exit status 0
			if took := time.Since(start); took < time.Second || took > time.Second+c.within {
				t.Errorf("the server exits after %s", took)
			}
			if !strings.Contains(s.Log.String(), c.logged) {
				t.Errorf("the log has no %s: %s", c.logged, s.Log.String())
			}
		})
	}
}

// TestShutdown_UploadIsFinished expects the server to wait for a steady upload with a valid token.
func TestShutdown_UploadIsFinished(t *testing.T) {
	t.Parallel()
	s := apitest.ServeDemo(t, storetest.SQLite(t))
	// The client sends the body once the server asks for it: when half of it is written, the server is
	// reading it.
	s.Client.Transport.(*http.Transport).ExpectContinueTimeout = time.Minute
	reader, writer := io.Pipe()
	result := make(chan apitest.Response, 1)
	go func() {
		defer close(result)
		result <- s.PostBody(t, reader, "Expect", "100-continue")
	}()
	body := `{"query":"{ limits { maxPageSize } }","extensions":{"x":"` + strings.Repeat("x", 200<<10) +
		`"}}`
	half := len(body) / 2
	_, _ = io.WriteString(writer, body[:half])
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

// TestShutdown_Signals runs the program as a process of its own and stops it with signals.
func TestShutdown_Signals(t *testing.T) {
	t.Parallel()
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
			process := apitest.ShellProcess(ctx, t, c.before+`exec "$0" "$@"`,
				"--demo", "--listen", "127.0.0.1:0", "--drain", "1s")
			process.Stdout, process.Stderr = &out, &out
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
					t.Errorf("the program is stopping: %s", &out)
				}
				_ = process.Process.Signal(syscall.SIGTERM)
			}
			if err := process.Wait(); err != nil || !strings.Contains(out.String(), `"stopped"`) {
				t.Errorf("%v: %s", err, &out)
			}
		})
	}
}
