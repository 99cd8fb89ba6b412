package customerevents

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// TestClient_OneLogin checks that goroutines whose token expires at the same time log in once. The tests of
// a single goroutine are in test/examples.
func TestClient_OneLogin(t *testing.T) {
	t.Parallel()
	const goroutines = 10
	var logins atomic.Int32
	var expired sync.WaitGroup // until all goroutines have used the first token
	expired.Add(goroutines)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var body struct {
			Variables struct{ Input struct{ Username string } }
		}
		if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
			t.Error(err)
		}
		switch {
		case body.Variables.Input.Username != "":
			fmt.Fprintf(w, `{"data":{"login":{"token":"token %d"}}}`, logins.Add(1))
		case r.Header.Get("Authorization") == "Bearer token 1":
			expired.Done()
			expired.Wait()
			w.WriteHeader(http.StatusUnauthorized)
			fmt.Fprint(w, `{"errors":[{"message":"expired","extensions":{"code":"UNAUTHENTICATED"}}]}`)
		default:
			fmt.Fprint(w, `{"data":{"createWebCustomerEvents":{"processedCustomerEventsSet":[{"index":0}],`+
				`"unprocessedCustomerEventsSet":[]}}}`)
		}
	}))
	defer server.Close()
	client := New(server.URL, "user", "password")
	client.RetryTimeout = time.Second
	var clients sync.WaitGroup
	for i := range goroutines {
		clients.Go(func() {
			for _, err := range client.Create(t.Context(), fmt.Sprint(i), make([]WebCustomerEvent, 1)) {
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	clients.Wait()
	if got := logins.Load(); got != 2 {
		t.Errorf("%d logins, want 2", got)
	}
}
