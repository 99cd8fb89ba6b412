package e2e

import (
	"fmt"
	"io"
	"net/http"
	"regexp"
	"runtime"
	"testing"

	"customer-events/internal/store/storetest"
	"customer-events/test/apitest"
)

// TestAssets_CostNothing checks that requests for assets neither decompress nor compress anything,
// whatever Accept-Encoding says. It is not parallel, since it measures allocations.
func TestAssets_CostNothing(t *testing.T) {
	s := apitest.ServeDemo(t, storetest.SQLite(t))
	s.Client.Transport = &http.Transport{DisableCompression: true}
	_, _, page := s.Do(t, http.MethodGet, "/", nil)
	script := regexp.MustCompile(`assets/index-[^"]+\.js`).Find(page)
	if script == nil {
		t.Fatalf("the page has no script: %s", page)
	}
	path := "/" + string(script)
	_, _, plain := s.Do(t, http.MethodGet, path, nil) // decompresses it once
	for _, method := range []string{http.MethodHead, http.MethodGet} {
		for _, accept := range []string{"", "identity", "gzip;q=high", "gzip", "zstd", "gzip;q=0, *"} {
			t.Run(fmt.Sprint(method, " ", accept), func(t *testing.T) {
				var before, after runtime.MemStats
				runtime.ReadMemStats(&before)
				const requests = 50
				for range requests {
					request, err := http.NewRequestWithContext(t.Context(), method, s.URL+path, nil)
					if err != nil {
						t.Fatal(err)
					}
					request.Header.Set("Accept-Encoding", accept)
					response, err := s.Client.Do(request)
					if err != nil {
						t.Fatal(err)
					}
					n, err := io.Copy(io.Discard, response.Body)
					response.Body.Close()
					if err != nil || response.StatusCode != http.StatusOK || method == http.MethodGet &&
						n != response.ContentLength ||
						response.Header.Get("Content-Encoding") == "" &&
							response.ContentLength != int64(len(plain)) {
						t.Fatalf("%v, %s, %d bytes of %d: %v", err, response.Status, n,
							response.ContentLength, response.Header)
					}
					if response.Header.Get("No-Gzip-Compression") != "" {
						t.Fatal("a header for the middleware gets out")
					}
				}
				runtime.ReadMemStats(&after)
				if used := (after.TotalAlloc - before.TotalAlloc) / requests; used > 400<<10 {
					t.Errorf("a request allocates %d kB", used>>10)
				}
			})
		}
	}
}
