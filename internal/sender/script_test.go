package sender

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// script is a server without a network, whose responses a test defines call by call. In a synctest bubble,
// its calls take no time.
type script struct {
	mu      sync.Mutex
	calls   []string // the keys and bodies
	respond func(call, events int) (status int, header http.Header, body string)
}

func (s *script) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	answer := func(status int, header http.Header, text string) (*http.Response, error) {
		return &http.Response{
			StatusCode: status,
			Header:     header,
			Body:       io.NopCloser(strings.NewReader(text)),
			Request:    r,
		}, nil
	}
	key := r.Header.Get("Idempotency-Key")
	if key == "" {
		return answer(http.StatusOK, nil, `{"data":{"login":{"token":"t"},"logout":true}}`)
	}
	s.mu.Lock()
	s.calls = append(s.calls, key+string(body))
	number := len(s.calls)
	s.mu.Unlock()
	var request struct {
		Variables struct {
			Input struct{ WebCustomerEventsSet []any }
		}
	}
	if err := json.Unmarshal(body, &request); err != nil {
		return nil, err
	}
	status, header, text := s.respond(number, len(request.Variables.Input.WebCustomerEventsSet))
	if status == 0 {
		return nil, errors.New(text)
	}
	return answer(status, header, text)
}

// responseWith returns the server's response to a number of events, of which the first ones are rejected as
// retryable.
func responseWith(events, later int) string {
	var unprocessed []string
	for i := range later {
		unprocessed = append(unprocessed,
			fmt.Sprintf(`{"index":%d,"errorCode":"TooManyAttemptsAPIException",`+
				`"errorDescription":"later","retryable":true,"problems":[]}`, i))
	}
	return fmt.Sprintf(`{"data":{"createWebCustomerEvents":{"unprocessedCustomerEventsSet":[%s],`+
		`"summary":{"received":%d,"processed":%d,"replayed":0,"unprocessed":%d}}}}`,
		strings.Join(unprocessed, ","), events, events-later, later)
}

// sendScript sends a file of n events to a script.
func sendScript(t *testing.T, s *script, n int) (Result, string, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "x.ndjson")
	if err := os.WriteFile(path, []byte(strings.Repeat("{}\n", n)), 0o600); err != nil {
		t.Fatal(err)
	}
	var report strings.Builder
	result, err := Send(t.Context(), Options{
		File:         path,
		Server:       "http://server/graphql",
		Username:     "u",
		Password:     "p",
		RetryTimeout: 10 * time.Minute,
		Report:       &report,
		transport:    s,
	})
	return result, report.String(), err
}
