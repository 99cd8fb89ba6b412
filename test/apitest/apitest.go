// Package apitest runs the whole program in tests and is the client of its API.
package apitest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"customer-events/internal/app"
	"customer-events/internal/store/storetest"
)

// Main runs the tests of a package. With CRM_TEST_PROGRAM set, the test binary runs as the program itself:
// tests start it as a process of its own.
func Main(m *testing.M) {
	if os.Getenv("CRM_TEST_PROGRAM") != "" {
		app.Main(build())
	}
	storetest.Run(m)
}

// File returns the path of a file of the repository, wherever the test runs.
func File(name string) string {
	_, self, _, _ := runtime.Caller(0)
	return filepath.Join(filepath.Dir(self), "..", "..", filepath.FromSlash(name))
}

// build returns what package main passes to the program.
func build() app.Build {
	schema, err := os.ReadFile(File("schema.graphqls"))
	if err != nil {
		panic(err)
	}
	licenses, err := os.ReadFile(File("THIRD_PARTY_LICENSES.md"))
	if err != nil {
		panic(err)
	}
	return app.Build{Version: "development", Schema: string(schema), Licenses: string(licenses)}
}

const SecretKey = "the tests' own secret key"

// Buffer collects the program's output from several goroutines.
type Buffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *Buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *Buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// Command runs a command line to its end.
func Command(t *testing.T, stdin string, args ...string) (exit int, stdout, stderr string) {
	t.Helper()
	var out, errs Buffer
	exit = app.Run(t.Context(), args, app.Env{
		Build: build(), Stdin: strings.NewReader(stdin), Stdout: &out, Stderr: &errs,
		Log: app.NewLogger(&errs),
	})
	return exit, out.String(), errs.String()
}

// MustCommand is Command for commands that must succeed.
func MustCommand(t *testing.T, stdin string, args ...string) string {
	t.Helper()
	exit, stdout, stderr := Command(t, stdin, args...)
	if exit != 0 {
		t.Fatalf("%v exits with %d: %s", args, exit, stderr)
	}
	return stdout
}

// Server is the whole program while it serves.
type Server struct {
	URL, Token  string
	Log, Stdout Buffer
	Client      *http.Client
	Cancel      context.CancelFunc
	Exit        chan int
	Stopped     bool
}

// Serve starts the program and waits until it listens. The program stops with the test.
func Serve(t *testing.T, args ...string) *Server {
	t.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	transport := &http.Transport{}
	s := &Server{
		Client: &http.Client{Transport: transport, Timeout: time.Minute}, Cancel: cancel,
		Exit: make(chan int, 1),
	}
	ready := make(chan net.Addr, 1)
	go func() {
		s.Exit <- app.Run(ctx, append([]string{"--listen", "127.0.0.1:0", "--drain", "0s"}, args...),
			app.Env{Build: build(), Stdin: strings.NewReader(""), Stdout: &s.Stdout,
				Stderr: &s.Log, Log: app.NewLogger(&s.Log), Ready: func(at net.Addr) { ready <- at }})
	}()
	select {
	case at := <-ready:
		s.URL = "http://" + at.String()
	case exit := <-s.Exit:
		cancel()
		t.Fatalf("the program exits with %d: %s", exit, s.Log.String())
	case <-time.After(time.Minute):
		cancel()
		t.Fatalf("the program does not listen: %s", s.Log.String())
	}
	t.Cleanup(func() { transport.CloseIdleConnections(); s.Stop(t) })
	return s
}

// Stop stops the program and waits for its exit.
func (s *Server) Stop(t *testing.T) {
	t.Helper()
	if s.Stopped {
		return
	}
	s.Stopped = true
	s.Cancel()
	select {
	case exit := <-s.Exit:
		if exit != 0 {
			t.Errorf("the program exits with %d: %s", exit, s.Log.String())
		}
	case <-time.After(time.Minute):
		t.Error("the program does not exit")
	}
}

// ServeDemo serves a database with demo data and logs in.
func ServeDemo(t *testing.T, database string, args ...string) *Server {
	t.Helper()
	s := Serve(t, append([]string{"--demo", "--database", database, "--secret-key", SecretKey}, args...)...)
	s.Token = s.Login(t, app.DemoUser, app.DemoPassword)
	return s
}

// Engines are functions that make an empty database of each engine and return its URL.
var Engines = map[string]func(testing.TB) string{"SQLite": storetest.SQLite, "MariaDB": storetest.MySQL}

// Databases makes an empty database of each engine, and returns their URLs by the engine's name.
func Databases(t *testing.T) map[string]string {
	t.Helper()
	urls := make(map[string]string, len(Engines))
	for name, database := range Engines {
		urls[name] = database(t)
	}
	return urls
}

// OnEachDatabase runs a test against the program on each engine, with demo data.
func OnEachDatabase(t *testing.T, test func(t *testing.T, s *Server)) {
	t.Helper()
	for name, database := range Engines {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, ServeDemo(t, database(t)))
		})
	}
}

// Response is a response of the GraphQL endpoint.
type Response struct {
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

func (a Response) Code() string {
	if len(a.Errors) == 0 {
		return ""
	}
	return a.Errors[0].Extensions.Code
}

// Do sends a request with headers given in pairs, and reads the whole response.
func (s *Server) Do(
	t *testing.T, method, path string, body io.Reader, headers ...string,
) (status int, header http.Header, text []byte) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, s.URL+path, body)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	response, err := s.Client.Do(request)
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

// PostBody posts a body with the server's token and headers given in pairs.
func (s *Server) PostBody(t *testing.T, body io.Reader, headers ...string) Response {
	t.Helper()
	all := []string{"Content-Type", "application/json"}
	if s.Token != "" {
		all = append(all, "Authorization", "Bearer "+s.Token)
	}
	status, header, text := s.Do(t, http.MethodPost, "/graphql", body, append(all, headers...)...)
	a := Response{Status: status, Header: header, Text: string(text)}
	if err := json.Unmarshal(text, &a); err != nil {
		t.Fatalf("the response is not JSON: %v: %s", err, text)
	}
	return a
}

// Post sends a query with variables.
func (s *Server) Post(t *testing.T, query string, variables any, headers ...string) Response {
	t.Helper()
	body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	if err != nil {
		t.Fatal(err)
	}
	return s.PostBody(t, bytes.NewReader(body), headers...)
}

// Ask is Post without expected errors; it decodes one root field.
func Ask[T any](t *testing.T, s *Server, field, query string, variables any, headers ...string) (value T) {
	t.Helper()
	a := s.Post(t, query, variables, headers...)
	if len(a.Errors) > 0 || a.Status != http.StatusOK {
		t.Fatalf("status %d: %.2000s", a.Status, a.Text)
	}
	if err := json.Unmarshal(a.Data[field], &value); err != nil {
		t.Fatalf("%s: %v: %.2000s", field, err, a.Text)
	}
	return value
}

func (s *Server) Login(t *testing.T, username, password string) string {
	t.Helper()
	login := Ask[struct{ Token string }](t, s, "login",
		`mutation ($input: LoginInput!) { login(input: $input) { token expiresAt } }`,
		map[string]any{"input": map[string]any{"username": username, "password": password}})
	if login.Token == "" {
		t.Fatal("the login returns no token")
	}
	return login.Token
}

// Object is a JSON object.
type Object = map[string]any

type Processed struct {
	RequestUniqueIdentifier, ID, Number string
	Replayed                            bool
	Index                               int
	Event                               Object
}

type Unprocessed struct {
	RequestUniqueIdentifier, ErrorCode, ErrorDescription string
	Index                                                int
	Problems                                             []struct {
		Path      []string
		ErrorCode string
	}
}

// Outcome is the answer to the bulk mutation.
type Outcome struct {
	ProcessedCustomerEventsSet   []Processed
	UnprocessedCustomerEventsSet []Unprocessed
	Summary                      struct{ Received, Processed, Replayed, Unprocessed int }
}

const CreateQuery = `mutation create($input: CreateWebCustomerEventsInput!) {
	createWebCustomerEvents(input: $input) {
		processedCustomerEventsSet { requestUniqueIdentifier id number replayed index }
		unprocessedCustomerEventsSet {
			requestUniqueIdentifier index errorCode errorDescription retryable
			problems { path errorCode errorDescription }
		}
		summary { received processed replayed unprocessed } } }`

// CreateInput returns the variables of CreateQuery for a call without a key.
func CreateInput(events []Object) Object {
	return Object{"input": Object{"webCustomerEventsSet": events}}
}

// ByToken returns the changes to Event that name the customer by one part of an access token.
func ByToken(by string, value any) Object {
	return Object{
		"accountsReceivableIdentifier": nil,
		"rewardsParticipantIdentifier": Object{"accessTokenIdentifier": Object{by: value}},
	}
}

func (s *Server) Create(t *testing.T, events []Object, headers ...string) Outcome {
	t.Helper()
	return Ask[Outcome](t, s, "createWebCustomerEvents", CreateQuery, CreateInput(events), headers...)
}

// Event returns a valid event with some fields changed; nil removes a field.
func Event(request string, changes Object) Object {
	e := Object{
		"requestUniqueIdentifier":      request,
		"accountsReceivableIdentifier": Object{"number": "ACR0000000020"},
		"performedByUnitIdentifier":    Object{"name": "Admin Unit"},
		"performedOn":                  "2016-06-22T15:00:00",
		"website":                      "www.crm.com",
	}
	for field, value := range changes {
		if e[field] = value; value == nil {
			delete(e, field)
		}
	}
	return e
}

func Events(n int) []Object {
	events := make([]Object, n)
	for i := range events {
		events[i] = Event(fmt.Sprint("r", i), nil)
	}
	return events
}
