package app_test

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"customer-events/internal/app"
	"customer-events/internal/store/storetest"
)

// TestSlowReads_BlockNoOtherCall checks that slow lists of events, more of them than there are connections,
// do not delay other calls.
func TestSlowReads_BlockNoOtherCall(t *testing.T) {
	t.Parallel()
	for name, database := range map[string]func(testing.TB) string{
		"SQLite":  storetest.SQLite,
		"MariaDB": storetest.MySQL,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, faults, db := onFaulty(t, database(t))
			released, started := make(chan struct{}), make(chan struct{}, 100)
			faults.set(func(statement string) error {
				if strings.Contains(statement, "ORDER BY web_customer_events.number DESC") {
					started <- struct{}{}
					<-released
				}
				return nil
			})
			ctx, cancel := context.WithCancel(t.Context())
			var reads sync.WaitGroup
			defer reads.Wait()
			defer cancel()
			defer close(released)
			for range 60 {
				reads.Go(func() {
					body := `{"query": "{ webCustomerEvents(first: 1) { nodes { id } } }"}`
					r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.URL+"/graphql",
						strings.NewReader(body))
					if err != nil {
						t.Error(err)
						return
					}
					r.Header.Set("Content-Type", "application/json")
					r.Header.Set("Authorization", "Bearer "+s.Token)
					if response, err := s.Client.Do(r); err == nil {
						_ = response.Body.Close()
					}
				})
			}
			for range db.Pools()["queries"].Stats().MaxOpenConnections {
				<-started
			}
			time.Sleep(200 * time.Millisecond) // the others wait for a connection by now
			for what, ask := range map[string]func(){
				"a small write":   func() { mustBeReadyAgain(t, s) },
				"a token look-up": func() { s.Post(t, `{ limits { maxEventsPerCall } }`, nil) },
				"readiness": func() {
					if !isReady(t, s) {
						t.Error("not ready")
					}
				},
				"a login":   func() { s.Login(t, app.DemoUser, app.DemoPassword) },
				"one event": func() { s.Post(t, `{ webCustomerEvent(by: {number: "1"}) { id } }`, nil) },
			} {
				begin := time.Now()
				ask()
				if took := time.Since(begin); took > 2*time.Second {
					t.Errorf("%s took %v beside slow reads", what, took)
				}
			}
		})
	}
}
