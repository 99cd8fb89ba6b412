package graph_test

import (
	"net/http"
	"net/url"
	"testing"
)

// TestPersistedQuery_NotSupported checks that a request with a hash and no query text gets the message and
// the code after which Apollo Client and urql send the text.
func TestPersistedQuery_NotSupported(t *testing.T) {
	t.Parallel()
	a := newAPI(t, nil)
	const hash = `{"persistedQuery":{"version":1,"sha256Hash":"ecf4edb46db40b5132295c0291d62fb65d6759a9"}}`
	const notSupported = "PERSISTED_QUERY_NOT_SUPPORTED"
	for _, c := range []struct{ name, query, extensions, code string }{
		{"a hash", ``, hash, notSupported},
		{"a hash and a null query", `null`, hash, notSupported},
		{"a hash and an empty query", `""`, hash, notSupported},
		{"a hash among other extensions", ``, `{"a":[1],"persistedQuery":{},"b":{}}`, notSupported},
		{"a query and its hash", `"{ limits { maxPageSize } }"`, hash, ""},
		{"a query and another hash", `"{ __typename }"`, hash, ""},
		{"no extensions", ``, ``, "BAD_REQUEST"},
		{"other extensions", ``, `{"clientLibrary":{"name":"a"}}`, "BAD_REQUEST"},
		{"a null hash", ``, `{"persistedQuery":null}`, "BAD_REQUEST"},
		{"null extensions", ``, `null`, "BAD_REQUEST"},
		{"a hash deeper down", ``, `{"a":{"persistedQuery":{}}}`, "BAD_REQUEST"},
	} {
		for media, status := range map[string]int{newMedia: 400, "application/json": 200} {
			t.Run(c.name+" as "+media, func(t *testing.T) {
				body, parameters := `{"operationName":null`, url.Values{}
				if c.query != "" {
					body += `,"query":` + c.query
				}
				if c.query != "" && c.query != "null" {
					parameters.Set("query", c.query[1:len(c.query)-1])
				}
				if c.extensions != "" {
					body += `,"extensions":` + c.extensions
					parameters.Set("extensions", c.extensions)
				}
				posted := a.send(t, body+`}`, "Accept", media)
				got := a.do(t, http.MethodGet, "/graphql?"+parameters.Encode(), nil, "Accept", media)
				for method, r := range map[string]reply{"POST": posted, "GET": got} {
					if r.code() != c.code {
						t.Errorf("%s: the code is %q, want %q: %s", method, r.code(), c.code, r.text)
					}
					if c.code != notSupported {
						continue
					}
					if r.status != status || r.Data != nil {
						t.Errorf("%s: the status is %d, want %d: %s", method, r.status, status, r.text)
					}
					if len(r.Errors) != 1 || r.Errors[0].Message != "PersistedQueryNotSupported" {
						t.Errorf("%s: Apollo Client and urql look for another message: %s", method, r.text)
					}
				}
			})
		}
	}
}
