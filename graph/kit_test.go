package graph_test

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"customer-events/graph"
	"customer-events/graph/generated"
	"customer-events/internal/admission"
	"customer-events/internal/api"
	"customer-events/internal/auth"
	"customer-events/internal/events"
	"customer-events/internal/importer"
	"customer-events/internal/ratelimit"
	"customer-events/internal/store"
	"customer-events/models"
)

// now is the time of the fixed clock of all tests of this package.
var now = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

func clock() time.Time { return now }

// template makes an SQLite file with the demo data and a session. Every test gets a copy.
var template = sync.OnceValues(func() (made struct {
	file  []byte
	token string
}, err error) {
	folder, err := os.MkdirTemp("", "graph-test")
	if err != nil {
		return made, err
	}
	defer os.RemoveAll(folder)
	path := filepath.Join(folder, "template.db")
	ctx := context.Background()
	db, err := store.Open(ctx, "sqlite:"+path, slog.New(slog.DiscardHandler))
	if err != nil {
		return made, err
	}
	if err := db.Migrate(ctx); err != nil {
		return made, err
	}
	for _, kind := range importer.Kinds() {
		result, err := importer.Run(ctx,
			importer.Options{Kind: kind, File: "../internal/app/demo/" + kind + ".csv", To: db,
				Hasher: secrets, Report: os.Stderr, Now: clock})
		if err != nil || result.Bad > 0 {
			return made, fmt.Errorf("%s: %d bad rows: %w", kind, result.Bad, err)
		}
	}
	err = db.AddUser(ctx, &models.User{Name: "demo", PasswordHash: auth.HashPassword("demo-password"),
		CreatedAt: now}, nil)
	if err != nil {
		return made, err
	}
	session, err := auth.New(db, clock, admission.NewCPULimiter()).LogIn(ctx, "demo", "demo-password")
	if err != nil {
		return made, err
	}
	made.token = session.Token
	if err := db.Close(); err != nil {
		return made, err
	}
	made.file, err = os.ReadFile(path)
	return made, err
})

var secrets = models.NewKeyedHasher([]byte("the tests' own key"))

// testAPI is a handler with a database of its own.
type testAPI struct {
	handler  http.Handler
	resolver *graph.Resolver
	token    string
	log      *strings.Builder
	rate     *ratelimit.Limiter // nil is none
}

// newAPI returns a handler. change may replace its services with test doubles.
func newAPI(t *testing.T, change func(*graph.Resolver)) *testAPI {
	t.Helper()
	made, err := template()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "test.db")
	if err := os.WriteFile(path, made.file, 0o600); err != nil {
		t.Fatal(err)
	}
	log := new(strings.Builder)
	logger := slog.New(slog.NewJSONHandler(log, nil))
	db, err := store.Open(t.Context(), "sqlite:"+path, logger)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	var ids atomic.Uint64
	r := &graph.Resolver{
		Service: &events.Service{References: db, Store: db, Hasher: secrets, Now: clock,
			FutureTolerance: 24 * time.Hour, RetryTimeout: 10 * time.Second, Log: logger,
			NewID: func() (id models.ID) {
				id[0] = 0xEE
				binary.BigEndian.PutUint64(id[8:], ids.Add(1))
				return id
			}},
		Auth:    auth.New(db, clock, admission.NewCPULimiter()),
		Reader:  db,
		Decoder: &events.Decoder{FieldNames: events.CamelCase, Zone: time.UTC, Hasher: secrets},
		Limits: generated.Limits{MaxEventsPerCall: events.MaxEventsPerCall, MaxBodyBytes: api.MaxBodyBytes,
			MaxQueryBytes: graph.MaxQueryBytes,
			MaxTextLength: events.MaxShortText, MaxDescriptionLength: events.MaxDescription,
			MaxWebsiteLength:        events.MaxWebsite,
			MaxIdempotencyKeyLength: api.MaxKeyLength, MaxPageSize: graph.MaxPageSize,
			FutureToleranceSeconds: 86400, IdempotencyKeySeconds: 259200, TokenSeconds: 7200},
		Log: logger, Introspection: true, Timeout: time.Minute,
	}
	if change != nil {
		change(r)
	}
	return &testAPI{handler: graph.NewHandler(r), resolver: r, token: made.token, log: log}
}

// reply is the answer to a request.
type reply struct {
	status int
	header http.Header
	text   string
	Data   map[string]json.RawMessage
	Errors []struct {
		Message    string
		Path       []any
		Extensions struct{ Code string }
	}
}

func (r reply) code() string {
	if len(r.Errors) == 0 {
		return ""
	}
	return r.Errors[0].Extensions.Code
}

// do sends a request with the token and with headers, given in pairs. An empty value removes a header.
func (a *testAPI) do(t *testing.T, method, target string, body io.Reader, headers ...string) reply {
	t.Helper()
	request := httptest.NewRequest(method, target, body)
	request.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(headers); i += 2 {
		if request.Header.Set(headers[i], headers[i+1]); headers[i+1] == "" {
			request.Header.Del(headers[i])
		}
	}
	return a.serve(t, request)
}

func (a *testAPI) serve(t *testing.T, request *http.Request) reply {
	t.Helper()
	asked := &api.Request{ID: "request-1", Token: a.token,
		IdempotencyKey: request.Header.Get("Idempotency-Key"), Limiter: a.rate}
	w := httptest.NewRecorder()
	a.handler.ServeHTTP(w, request.WithContext(api.WithRequest(request.Context(), asked)))
	asked.WriteRateHeaders(w.Header())
	r := reply{status: w.Code, header: w.Header(), text: w.Body.String()}
	if err := json.Unmarshal(w.Body.Bytes(), &r); err != nil {
		t.Fatalf("the answer is not JSON: %v: %.500s", err, r.text)
	}
	return r
}

// send posts a body.
func (a *testAPI) send(t *testing.T, body string, headers ...string) reply {
	t.Helper()
	return a.do(t, http.MethodPost, "/graphql", strings.NewReader(body), headers...)
}

// post sends a query with variables, given as JSON text: they may be what no encoder would write.
func (a *testAPI) post(t *testing.T, query, variables string, headers ...string) reply {
	t.Helper()
	text, err := json.Marshal(query)
	if err != nil {
		t.Fatal(err)
	}
	if variables == "" {
		variables = "null"
	}
	return a.send(t, `{"query":`+string(text)+`,"variables":`+variables+`}`, headers...)
}

const newMedia = "application/graphql-response+json"

const createQuery = `mutation ($input: CreateWebCustomerEventsInput!) {
	createWebCustomerEvents(input: $input) {
		processedCustomerEventsSet { index requestUniqueIdentifier }
		unprocessedCustomerEventsSet { index errorCode problems { path errorCode } }
		summary { received }
	}
}`

// good returns a valid event as JSON text without its closing bracket, so that a test can append fields.
func good(request string) string {
	return `{"requestUniqueIdentifier":"` + request + `",` +
		`"accountsReceivableIdentifier":{"number":"ACR0000000020"},"performedByUnitIdentifier":{"id":"1"},` +
		`"performedOn":"2026-01-01T00:00:00Z","website":"www.crm.com"`
}

// set returns the variables with an input of n valid events.
func set(n int) string {
	list := make([]string, n)
	for i := range list {
		list[i] = good(fmt.Sprint("r", i)) + "}"
	}
	return `{"input":{"webCustomerEventsSet":[` + strings.Join(list, ",") + `]}}`
}
