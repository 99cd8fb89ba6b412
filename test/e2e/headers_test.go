package e2e

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"customer-events/internal/store/storetest"
	"customer-events/test/apitest"
)

// postLines posts a body with header lines, given in pairs, of which a name may occur several times.
func postLines(t *testing.T, s *apitest.Server, path, body string, lines ...string) apitest.Response {
	t.Helper()
	from := strings.NewReader(body)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL+path, from)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(lines); i += 2 {
		request.Header.Add(lines[i], lines[i+1])
	}
	response, err := s.Client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text := new(strings.Builder)
	_ = response.Write(text)
	_, answer, _ := strings.Cut(text.String(), "\r\n\r\n")
	return apitest.Response{Status: response.StatusCode, Header: response.Header, Text: answer}
}

// TestHeaders_SentTwice checks that a request with two different tokens or idempotency keys in its headers
// is rejected by both protocols, and that equal lines are accepted.
func TestHeaders_SentTwice(t *testing.T) {
	t.Parallel()
	s := apitest.ServeDemo(t, storetest.SQLite(t))
	bearer := "Bearer " + s.Token
	const key, auth = "Idempotency-Key", "Authorization"
	graphQL, _ := json.Marshal(apitest.Object{
		"query":     apitest.CreateQuery,
		"variables": apitest.CreateInput(apitest.Events(1)),
	})
	webAPI := `{"web_customer_events_set":[` + apitest.WebEvent("1") + `}]}`
	for _, c := range []struct {
		name   string
		lines  []string
		status int
		text   string
	}{
		{"two keys", []string{auth, bearer, key, "first", key, "second"}, 400, "first, second"},
		{"three keys", []string{auth, bearer, key, "a", key, "b", key, "a"}, 400, "Idempotency-Key"},
		{"two keys without a token", []string{key, "first", key, "second"}, 400, "Idempotency-Key"},
		{"keys of two spellings", []string{auth, bearer, key, "k", key, "K"}, 400, "k, K"},
		{"two equal keys", []string{auth, bearer, key, "equal", key, "equal"}, 200, ""},
		{"an empty key and a key", []string{auth, bearer, key, "", key, "empty"}, 200, ""},
		{"two tokens", []string{auth, bearer, auth, "Bearer SECRET"}, 400, "Authorization"},
		{"two equal tokens", []string{auth, bearer, auth, bearer}, 200, ""},
		{"the login of a proxy", []string{auth, "Basic YTpi", auth, bearer}, 200, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			for path, body := range map[string]string{
				"/graphql": string(graphQL), "/crmapi/rest/v2/" + apitest.WebCreatePath: webAPI,
			} {
				lines := append([]string{}, c.lines...)
				if path != "/graphql" { // another call needs another key
					for i := 1; i < len(lines); i += 2 {
						if lines[i-1] == key && lines[i] != "" && c.status == 200 {
							lines[i] += " web"
						}
					}
				}
				r := postLines(t, s, path, body, lines...)
				if r.Status != c.status || !strings.Contains(r.Text, c.text) {
					t.Errorf("%s: %d %s", path, r.Status, r.Text)
				}
				if c.status == 400 && !strings.Contains(r.Text, "BAD_REQUEST") &&
					!strings.Contains(r.Text, "BadRequestException") || strings.Contains(r.Text, "SECRET") {
					t.Errorf("%s: %s", path, r.Text)
				}
			}
		})
	}
}

// TestEncoding_GzipOnly checks that responses are compressed with gzip or not at all, whatever else a client
// accepts, and that requests may use gzip only.
func TestEncoding_GzipOnly(t *testing.T) {
	t.Parallel()
	s := apitest.ServeDemo(t, storetest.SQLite(t))
	s.Client.Transport.(*http.Transport).DisableCompression = true
	introspection := `{"query":"{ __schema { types { name description fields { name description } } } }"}`
	for accept, want := range map[string]string{
		"gzip, deflate, br, zstd":  "gzip",
		"zstd, gzip":               "gzip",
		"zstd;q=1.0, gzip;q=0.1":   "gzip",
		"gzip":                     "gzip",
		"zstd":                     "",
		"br":                       "",
		"deflate":                  "",
		"zstd, br, deflate":        "",
		"gzip;q=0, zstd":           "",
		"identity":                 "",
		"":                         "",
		"zstd;q=1, identity;q=0.5": "",
	} {
		t.Run(accept, func(t *testing.T) {
			t.Parallel()
			for _, request := range []struct{ method, path, body string }{
				{http.MethodPost, "/graphql", introspection},
				{http.MethodGet, "/schema.graphql", ""},
				{http.MethodGet, "/crmapi/rest/v2/openapi.json", ""},
				{http.MethodGet, "/metrics", ""},
				{http.MethodGet, "/", ""},
			} {
				_, header, text := s.Do(t, request.method, request.path, strings.NewReader(request.body),
					"Accept-Encoding", accept, "Content-Type", "application/json")
				got := header.Get("Content-Encoding")
				if got != want && (request.path != "/" || got != "") {
					t.Errorf("%s: the encoding is %q, want %q", request.path, got, want)
				}
				if zipped := strings.HasPrefix(string(text), "\x1f\x8b"); zipped != (got == "gzip") {
					t.Errorf("%s: the encoding is %q, gzip is %t", request.path, got, zipped)
				}
			}
		})
	}
	for _, encoding := range []string{"zstd", "br", "deflate"} {
		r := s.PostBody(t, strings.NewReader(introspection), "Content-Encoding", encoding)
		if r.Status != http.StatusUnsupportedMediaType || r.Code() != "UNSUPPORTED_MEDIA_TYPE" {
			t.Errorf("a body by %s: %d %s", encoding, r.Status, r.Text)
		}
	}
}

// TestCrossOrigin_RejectedOrigin checks that the response to a request or a preflight from an origin that is
// not permitted names the origin and the option, and the log does too.
func TestCrossOrigin_RejectedOrigin(t *testing.T) {
	t.Parallel()
	const evil = "https://evil.example"
	for _, origins := range []string{"", "https://app.example.com"} {
		t.Run("origins "+origins, func(t *testing.T) {
			t.Parallel()
			s := apitest.ServeDemo(t, storetest.SQLite(t), "--cors-origins", origins)
			for _, path := range []string{"/graphql", "/crmapi/rest/v2/" + apitest.WebCreatePath} {
				for _, method := range []string{http.MethodOptions, http.MethodPost} {
					status, header, text := s.Do(t, method, path, nil, "Origin", evil,
						"Sec-Fetch-Site", "cross-site", "Access-Control-Request-Method", "POST",
						"Access-Control-Request-Headers", "content-type")
					if status != http.StatusForbidden || header.Get("Access-Control-Allow-Origin") != "" {
						t.Errorf("%s %s: %d %v", method, path, status, header)
					}
					if !strings.Contains(string(text), evil) ||
						!strings.Contains(string(text), "--cors-origins") {
						t.Errorf("%s %s: the response gives no reason: %s", method, path, text)
					}
				}
			}
			lines := 0
			for line := range strings.SplitSeq(s.Log.String(), "\n") {
				if strings.Contains(line, evil) && strings.Contains(line, "--cors-origins") &&
					strings.Contains(line, `"code":"FORBIDDEN"`) && strings.Contains(line, `"status":403`) {
					lines++
				}
			}
			if lines != 4 {
				t.Errorf("%d of 4 log lines give the reason: %s", lines, s.Log.String())
			}
		})
	}
}
