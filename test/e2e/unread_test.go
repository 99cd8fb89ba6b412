package e2e

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"customer-events/internal/app"
	"customer-events/internal/store/storetest"
	"customer-events/test/apitest"
)

// mustServeOthers makes the calls of another client during an attack: a login, a small call and one with a
// large body. Each must be answered with 200 within MaxLatency.
func mustServeOthers(t *testing.T, s *apitest.Server, what string) {
	t.Helper()
	large := apitest.Events(600)
	for i := range large {
		large[i]["description"] = strings.Repeat("d", 4000)
	}
	const create = `mutation create($input: CreateWebCustomerEventsInput!) { ` +
		`createWebCustomerEvents(input: $input) { summary { processed } } }`
	for name, call := range map[string]func() apitest.Response{
		"login": func() apitest.Response {
			return s.PostBody(t, strings.NewReader(fmt.Sprintf(demoLogin, app.DemoPassword)))
		},
		"small call": func() apitest.Response {
			return s.Post(t, create, apitest.CreateInput(apitest.Events(1)))
		},
		"large call": func() apitest.Response {
			return s.Post(t, create, apitest.CreateInput(large))
		},
	} {
		start := time.Now()
		a := call()
		took := time.Since(start)
		t.Logf("%s: %s in %s", what, name, took)
		if a.Status != http.StatusOK || len(a.Errors) > 0 || took > apitest.MaxLatency {
			t.Errorf("%s: %s: %d in %s: %.300s", what, name, a.Status, took, a.Text)
		}
	}
}

// paddedQuery returns a body of n bytes with a query that gives many errors.
func paddedQuery(n int) string {
	query := "{" + strings.Repeat(" nonsense", 300) + " }"
	head := `{"query":` + jsonText(query) + `,"extensions":{"x":"`
	return head + strings.Repeat("x", n-len(head)-3) + `"}}`
}

// bulkCall returns a call of n events with long descriptions, which the query selects three times.
func bulkCall(n int) string {
	events := apitest.Events(n)
	for i := range events {
		events[i]["description"] = strings.Repeat("d", 4000)
	}
	body, _ := json.Marshal(apitest.Object{
		"query": `mutation($input: CreateWebCustomerEventsInput!) {
			createWebCustomerEvents(input: $input) {
		processedCustomerEventsSet { id event { description a: description b: description } } } }`,
		"variables": apitest.CreateInput(events),
	})
	return string(body)
}

// webBulkCall returns a call of the Web API with n invalid events, so that the response describes each.
func webBulkCall(n int, token string) string {
	row := `{"request_unique_identifier":"1","website":"` + strings.Repeat("w", 4000) + `"}`
	return `{"token":"` + token + `","web_customer_events_set":[` + strings.Repeat(row+",", n-1) + row + `]}`
}

// TestUnreadResponses_HTTP2 opens streams with a window of 0, which cannot read their responses. No other
// client waits for them, and the server resets them within seconds.
func TestUnreadResponses_HTTP2(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("long: it waits for a stalled write to be aborted")
	}
	s, config := demoWithTLS(t, storetest.SQLite(t))
	for _, c := range []struct{ name, method, path, body string }{
		{"GraphQL without a token", http.MethodPost, "/graphql", paddedQuery(2_080_000)},
		{"GraphQL with a token", http.MethodPost, "/graphql", bulkCall(480)},
		{
			"the Web API", http.MethodPost, "/crmapi/rest/v2/customer_events/bulk/web/create",
			webBulkCall(480, s.Token),
		},
		{"the schema", http.MethodGet, "/schema.graphql", ""},
		{"a page", http.MethodGet, "/", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			conn := dialHTTP2(t, s, config, 0)
			headers := []string{}
			if strings.HasPrefix(c.name, "GraphQL with ") {
				headers = []string{"authorization", "Bearer " + s.Token}
			}
			const streams = 13
			for i := range uint32(streams) {
				if err := conn.send(2*i+1, c.method, c.path, c.body, true, headers...); err != nil {
					t.Fatal(err)
				}
			}
			if !conn.until(20*time.Second, func() bool {
				return len(conn.status)+
					len(conn.reset) >= streams
			}) {
				t.Fatalf("%d of %d streams are answered", len(conn.status), streams)
			}
			start := time.Now()
			mustServeOthers(t, s, c.name)
			if !conn.until(app.WriteStall+5*time.Second-time.Since(start),
				func() bool { return len(conn.reset) == streams }) {
				t.Errorf("%d of %d streams are reset %s after their responses", len(conn.reset), streams,
					time.Since(start))
			}
		})
	}
}

// TestUnreadResponses_HTTP1 sends calls with a token over HTTP/1.1 and does not read the responses.
func TestUnreadResponses_HTTP1(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("long: it waits for a stalled write to be aborted")
	}
	s := apitest.ServeDemo(t, storetest.SQLite(t))
	for _, c := range []struct {
		name        string
		connections int
		body        string
	}{
		{"13 connections", 13, bulkCall(480)},
		{"one large call that selects event", 1, bulkCall(700)},
	} {
		t.Run(c.name, func(t *testing.T) {
			conns := make([]net.Conn, c.connections)
			for i := range conns {
				conns[i] = sendUnread(t, s, c.body)
			}
			time.Sleep(2 * time.Second) // until the server has responded
			mustServeOthers(t, s, c.name)
			time.Sleep(app.WriteStall + time.Second)
			for _, conn := range conns {
				_ = conn.SetReadDeadline(time.Now().Add(2 * time.Second))
				_, err := io.Copy(io.Discard, conn)
				if timeout, ok := err.(net.Error); err == nil || ok && timeout.Timeout() {
					t.Errorf("a connection that is not read is not reset: %v", err)
				}
			}
		})
	}
	if n := strings.Count(s.Log.String(), `"response":"aborted`); n < 10 {
		t.Errorf("the log names %d aborted responses", n)
	}
}

// sendUnread sends a call and does not read the response.
func sendUnread(t *testing.T, s *apitest.Server, body string) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(s.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	_ = conn.(*net.TCPConn).SetReadBuffer(4096)
	if _, err := fmt.Fprintf(conn, "POST /graphql HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer "+
		"%s\r\nContent-Type: application/json\r\n"+
		"Content-Length: %d\r\n\r\n%s", s.Token, len(body), body); err != nil {
		t.Fatal(err)
	}
	return conn
}

func jsonText(text string) string {
	quoted, err := json.Marshal(text)
	if err != nil {
		panic(err)
	}
	return string(quoted)
}
