package e2e

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"customer-events/internal/store/storetest"
	"customer-events/test/apitest"
)

var methods = []string{
	http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete,
	http.MethodOptions, "PROPFIND",
}

// TestPaths_Unknown checks that an unknown path gets 404 for every method, with and without GraphiQL, and
// that the text names the right paths.
func TestPaths_Unknown(t *testing.T) {
	t.Parallel()
	for _, introspection := range []string{"on", "off"} {
		t.Run("introspection "+introspection, func(t *testing.T) {
			t.Parallel()
			s := apitest.Serve(t, "--database", storetest.SQLite(t), "--introspection", introspection)
			for _, path := range []string{
				"/graphql/",
				"/graphql/x",
				"/GraphQL",
				"/nothing",
				"/api/graphql",
				"/graphiql/",
				"/assets/",
				"/index.html/",
				"/healthz/",
				"/crmapi",
				"/crmapi/rest",
				"/crmapi/rest/v1/authentication/token",
				"/crmapi/rest/v2",
				"/crmapi/rest/v2/",
				"/crmapi/rest/v2/nothing",
			} {
				for _, method := range methods {
					status, header, text := s.Do(t, method, path, nil)
					if status != http.StatusNotFound || header.Get("X-Request-Id") == "" {
						t.Errorf("%s %s: %d %v", method, path, status, header)
					}
					if method != http.MethodHead && !strings.Contains(string(text), "/graphql") &&
						!strings.Contains(string(text), "/crmapi/rest/v2/openapi.json") {
						t.Errorf("%s %s names no path that exists: %s", method, path, text)
					}
				}
			}
		})
	}
}

// TestPaths_TrailingSlash checks that clients of GraphQL can show the error.
func TestPaths_TrailingSlash(t *testing.T) {
	t.Parallel()
	s := apitest.ServeDemo(t, storetest.SQLite(t))
	status, header, text := s.Do(t, http.MethodPost, "/graphql/",
		strings.NewReader(`{"query":"{__typename}"}`),
		"Content-Type", "application/json; charset=utf-8")
	var answer apitest.Response
	if err := json.Unmarshal(text, &answer); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	if status != http.StatusNotFound || answer.Code() != "NOT_FOUND" ||
		!strings.HasPrefix(header.Get("Content-Type"), "application/json") {
		t.Errorf("%d %v %s", status, header, text)
	}
	if len(answer.Errors) != 1 || !strings.Contains(answer.Errors[0].Message, "GraphQL is at /graphql,") {
		t.Errorf("the text does not name the endpoint: %s", text)
	}
}

// TestPaths_WrongMethod checks that a known path gets 405 for a method that it does not accept.
func TestPaths_WrongMethod(t *testing.T) {
	t.Parallel()
	s := apitest.ServeDemo(t, storetest.SQLite(t))
	for path, allow := range map[string]string{
		"/":                            "GET, HEAD",
		"/graphiql":                    "GET, HEAD",
		"/healthz":                     "GET, HEAD",
		"/readyz":                      "GET, HEAD",
		"/metrics":                     "GET, HEAD",
		"/schema.graphql":              "GET, HEAD",
		"/graphql":                     "GET, POST",
		"/crmapi/rest/v2/openapi.json": "GET, HEAD",
		"/crmapi/rest/v2/authentication/token/release": "POST",
	} {
		for _, method := range []string{http.MethodPut, http.MethodDelete, http.MethodPatch} {
			status, header, text := s.Do(t, method, path, nil)
			if status != http.StatusMethodNotAllowed || header.Get("Allow") != allow {
				t.Errorf("%s %s: %d %v %s", method, path, status, header, text)
			}
		}
	}
}

// TestGraphQL_OpenedInBrowser checks that a browser that opens the endpoint gets GraphiQL, if it is on, and
// that other clients and queries get GraphQL.
func TestGraphQL_OpenedInBrowser(t *testing.T) {
	t.Parallel()
	const browser = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"
	const query = "?query=%7B__typename%7D"
	on := apitest.ServeDemo(t, storetest.SQLite(t))
	off := apitest.Serve(t, "--database", storetest.SQLite(t), "--introspection", "off")
	for _, c := range []struct {
		name, path, accept string
		s                  *apitest.Server
		status             int
		media              string
	}{
		{"a browser", "/graphql", browser, on, 200, "text/html"},
		{"text/html only", "/graphql", "text/html", on, 200, "text/html"},
		{"a query in a browser", "/graphql" + query, browser, on, 200, "application/json"},
		{"a query of a program", "/graphql" + query, "application/json", on, 200, "application/json"},
		{"a program", "/graphql", "application/json", on, 400, "application/json"},
		{"anything", "/graphql", "*/*", on, 400, "application/json"},
		{"not text/html", "/graphql", "text/html;q=0, */*", on, 400, "application/json"},
		{"GraphiQL itself", "/graphiql", browser, on, 200, "text/html"},
		{"a browser without GraphiQL", "/graphql", browser, off, 400, "application/json"},
		{"GraphiQL without GraphiQL", "/graphiql", browser, off, 404, "text/plain"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			// A link from another site may open GraphiQL, too.
			status, header, text := c.s.Do(t, http.MethodGet, c.path, nil, "Accept", c.accept)
			if status != c.status || !strings.HasPrefix(header.Get("Content-Type"), c.media) {
				t.Errorf("%d %v %.300s", status, header, text)
			}
			if c.media == "text/html" && !strings.Contains(string(text), "GraphiQL") {
				t.Errorf("the page is not GraphiQL: %.300s", text)
			}
		})
	}
	status, _, _ := on.Do(t, http.MethodGet, "/graphql", nil, "Accept", browser, "Sec-Fetch-Site",
		"cross-site")
	if status != http.StatusOK {
		t.Errorf("a link from another site: %d", status)
	}
}
