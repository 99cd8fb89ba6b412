package app

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"customer-events/internal/api"
	"customer-events/internal/apierr"
)

// A call may last longer than http.Server's ReadTimeout: its end is not a disconnect.
func TestDetectDisconnects_LongCall(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, method, body string }{
		{"with a body", http.MethodPost, "{}"},
		{"without a body", http.MethodGet, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			const readTimeout = 100 * time.Millisecond
			unavailable := func(w http.ResponseWriter, r *http.Request) {
				_, _ = io.ReadAll(r.Body)
				select {
				case <-r.Context().Done():
					t.Error("the context ended, although the client waits")
				case <-time.After(5 * readTimeout):
				}
				api.RequestOf(r.Context()).Code = apierr.Unavailable.Code()
				w.WriteHeader(http.StatusServiceUnavailable)
			}
			watched := detectDisconnects(http.HandlerFunc(unavailable))
			server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				watched.ServeHTTP(w, r.WithContext(api.WithRequest(r.Context(), &api.Request{})))
			}))
			server.Config.ReadTimeout = readTimeout
			server.Start()
			defer server.Close()
			request, err := http.NewRequest(c.method, server.URL, strings.NewReader(c.body))
			if err != nil {
				t.Fatal(err)
			}
			response, err := server.Client().Do(request)
			if err != nil {
				t.Fatal(err)
			}
			defer response.Body.Close()
			if response.StatusCode != http.StatusServiceUnavailable {
				t.Errorf("status %d", response.StatusCode)
			}
		})
	}
}
