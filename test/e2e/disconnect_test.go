package e2e

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"customer-events/internal/crmapi"
	"customer-events/internal/store/storetest"
	"customer-events/test/apitest"
)

// disconnectCase is a way to call each protocol.
type disconnectCase struct{ protocol, path, body, operation string }

// disconnectCases returns one bulk call for each protocol, with n events of two KB each.
func disconnectCases(n int) []disconnectCase {
	description := strings.Repeat("d", 2000)
	events, rows := apitest.Events(n), make([]string, n)
	for i := range n {
		events[i]["description"] = description
		rows[i] = apitest.WebEvent(fmt.Sprint("r", i)) + `,"description":"` + description + `"}`
	}
	graphQL, _ := json.Marshal(map[string]any{
		"query": apitest.CreateQuery, "variables": apitest.CreateInput(events),
	})
	webAPI := `{"web_customer_events_set":[` + strings.Join(rows, ",") + `]}`
	return []disconnectCase{
		{"graphql", "/graphql", string(graphQL), "createWebCustomerEvents"},
		{"webapi", crmapi.Prefix + apitest.WebCreatePath, webAPI, apitest.WebCreatePath},
	}
}

// send sends the beginning of a request over a connection of its own.
func (c disconnectCase) send(t *testing.T, s *apitest.Server, bytes int) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(s.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	_, err = fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %s\r\n"+
		"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
		c.path, s.Token, len(c.body), c.body[:bytes])
	if err != nil {
		t.Fatal(err)
	}
	return conn
}

// lockSQLite keeps the server from writing until the returned function is called.
func lockSQLite(t *testing.T, database string) (unlock func()) {
	t.Helper()
	db, err := sql.Open("sqlite", strings.TrimPrefix(database, "sqlite:"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	conn, err := db.Conn(t.Context())
	if err == nil {
		_, err = conn.ExecContext(t.Context(), "BEGIN IMMEDIATE")
	}
	if err != nil {
		t.Fatal(err)
	}
	return func() { _, _ = conn.ExecContext(context.WithoutCancel(t.Context()), "ROLLBACK") }
}

// mustCountDisconnects waits until so many requests of a protocol are counted as CLIENT_CLOSED_REQUEST, and
// checks that neither the metrics nor the log blame the server.
func mustCountDisconnects(t *testing.T, s *apitest.Server, c disconnectCase, want int) {
	t.Helper()
	closed := regexp.MustCompile(`customer_events_` + c.protocol +
		`_requests_total\{code="CLIENT_CLOSED_REQUEST",operation="[^"]+",status="499"\} (\d+)\n`)
	var text []byte
	got := 0
	for deadline := time.Now().Add(40 * time.Second); got < want && time.Now().Before(deadline); {
		time.Sleep(50 * time.Millisecond)
		_, _, text = s.Do(t, http.MethodGet, "/metrics", nil)
		got = 0
		for _, match := range closed.FindAllSubmatch(text, -1) {
			n, _ := strconv.Atoi(string(match[1]))
			got += n
		}
	}
	if got != want {
		t.Errorf("%d requests of %s are counted as closed by their client, want %d:\n%s", got, c.protocol, want,
			strings.Join(regexp.MustCompile(`.*_requests_total.*`).FindAllString(string(text), -1), "\n"))
	}
	if found := regexp.MustCompile(`.*code="(?:UNAVAILABLE|INTERNAL_SERVER_ERROR|BAD_REQUEST)".* [1-9].*`).
		FindString(string(text)); found != "" {
		t.Errorf("counted as %s", found)
	}
	log := s.Log.String()
	if !strings.Contains(log, `"status":499`) || !strings.Contains(log, `"code":"CLIENT_CLOSED_REQUEST"`) {
		t.Errorf("the log has no line of the request: %s", log)
	}
	if strings.Contains(log, `"level":"ERROR"`) || strings.Contains(log, "a call was not let through") {
		t.Errorf("the log blames the server: %s", log)
	}
}

func TestDisconnect_WhileBodyIsRead(t *testing.T) {
	t.Parallel()
	for _, c := range disconnectCases(3) {
		for name, end := range map[string]func(*testing.T, net.Conn){
			"closed": func(_ *testing.T, conn net.Conn) { _ = conn.Close() },
			"reset": func(_ *testing.T, conn net.Conn) {
				_ = conn.(*net.TCPConn).SetLinger(0)
				_ = conn.Close()
			},
			"half closed": func(_ *testing.T, conn net.Conn) { _ = conn.(*net.TCPConn).CloseWrite() },
		} {
			t.Run(c.protocol+"/"+name, func(t *testing.T) {
				t.Parallel()
				s := apitest.ServeDemo(t, storetest.SQLite(t))
				conn := c.send(t, s, len(c.body)/2)
				defer conn.Close()
				time.Sleep(100 * time.Millisecond) // so that the server reads the body
				end(t, conn)
				mustCountDisconnects(t, s, c, 1)
			})
		}
	}
}

// A body that is not well-formed is the client's mistake, not a disconnect.
func TestDisconnect_MalformedChunk(t *testing.T) {
	t.Parallel()
	s := apitest.ServeDemo(t, storetest.SQLite(t))
	conn, err := net.Dial("tcp", strings.TrimPrefix(s.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_, _ = io.WriteString(conn, "POST /graphql HTTP/1.1\r\nHost: localhost\r\n"+
		"Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"que\r\nnot a length\r\n")
	_ = conn.SetReadDeadline(time.Now().Add(10 * time.Second))
	answer := make([]byte, 12)
	if _, err := io.ReadFull(conn, answer); err != nil || !strings.HasSuffix(string(answer), "400") {
		t.Errorf("%s (%v)", answer, err)
	}
}

// Large calls need a slot. Those that have one wait for the database, and one more waits for admission.
func TestDisconnect_WhileWaiting(t *testing.T) {
	t.Parallel()
	for _, c := range disconnectCases(1000) { // beyond 2 MiB, which needs a slot
		t.Run(c.protocol, func(t *testing.T) {
			t.Parallel()
			database := storetest.SQLite(t)
			s := apitest.ServeDemo(t, database)
			unlock := lockSQLite(t, database)
			defer unlock()
			var conns []net.Conn
			for range max(1, runtime.NumCPU()/2) + 1 {
				conns = append(conns, c.send(t, s, len(c.body)))
			}
			time.Sleep(time.Second) // until they wait, but less than admission does
			for _, conn := range conns {
				_ = conn.Close()
			}
			mustCountDisconnects(t, s, c, len(conns))
		})
	}
}

// On SQLite the call waits for the right to write, on MariaDB for the look-up of its references.
func TestDisconnect_WhileProcessed(t *testing.T) {
	t.Parallel()
	for engine, open := range apitest.Engines {
		for _, c := range disconnectCases(3) {
			t.Run(engine+"/"+c.protocol, func(t *testing.T) {
				t.Parallel()
				database := open(t)
				s := apitest.ServeDemo(t, database)
				lock := lockSQLite
				if engine != "SQLite" {
					lock = lockUnits
				}
				unlock := lock(t, database)
				conn := c.send(t, s, len(c.body))
				time.Sleep(300 * time.Millisecond)
				_ = conn.Close()
				time.Sleep(300 * time.Millisecond) // so that the server notices before it could go on
				unlock()
				mustCountDisconnects(t, s, c, 1)
			})
		}
	}
}

// lockUnits keeps the server from reading units until the returned function is called.
func lockUnits(t *testing.T, database string) (unlock func()) {
	t.Helper()
	account, rest, _ := strings.Cut(strings.TrimPrefix(database, "mysql://"), "@")
	host, name, _ := strings.Cut(rest, "/")
	db, err := sql.Open("mysql", account+"@tcp("+host+")/"+name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	if _, err := db.ExecContext(t.Context(), "LOCK TABLES units WRITE"); err != nil {
		t.Fatal(err)
	}
	return func() { _ = db.Close() }
}

// Over HTTP/2 a client ends a request by resetting its stream.
func TestDisconnect_HTTP2(t *testing.T) {
	t.Parallel()
	for _, c := range disconnectCases(3) {
		t.Run(c.protocol, func(t *testing.T) {
			t.Parallel()
			database := storetest.SQLite(t)
			s, _ := demoWithTLS(t, database)
			half, more := io.Pipe()
			defer more.Close()
			go func() { _, _ = io.WriteString(more, c.body[:len(c.body)/2]) }()
			unlock := lockSQLite(t, database)
			defer unlock()
			for _, body := range []io.Reader{half, bytes.NewReader([]byte(c.body))} {
				ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
				request, err := http.NewRequestWithContext(ctx, http.MethodPost, s.URL+c.path, body)
				if err != nil {
					t.Fatal(err)
				}
				request.Header.Set("Authorization", "Bearer "+s.Token)
				request.Header.Set("Content-Type", "application/json")
				if response, err := s.Client.Do(request); err == nil {
					_ = response.Body.Close()
					t.Errorf("there is an answer with status %d", response.StatusCode)
				}
				cancel()
			}
			for start := time.Now(); time.Since(start) < 30*time.Second; time.Sleep(50 * time.Millisecond) {
				if strings.Count(s.Log.String(), `"status":499`) == 2 {
					break
				}
			}
			if n := strings.Count(s.Log.String(), `"code":"CLIENT_CLOSED_REQUEST"`); n != 2 {
				t.Errorf("%d requests are logged as closed by their client, want 2:\n%s", n, s.Log.String())
			}
		})
	}
}
