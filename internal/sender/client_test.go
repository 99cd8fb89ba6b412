package sender

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Permanent errors are not retried: a certificate that is not trusted, a wrong scheme, a wrong path.
func TestSend_PermanentErrors(t *testing.T) {
	t.Parallel()
	plain := httptest.NewServer(http.NotFoundHandler())
	defer plain.Close()
	encrypted := httptest.NewUnstartedServer(http.NotFoundHandler())
	encrypted.Config.ErrorLog = nil
	encrypted.StartTLS()
	defer encrypted.Close()
	path := filepath.Join(t.TempDir(), "x.ndjson")
	if err := os.WriteFile(path, []byte("{}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ server, want string }{
		"unknown certificate": {encrypted.URL, "certificate"},
		"http for https":      {strings.Replace(encrypted.URL, "https", "http", 1), "status 400"},
		"https for http": {
			strings.Replace(plain.URL, "http", "https", 1),
			"HTTP response to HTTPS client",
		},
		"another path": {plain.URL, "status 404"},
	} {
		var report strings.Builder
		start := time.Now()
		_, err := Send(t.Context(), Options{
			File:         path,
			Server:       c.server,
			Username:     "u",
			Password:     "p",
			RetryTimeout: 10 * time.Second,
			Report:       &report,
		})
		if err == nil || !strings.Contains(err.Error(), c.want) ||
			strings.Contains(report.String(), "trying again") || time.Since(start) > 5*time.Second {
			t.Errorf("%s: %v after %s: %s", name, err, time.Since(start), report.String())
		}
	}
}
