package playground

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

func answer(method, target string, header ...string) *httptest.ResponseRecorder {
	return answerOf(Handler(true, http.NotFoundHandler()), method, target, header...)
}

func answerOf(handler http.Handler, method, target string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Add(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	return w
}

func wantHeader(t *testing.T, w *httptest.ResponseRecorder, key, want string) {
	t.Helper()
	if got := w.Header().Get(key); got != want {
		t.Errorf("%s is %q, want %q", key, got, want)
	}
}

func TestServe_Index(t *testing.T) {
	w := answer("GET", "/")
	if w.Code != http.StatusOK {
		t.Fatalf("status %d", w.Code)
	}
	wantHeader(t, w, "Content-Type", "text/html; charset=utf-8")
	wantHeader(t, w, "Cache-Control", "no-cache")

	page := w.Body.String()
	refs := regexp.MustCompile(`(?:src|href)="([^"]*)"`).FindAllStringSubmatch(page, -1)
	if len(refs) < 3 {
		t.Fatalf("icon, script or style missing: %s", page)
	}
	for _, ref := range refs {
		name, relative := strings.CutPrefix(ref[1], "./")
		if !relative {
			t.Errorf("%s is not a path relative to the page", ref[1])
			continue
		}
		if w := answer("GET", "/"+name); w.Code != http.StatusOK {
			t.Errorf("%s: status %d", ref[1], w.Code)
		}
	}
	// The policy allows no inline script.
	for _, script := range regexp.MustCompile(`<script[^>]*>`).FindAllString(page, -1) {
		if !strings.Contains(script, ` src="`) {
			t.Errorf("inline script: %s", script)
		}
	}
}

func TestServe_SecurityHeaders(t *testing.T) {
	for _, c := range []struct {
		method, target string
		status         int
	}{
		{"GET", "/", 200},
		{"HEAD", "/", 200},
		{"GET", "/index.html", 200},
		{"GET", "/graphiql", 200},
		{"GET", "/examples.json", 200},
		{"GET", "/examples-demo.json", 404},
		{"GET", "/examples-own.json", 404},
		{"GET", "/nothing", 404},
		{"GET", "/assets/", 404},
		{"GET", "/index.html.gz", 404},
		{"GET", "/../playground.go", 404},
		{"POST", "/", 405},
		{"DELETE", "/nothing", 404},
		{"POST", "/graphql/", 404},
		{"POST", "/graphiql", 405},
		{"GET", "/graphiql", 200},
	} {
		t.Run(c.method+" "+c.target, func(t *testing.T) {
			w := answer(c.method, c.target)
			if w.Code != c.status {
				t.Errorf("status %d, want %d", w.Code, c.status)
			}
			wantHeader(t, w, "Content-Security-Policy", "default-src 'self'; style-src 'self' "+
				"'unsafe-inline'; "+
				"font-src 'self' data:; img-src 'self' data:; worker-src 'self' blob:; frame-ancestors "+
				"'none'; "+
				"base-uri 'none'; object-src 'none'; form-action 'none'")
			wantHeader(t, w, "X-Content-Type-Options", "nosniff")
			wantHeader(t, w, "Referrer-Policy", "no-referrer")
			wantHeader(t, w, "X-Frame-Options", "DENY")
			if c.status == 405 {
				wantHeader(t, w, "Allow", "GET, HEAD")
			}
		})
	}
}

// Every built file is served completely, gzipped or plain, with a different ETag for each form.
func TestServe_Files(t *testing.T) {
	files, err := load(dist)
	if err != nil {
		t.Fatal(err)
	}
	chooseExamples(files, true)
	for name := range files {
		t.Run(name, func(t *testing.T) {
			plain := answer("GET", "/"+name)
			gzipped := answer("GET", "/"+name, "Accept-Encoding", "br, gzip")
			wantHeader(t, plain, "Content-Encoding", "")
			wantHeader(t, gzipped, "Content-Encoding", "gzip")

			inflated, err := inflate(gzipped.Body.Bytes())
			if err != nil {
				t.Fatal(err)
			}
			if len(inflated) == 0 || !bytes.Equal(inflated, plain.Body.Bytes()) {
				t.Error("gzipped and plain differ")
			}
			if plain.Header().Get("ETag") == gzipped.Header().Get("ETag") {
				t.Error("gzipped and plain share a tag")
			}
			if strings.HasPrefix(name, "assets/") {
				wantHeader(t, plain, "Cache-Control", "public, max-age=31536000, immutable")
			}

			for encoding, got := range map[string]*httptest.ResponseRecorder{"": plain, "gzip": gzipped} {
				wantHeader(t, got, "Content-Length", strconv.Itoa(got.Body.Len()))
				wantHeader(t, got, "Vary", "Accept-Encoding")

				head := answer("HEAD", "/"+name, "Accept-Encoding", encoding)
				if head.Code != http.StatusOK || head.Body.Len() != 0 {
					t.Errorf("HEAD: status %d, %d bytes", head.Code, head.Body.Len())
				}
				for _, key := range []string{"Content-Length", "Content-Type", "Content-Encoding", "ETag"} {
					wantHeader(t, head, key, got.Header().Get(key))
				}

				tag := got.Header().Get("ETag")
				again := answer("GET", "/"+name, "Accept-Encoding", encoding, "If-None-Match", `"other", `+
					tag)
				if again.Code != http.StatusNotModified || again.Body.Len() != 0 {
					t.Errorf("If-None-Match: status %d, %d bytes", again.Code, again.Body.Len())
				}
				wantHeader(t, again, "ETag", tag)
			}
		})
	}
}

// Only the page of a demo server has the demo login and names of the demo data. On another server, no file
// contains them.
func TestServe_DemoLogin(t *testing.T) {
	files, err := load(dist)
	if err != nil {
		t.Fatal(err)
	}
	chooseExamples(files, false)
	own := Handler(false, http.NotFoundHandler())
	for name := range files {
		page := answerOf(own, "GET", "/"+name)
		if page.Code != http.StatusOK {
			t.Errorf("%s: status %d", name, page.Code)
		}
		for _, value := range []string{"demo-password", `"demo"`, "ACR0000000020", "Admin Unit"} {
			if strings.Contains(page.Body.String(), value) {
				t.Errorf("%s contains %s on a server without demo data", name, value)
			}
		}
	}
	for _, name := range []string{"/examples-demo.json", "/examples-own.json"} {
		if w := answerOf(own, "GET", name); w.Code != http.StatusNotFound {
			t.Errorf("%s: status %d on a server without demo data", name, w.Code)
		}
	}

	var demo, other map[string]any
	for _, c := range []struct {
		handler http.Handler
		values  *map[string]any
	}{{Handler(true, http.NotFoundHandler()), &demo}, {own, &other}} {
		w := answerOf(c.handler, "GET", "/examples.json")
		wantHeader(t, w, "Content-Type", "application/json")
		if err := json.Unmarshal(w.Body.Bytes(), c.values); err != nil {
			t.Fatal(err)
		}
	}
	if demo["username"] != "demo" || demo["password"] != "demo-password" {
		t.Errorf("the demo's examples have the login %v, %v", demo["username"], demo["password"])
	}
	if other["username"] != "" || other["password"] != "" {
		t.Errorf("the other examples have the login %v, %v", other["username"], other["password"])
	}
}

func TestAcceptsGzip(t *testing.T) {
	for header, want := range map[string]bool{
		"":                     false,
		"gzip":                 true,
		"GZIP;q=0.5":           true,
		"deflate, gzip, br":    true,
		"gzip;q=0":             false,
		"gzip; q=0.000":        false,
		"*":                    true,
		"*;q=0":                false,
		"gzip;q=0, *":          false,
		"*;q=0, gzip":          true,
		"identity":             false,
		"gzippy":               false,
		"gzip;q=high":          false,
		"br;q=1.0, gzip;q=0.8": true,
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("Accept-Encoding", header)
		if got := acceptsGzip(r); got != want {
			t.Errorf("%q: %t, want %t", header, got, want)
		}
	}
}
