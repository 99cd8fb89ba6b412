package playground

import (
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
)

// discard is a http.ResponseWriter that counts the bytes and discards them.
type discard struct {
	header http.Header
	status int
	bytes  int
}

func (d *discard) Header() http.Header         { return d.header }
func (d *discard) WriteHeader(status int)      { d.status = status }
func (d *discard) Write(p []byte) (int, error) { d.bytes += len(p); return len(p), nil }

// largest returns the name of the largest file.
func largest(t *testing.T) (name string) {
	t.Helper()
	files, err := load(dist)
	if err != nil {
		t.Fatal(err)
	}
	for other, f := range files {
		if name == "" || len(f.gzipped) > len(files[name].gzipped) {
			name = other
		}
	}
	return name
}

// A file is inflated at most once for any number and kind of requests without gzip. Otherwise 300 requests
// whose responses are not read would take 500 MB, and HEAD requests would take all processors.
func TestServe_InflatesOnce(t *testing.T) {
	handler, name := Handler(true, http.NotFoundHandler()), "/"+largest(t)
	ask := func(method string, header ...string) *discard {
		r := httptest.NewRequest(method, name, nil)
		for i := 0; i < len(header); i += 2 {
			r.Header.Set(header[i], header[i+1])
		}
		w := &discard{header: http.Header{}, status: http.StatusOK}
		handler.ServeHTTP(w, r)
		return w
	}
	tag := ask(http.MethodHead).header.Get("ETag")
	for _, c := range []struct {
		name, method string
		header       []string
		status       int
		maxBytes     uint64 // that 1000 requests may allocate
	}{
		{"HEAD", http.MethodHead, nil, 200, 8 << 20},
		{"HEAD and gzip;q=0", http.MethodHead, []string{"Accept-Encoding", "gzip;q=0"}, 200, 8 << 20},
		{"not modified", http.MethodGet, []string{"If-None-Match", tag}, 304, 8 << 20},
		{"an impossible range", http.MethodGet, []string{"Range", "bytes=999999999-"}, 416, 8 << 20},
		{"a range", http.MethodGet, []string{"Range", "bytes=0-0"}, 206, 48 << 20},
		{
			"many ranges",
			http.MethodGet,
			[]string{"Range", "bytes=0-0" + strings.Repeat(",2-2", 5000)},
			200,
			128 << 20,
		},
		{"the whole", http.MethodGet, nil, 200, 64 << 20},
	} {
		t.Run(c.name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			for range 1000 {
				if w := ask(c.method, c.header...); w.status != c.status {
					t.Fatalf("status %d, want %d", w.status, c.status)
				}
			}
			runtime.ReadMemStats(&after)
			if used := after.TotalAlloc - before.TotalAlloc; used > c.maxBytes {
				t.Errorf("1000 requests allocate %d MB, want at most %d", used>>20, c.maxBytes>>20)
			}
		})
	}
}

// A range request without gzip returns that part of the inflated file.
func TestServe_PlainRange(t *testing.T) {
	name := "/" + largest(t)
	whole := answer("GET", name).Body.String()
	for header, want := range map[string]string{
		"bytes=10-19":   whole[10:20],
		"bytes=-7":      whole[len(whole)-7:],
		"bytes=100000-": whole[100000:],
		"bytes=0-0,2-2": whole,
	} {
		if got := answer("GET", name, "Range", header).Body.String(); got != want {
			t.Errorf("%s: %d bytes, want %d", header, len(got), len(want))
		}
	}
}
