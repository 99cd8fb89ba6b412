package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"customer-events/internal/app"
	"customer-events/test/apitest"
)

// sendProxy forwards between a sender and the server, so that a test can act between a call and its
// response.
type sendProxy struct {
	*httptest.Server
	to atomic.Pointer[url.URL]
	// call handles each call of events by its number from 1. It decides whether to forward the call.
	mu    sync.Mutex
	calls int
	call  func(number int, w http.ResponseWriter, r *http.Request, forward http.Handler)
}

func proxyTo(t *testing.T, s *apitest.Server) *sendProxy {
	t.Helper()
	g := &sendProxy{}
	g.forwardTo(t, s)
	forward := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(g.to.Load()) },
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) {
			w.WriteHeader(http.StatusBadGateway)
		},
	}
	g.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Idempotency-Key") == "" {
			forward.ServeHTTP(w, r)
			return
		}
		g.mu.Lock()
		g.calls++
		number, call := g.calls, g.call
		g.mu.Unlock()
		if call == nil {
			forward.ServeHTTP(w, r)
			return
		}
		call(number, w, r, forward)
	}))
	t.Cleanup(g.Close)
	return g
}

// forwardTo forwards to a server from now on.
func (g *sendProxy) forwardTo(t *testing.T, s *apitest.Server) {
	t.Helper()
	to, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	g.to.Store(to)
}

// onCall sets the handler of calls, and restarts their numbers.
func (g *sendProxy) onCall(call func(number int, w http.ResponseWriter, r *http.Request,
	forward http.Handler)) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.calls, g.call = 0, call
}

// sendArgs returns the command line that sends a file as the demo user.
func sendArgs(url, file string) []string {
	return []string{"send", file, "--server", url + "/graphql", "--username", app.DemoUser}
}

func sendCommand(t *testing.T, url, file string) (exit int, stdout, stderr string) {
	t.Helper()
	return apitest.Command(t, app.DemoPassword+"\n", sendArgs(url, file)...)
}

// sendableFile writes a file of n events marked 0 to n-1. Every hundredth names an account that does not
// exist. change may set more fields.
func sendableFile(t *testing.T, n int, change func(i int, e apitest.Object)) string {
	t.Helper()
	var text bytes.Buffer
	for i := range n {
		e := apitest.Event("", apitest.Object{
			"requestUniqueIdentifier": nil, apitest.MarkField: fmt.Sprint(i),
		})
		if isInvalid(i) {
			e["accountsReceivableIdentifier"] = apitest.Object{"number": "ACR00045000"}
		}
		if change != nil {
			change(i, e)
		}
		if err := json.NewEncoder(&text).Encode(e); err != nil {
			t.Fatal(err)
		}
	}
	return tempFile(t, "events.ndjson", text.Bytes())
}

func isInvalid(i int) bool { return i%100 == 37 }

func tempFile(t *testing.T, name string, text []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// rejectedLine is a line of FILE.rejected.ndjson.
type rejectedLine struct {
	Line                        int
	ErrorCode, ErrorDescription string
	Event                       map[string]any
}

func rejectedOf(t *testing.T, file string) (lines []rejectedLine) {
	t.Helper()
	text, err := os.ReadFile(file + ".rejected.ndjson")
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(strings.TrimSuffix(string(text), "\n"), "\n") {
		var l rejectedLine
		if err := json.Unmarshal([]byte(line), &l); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		lines = append(lines, l)
	}
	return lines
}

// mustBeSentOnce checks that the events of a sendable file are stored exactly once each, and that the
// rejected file has the invalid ones in order.
func mustBeSentOnce(t *testing.T, s *apitest.Server, file string, n int) {
	t.Helper()
	counts := s.CountStored(t)
	var want []int
	for i := range n {
		times := 1
		if isInvalid(i) {
			times = 0
			want = append(want, i+1)
		}
		if counts[fmt.Sprint(i)] != times {
			t.Errorf("event %d is stored %d times, not %d", i, counts[fmt.Sprint(i)], times)
		}
		delete(counts, fmt.Sprint(i))
	}
	if len(counts) > 0 {
		t.Errorf("beside them there are %v", counts)
	}
	var got []int
	for _, line := range rejectedOf(t, file) {
		got = append(got, line.Line)
		if line.ErrorCode != "NotFoundAPIValueException" ||
			line.Event[apitest.MarkField] != fmt.Sprint(line.Line-1) {
			t.Errorf("rejected: %+v", line)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the lines of the rejected file (-want +got):\n%s", diff)
	}
}

// sendProcess starts a sender as a process of its own.
func sendProcess(t *testing.T, url, file string) *exec.Cmd {
	t.Helper()
	process := apitest.Process(t.Context(), t, sendArgs(url, file)...)
	process.Stdin = strings.NewReader(app.DemoPassword)
	if err := process.Start(); err != nil {
		t.Fatal(err)
	}
	return process
}

// backdate changes the file's state as if calls had been in flight for this long.
func backdate(t *testing.T, file string, age time.Duration) {
	t.Helper()
	text, err := os.ReadFile(file + ".sent")
	if err != nil {
		t.Fatal(err)
	}
	var state apitest.Object
	if err := json.Unmarshal(text, &state); err != nil {
		t.Fatal(err)
	}
	if state["underWaySince"] == nil {
		t.Fatalf("nothing was under way: %s", text)
	}
	state["underWaySince"] = time.Now().Add(-age)
	if text, err = json.Marshal(state); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file+".sent", text, 0o600); err != nil {
		t.Fatal(err)
	}
}
