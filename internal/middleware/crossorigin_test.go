package middleware

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

const app = "https://app.example.com"

func TestCrossOrigin_Check(t *testing.T) {
	t.Parallel()
	policy, err := ParseCrossOrigin(app + ", http://localhost:3000")
	if err != nil {
		t.Fatal(err)
	}
	for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPost} {
		for _, c := range []struct {
			site, origin string
			good         bool
		}{
			{"", "", true}, // not a browser
			{"same-origin", "https://api.example.com", true},
			{"none", "", true}, // typed into the address bar
			{"cross-site", "", false},
			{"same-site", "", false},
			{"nonsense", "", false},
			{"cross-site", "https://evil.example", false},
			{"cross-site", app, true},
			{"same-site", app, true},
			{"cross-site", "http://localhost:3000", true},
			{"cross-site", "http://localhost:3001", false},
			{"", "https://api.example.com", true}, // old browsers
			{"", app, true},
			{"", "https://evil.example", false},
			{"", "null", false},
			{"cross-site", "null", false},
		} {
			r := httptest.NewRequest(method, "https://api.example.com/graphql", nil)
			for name, value := range map[string]string{"Sec-Fetch-Site": c.site, "Origin": c.origin} {
				if value != "" {
					r.Header.Set(name, value)
				}
			}
			if err := policy.Check(r); err == nil != c.good {
				t.Errorf("%s, Sec-Fetch-Site %q, Origin %q: %v", method, c.site, c.origin, err)
			}
		}
	}
}

// Origins that look like an allowed one are not allowed.
func TestCrossOrigin_LookalikeOrigins(t *testing.T) {
	t.Parallel()
	policy, err := ParseCrossOrigin(app)
	if err != nil {
		t.Fatal(err)
	}
	none, err := ParseCrossOrigin("")
	if err != nil {
		t.Fatal(err)
	}
	ok := http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
	for origin, good := range map[string]bool{
		app:                                    true,
		"":                                     false,
		"null":                                 false,
		"*":                                    false,
		"https://app.example.com.evil.example": false,
		"https://evilapp.example.com":          false,
		"https://app.example.comevil":          false,
		"http://app.example.com":               false,
		"https://app.example.com:8443":         false,
		"https://app.example.com/":             false,
		"https://app.example.com@evil.example": false,
		"https://evil.example?https://app.example.com": false,
		"https://evil.example#" + app:                  false,
		"https://evil.example\\.app.example.com":       false,
		"https://appXexample.com":                      false,
		"https://sub.app.example.com":                  false,
		"https://example.com":                          false,
		app + " https://evil.example":                  false,
		app + ",https://evil.example":                  false,
		"file://":                                      false,
		"https://app.example.com%60.evil.example":      false,
		"https://app.example.com_.evil.example":        false,
		"https://":                                     false,
		"app.example.com":                              false,
		"//app.example.com":                            false,
		" " + app:                                      false,
		app + ".":                                      false,
		"https://аpp.example.com":                      false,
		"chrome-extension://app.example.com":           false,
		"https://127.0.0.1":                            false,
	} {
		for _, method := range []string{http.MethodOptions, http.MethodPost} {
			r := httptest.NewRequest(method, "https://api.example.com/graphql", nil)
			r.Header.Set("Origin", origin)
			if method == http.MethodOptions {
				r.Header.Set("Access-Control-Request-Method", "POST")
				r.Header.Set("Access-Control-Request-Headers", "authorization,content-type,idempotency-key")
			}
			w := httptest.NewRecorder()
			policy.CORS(ok).ServeHTTP(w, r)
			got, want := w.Header().Get("Access-Control-Allow-Origin"), map[bool]string{true: app}[good]
			if got != want || w.Header().Get("Access-Control-Allow-Credentials") != "" {
				t.Errorf("%s by %q: %v", method, origin, w.Header())
			}
			preflight := good && method == http.MethodOptions
			maxAge := w.Header().Get("Access-Control-Max-Age")
			headers := w.Header().Get("Access-Control-Allow-Headers")
			if preflight && (maxAge != "7200" || headers != "authorization,content-type,idempotency-key") {
				t.Errorf("a preflight: %v", w.Header())
			}
			w = httptest.NewRecorder()
			none.CORS(ok).ServeHTTP(w, r)
			if len(w.Header()) != 0 {
				t.Errorf("no origins, %s by %q: %v", method, origin, w.Header())
			}
		}
	}
	for _, bad := range []string{
		"*",
		"https://*.example.com",
		"null",
		"app.example.com",
		app + "/",
		app + "/path",
		"https://App.example.com",
		"ftp://app.example.com",
		"https://app.example.com:443",
		"http://x:80",
		"https://user@app.example.com",
		app + "?x",
		"https://",
		"a b",
	} {
		if _, err := ParseCrossOrigin(bad); err == nil || !strings.Contains(err.Error(), bad) {
			t.Errorf("%s: %v", bad, err)
		}
	}
}

func TestIsLoopbackHost(t *testing.T) {
	t.Parallel()
	for host, want := range map[string]bool{
		"localhost":                   true,
		"localhost:8080":              true,
		"LOCALHOST.:8080":             true,
		"127.0.0.1":                   true,
		"127.0.0.1:8080":              true,
		"127.9.9.9:1":                 true,
		"[::1]:8080":                  true,
		"[::1]":                       true,
		"":                            false,
		"evil.example:8080":           false,
		"localhost.evil.example":      false,
		"127.0.0.1.evil.example:8080": false,
		"0.0.0.0:8080":                false,
		"10.0.0.1":                    false,
		"127.1":                       false,
		"2130706433":                  false,
	} {
		if got := IsLoopbackHost(&http.Request{Host: host}); got != want {
			t.Errorf("%q: %t", host, got)
		}
	}
}

// TestCrossOrigin_PreflightHeaders checks which request headers a page of a permitted origin may send.
// Browsers send their names in lower case, sorted.
func TestCrossOrigin_PreflightHeaders(t *testing.T) {
	t.Parallel()
	policy, err := ParseCrossOrigin(app)
	if err != nil {
		t.Fatal(err)
	}
	ok := policy.CORS(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	for headers, want := range map[string]bool{
		"":                                    true,
		"authorization,content-type":          true,
		"idempotency-key,x-request-id":        true,
		"baggage,traceparent,tracestate":      true,
		"baggage,sentry-trace":                true,
		"apollo-require-preflight":            true,
		"apollographql-client-name":           true,
		"apollographql-client-version":        true,
		"apollographql-something-new":         true,
		"x-apollo-operation-name":             true,
		"graphql-preflight":                   true,
		"x-requested-with":                    true,
		"apollographql-":                      true,
		"cookie":                              false,
		"x-other":                             false,
		"xapollographql-client-name":          false,
		"apollographql-client-name,x-other":   false,
		"authorization,traceparent,x-unknown": false,
		"apollographql-client-name,apollographql-client-version,authorization,baggage,content-type," +
			"traceparent": true,
	} {
		t.Run(headers, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequest(http.MethodOptions, "https://api.example.com/graphql", nil)
			r.Header.Set("Origin", app)
			r.Header.Set("Access-Control-Request-Method", "POST")
			if headers != "" {
				r.Header.Set("Access-Control-Request-Headers", headers)
			}
			w := httptest.NewRecorder()
			ok.ServeHTTP(w, r)
			allowed := w.Header().Get("Access-Control-Allow-Origin") == app
			if allowed != want {
				t.Errorf("allowed: %t, want %t: %v", allowed, want, w.Header())
			}
			if want && w.Header().Get("Access-Control-Allow-Headers") != headers {
				t.Errorf("the allowed headers are %v", w.Header())
			}
		})
	}
	// No name makes another origin permitted.
	r := httptest.NewRequest(http.MethodOptions, "https://api.example.com/graphql", nil)
	r.Header.Set("Origin", "https://evil.example")
	r.Header.Set("Access-Control-Request-Method", "POST")
	r.Header.Set("Access-Control-Request-Headers", "apollographql-client-name")
	w := httptest.NewRecorder()
	ok.ServeHTTP(w, r)
	if w.Header().Get("Access-Control-Allow-Origin") != "" ||
		w.Header().Get("Access-Control-Allow-Headers") != "" {
		t.Errorf("another origin: %v", w.Header())
	}
}

// TestCrossOrigin_RejectedPreflight checks that the preflight of another origin is rejected, and that the
// error names the origin without control characters.
func TestCrossOrigin_RejectedPreflight(t *testing.T) {
	t.Parallel()
	for _, origins := range []string{"", app} {
		policy, err := ParseCrossOrigin(origins)
		if err != nil {
			t.Fatal(err)
		}
		for origin, want := range map[string]string{
			"https://evil.example":     "the origin https://evil.example ",
			"null":                     "the origin null ",
			"https://e\u202evil.test":  "the origin https://e\ufffdvil.test ",
			app + ".evil.example":      "the origin " + app + ".evil.example ",
			strings.Repeat("x", 10000): strings.Repeat("x", 100) + "… ",
		} {
			r := httptest.NewRequest(http.MethodOptions, "https://api.example.com/graphql", nil)
			r.Header.Set("Origin", origin)
			r.Header.Set("Access-Control-Request-Method", "POST")
			err := policy.Check(r)
			if err == nil || !strings.Contains(err.Error(), want) ||
				!strings.Contains(err.Error(), "--cors-origins") {
				t.Errorf("%.30s: %v", origin, err)
			}
		}
	}
}
