package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"customer-events/store/storetest"
)

// TestMain makes the test binary the program itself where a test runs it as a process of its own.
func TestMain(m *testing.M) {
	if os.Getenv("CRM_TEST_PROGRAM") != "" {
		main()
	}
	if url := os.Getenv("CRM_TEST_ATTACK"); url != "" {
		attackUntilInterrupted(url)
	}
	storetest.Run(m)
}

const testKey = "the tests' own secret key"

// buffer takes what the program writes, from several goroutines.
type buffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// command runs a command line to its end.
func command(t *testing.T, stdin string, args ...string) (exit int, stdout, stderr string) {
	t.Helper()
	var out, errs buffer
	exit = run(t.Context(), args, environment{stdin: strings.NewReader(stdin), stdout: &out, stderr: &errs, log: newLog(&errs)})
	return exit, out.String(), errs.String()
}

// mustCommand is command for those that must succeed.
func mustCommand(t *testing.T, stdin string, args ...string) string {
	t.Helper()
	exit, stdout, stderr := command(t, stdin, args...)
	if exit != 0 {
		t.Fatalf("%v ends with %d: %s", args, exit, stderr)
	}
	return stdout
}

// server is the whole program, serving.
type server struct {
	url, token  string
	log, stdout buffer
	client      *http.Client
	cancel      context.CancelFunc
	exit        chan int
	ended       bool
}

// serving starts the program and waits until it listens. It ends with the test.
func serving(t *testing.T, args ...string) *server {
	t.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	transport := &http.Transport{}
	s := &server{client: &http.Client{Transport: transport, Timeout: time.Minute}, cancel: cancel, exit: make(chan int, 1)}
	ready := make(chan net.Addr, 1)
	go func() {
		s.exit <- run(ctx, append([]string{"--listen", "127.0.0.1:0", "--drain", "0s"}, args...), environment{stdin: strings.NewReader(""), stdout: &s.stdout,
			stderr: &s.log, log: newLog(&s.log), ready: func(at net.Addr) { ready <- at }})
	}()
	select {
	case at := <-ready:
		s.url = "http://" + at.String()
	case exit := <-s.exit:
		cancel()
		t.Fatalf("the program ends with %d: %s", exit, s.log.String())
	case <-time.After(time.Minute):
		cancel()
		t.Fatalf("the program does not listen: %s", s.log.String())
	}
	t.Cleanup(func() { transport.CloseIdleConnections(); s.end(t) })
	return s
}

// end tells the program to end, and waits for it.
func (s *server) end(t *testing.T) {
	t.Helper()
	if s.ended {
		return
	}
	s.ended = true
	s.cancel()
	select {
	case exit := <-s.exit:
		if exit != 0 {
			t.Errorf("the program ends with %d: %s", exit, s.log.String())
		}
	case <-time.After(time.Minute):
		t.Error("the program does not end")
	}
}

// demoOn serves the demo data of a database, logged in.
func demoOn(t *testing.T, database string, args ...string) *server {
	t.Helper()
	s := serving(t, append([]string{"--demo", "--database", database, "--secret-key", testKey}, args...)...)
	s.token = s.login(t, demoUser, demoPassword)
	return s
}

// onBoth runs a test against the program on each engine, with demo data.
func onBoth(t *testing.T, test func(t *testing.T, s *server)) {
	t.Helper()
	for name, database := range map[string]func(testing.TB) string{"SQLite": storetest.SQLite, "MariaDB": storetest.MySQL} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, demoOn(t, database(t)))
		})
	}
}

// answer is an answer of the GraphQL endpoint.
type answer struct {
	Status int
	Header http.Header
	Text   string
	Data   map[string]json.RawMessage
	Errors []struct {
		Message    string
		Path       []any
		Extensions struct{ Code string }
	}
}

func (a answer) code() string {
	if len(a.Errors) == 0 {
		return ""
	}
	return a.Errors[0].Extensions.Code
}

// do sends a request with the headers given in pairs, and reads the whole answer.
func (s *server) do(t *testing.T, method, path string, body io.Reader, headers ...string) (status int, header http.Header, text []byte) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, s.url+path, body)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	response, err := s.client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err = io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, response.Header, text
}

// send posts a body with the server's token, and the headers given in pairs.
func (s *server) send(t *testing.T, body io.Reader, headers ...string) answer {
	t.Helper()
	all := []string{"Content-Type", "application/json"}
	if s.token != "" {
		all = append(all, "Authorization", "Bearer "+s.token)
	}
	status, header, text := s.do(t, http.MethodPost, "/graphql", body, append(all, headers...)...)
	a := answer{Status: status, Header: header, Text: string(text)}
	if err := json.Unmarshal(text, &a); err != nil {
		t.Fatalf("the answer is not JSON: %v: %s", err, text)
	}
	return a
}

// post sends a query with variables.
func (s *server) post(t *testing.T, query string, variables any, headers ...string) answer {
	t.Helper()
	body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	if err != nil {
		t.Fatal(err)
	}
	return s.send(t, bytes.NewReader(body), headers...)
}

// ask is post where errors are not expected; it reads one root field.
func ask[T any](t *testing.T, s *server, field, query string, variables any, headers ...string) (value T) {
	t.Helper()
	a := s.post(t, query, variables, headers...)
	if len(a.Errors) > 0 || a.Status != http.StatusOK {
		t.Fatalf("status %d: %.2000s", a.Status, a.Text)
	}
	if err := json.Unmarshal(a.Data[field], &value); err != nil {
		t.Fatalf("%s: %v: %.2000s", field, err, a.Text)
	}
	return value
}

func (s *server) login(t *testing.T, username, password string) string {
	t.Helper()
	login := ask[struct{ Token string }](t, s, "login", `mutation ($input: LoginInput!) { login(input: $input) { token expiresAt } }`,
		map[string]any{"input": map[string]any{"username": username, "password": password}})
	if login.Token == "" {
		t.Fatal("the login gives no token")
	}
	return login.Token
}

// object is a JSON object.
type object = map[string]any

type processed struct {
	RequestUniqueIdentifier, ID, Number string
	Replayed                            bool
	Index                               int
	Event                               object
}

type unprocessed struct {
	RequestUniqueIdentifier, ErrorCode, ErrorDescription string
	Index                                                int
	Problems                                             []struct {
		Path      []string
		ErrorCode string
	}
}

// outcome is the answer to the bulk mutation.
type outcome struct {
	ProcessedCustomerEventsSet   []processed
	UnprocessedCustomerEventsSet []unprocessed
	Summary                      struct{ Received, Processed, Replayed, Unprocessed int }
}

const createQuery = `mutation create($input: CreateWebCustomerEventsInput!) { createWebCustomerEvents(input: $input) {
	processedCustomerEventsSet { requestUniqueIdentifier id number replayed index }
	unprocessedCustomerEventsSet { requestUniqueIdentifier index errorCode errorDescription retryable problems { path errorCode errorDescription } }
	summary { received processed replayed unprocessed } } }`

func (s *server) create(t *testing.T, events []object, headers ...string) outcome {
	t.Helper()
	return ask[outcome](t, s, "createWebCustomerEvents", createQuery, object{"input": object{"webCustomerEventsSet": events}}, headers...)
}

// event is a good event with some fields changed; nil takes one out.
func event(request string, changes object) object {
	e := object{"requestUniqueIdentifier": request, "accountsReceivableIdentifier": object{"number": "ACR0000000020"},
		"performedByUnitIdentifier": object{"name": "Admin Unit"}, "performedOn": "2016-06-22T15:00:00", "website": "www.crm.com"}
	for field, value := range changes {
		if e[field] = value; value == nil {
			delete(e, field)
		}
	}
	return e
}

func manyEvents(n int) []object {
	events := make([]object, n)
	for i := range events {
		events[i] = event(fmt.Sprint("r", i), nil)
	}
	return events
}
