package e2e

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"customer-events/internal/store/storetest"
	"customer-events/test/apitest"
)

// largeRequests are requests that the server answers before their body has arrived.
var largeRequests = []struct {
	name, path, contentType string
	status                  int
}{
	{"too large for GraphQL", "/graphql", "application/json", http.StatusRequestEntityTooLarge},
	{"too large for the Web API", "/crmapi/rest/v2/" + apitest.WebCreatePath, "application/json",
		http.StatusRequestEntityTooLarge},
	{"another media type", "/graphql", "application/xml", http.StatusUnsupportedMediaType},
	{"an unknown path", "/graphql/", "application/json", http.StatusNotFound},
	{"a path without bodies", "/healthz", "application/json", http.StatusMethodNotAllowed},
}

const (
	largeBody = 20 << 20
	postHead  = "POST /graphql HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
)

// TestLinger_HTTP1 checks that a client that reads the response only after it has sent a body that is too
// large does get the response.
func TestLinger_HTTP1(t *testing.T) {
	t.Parallel()
	s := apitest.ServeDemo(t, storetest.SQLite(t))
	body := strings.Repeat(" ", largeBody)
	for _, c := range largeRequests {
		for framing, send := range map[string]func(io.Writer) error{
			"Content-Length": func(to io.Writer) error {
				_, err := fmt.Fprintf(to, "Content-Length: %d\r\n\r\n%s", len(body), body)
				return err
			},
			"chunked": func(to io.Writer) error {
				_, err := fmt.Fprintf(to, "Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n",
					len(body), body)
				return err
			},
		} {
			t.Run(c.name+", "+framing, func(t *testing.T) {
				t.Parallel()
				conn := dialServer(t, s)
				_, err := fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: %s\r\n",
					c.path, c.contentType)
				if err == nil {
					err = send(conn)
				}
				if err != nil {
					t.Fatalf("the body cannot be sent: %v", err)
				}
				time.Sleep(100 * time.Millisecond) // a reset that follows the last byte must not come either
				response, err := http.ReadResponse(bufio.NewReader(conn), nil)
				if err != nil {
					t.Fatal(err)
				}
				defer response.Body.Close()
				text, err := io.ReadAll(response.Body)
				if err != nil || response.StatusCode != c.status || len(text) == 0 {
					t.Errorf("%d %s, %v", response.StatusCode, text, err)
				}
			})
		}
	}
}

func dialServer(t *testing.T, s *apitest.Server) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(s.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(30 * time.Second))
	return conn
}

// TestLinger_HTTP2 checks the same for HTTP/2, where the server would reset the stream.
func TestLinger_HTTP2(t *testing.T) {
	t.Parallel()
	s, config := demoWithTLS(t, storetest.SQLite(t))
	body := strings.Repeat(" ", largeBody)
	for _, c := range largeRequests {
		if c.contentType != "application/json" {
			continue // the client of this test sends JSON
		}
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			conn := dialHTTP2(t, s, config, 1<<20)
			if err := conn.send(1, http.MethodPost, c.path, body, true); err != nil {
				t.Fatal(err)
			}
			answered := conn.until(10*time.Second,
				func() bool { return conn.status[1] != "" && conn.data[1] > 0 })
			time.Sleep(100 * time.Millisecond)
			conn.mu.Lock()
			defer conn.mu.Unlock()
			if _, reset := conn.reset[1]; !answered || reset || conn.status[1] != fmt.Sprint(c.status) {
				t.Errorf("status %q, want %d; reset: %t", conn.status[1], c.status, reset)
			}
		})
	}
}

// TestLinger_EndsSoon checks that a client that never stops sending does not keep the connection, and that a
// client that waits for "100 Continue" is answered at once.
func TestLinger_EndsSoon(t *testing.T) {
	t.Parallel()
	s := apitest.ServeDemo(t, storetest.SQLite(t))
	t.Run("an endless body", func(t *testing.T) {
		t.Parallel()
		conn := dialServer(t, s)
		_, _ = fmt.Fprint(conn, postHead+
			"Content-Length: 1000000000000\r\n\r\n")
		start := time.Now()
		var err error
		for chunk := make([]byte, 1024); err == nil; time.Sleep(10 * time.Millisecond) {
			_, err = conn.Write(chunk)
		}
		if took := time.Since(start); took < 800*time.Millisecond || took > 5*time.Second {
			t.Errorf("the connection is closed after %s, want a little more than a second", took)
		}
	})
	t.Run("an announced body", func(t *testing.T) {
		t.Parallel()
		conn := dialServer(t, s)
		start := time.Now()
		_, _ = fmt.Fprint(conn, postHead+
			"Expect: 100-continue\r\nContent-Length: 20000000\r\n\r\n")
		response, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil || response.StatusCode != http.StatusRequestEntityTooLarge {
			t.Fatal(response, err)
		}
		_, err = io.ReadAll(response.Body)
		if took := time.Since(start); err != nil || took > 700*time.Millisecond {
			t.Errorf("the response took %s, %v", took, err)
		}
	})
}
