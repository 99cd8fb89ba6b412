package graph_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"customer-events/internal/api"
	"customer-events/test/testutil"
)

func TestTransport_StrictJSON(t *testing.T) {
	t.Parallel()
	a := newAPI(t, nil)
	const ok = `"query":"{ limits { maxPageSize } }"`
	for _, c := range []struct{ name, body, want string }{
		{"good", `{` + ok + `}`, ""},
		{"blanks around", " \r\n\t{" + ok + "} \r\n\t", ""},
		{"all members", `{` + ok + `,"variables":{},"operationName":null,"extensions":{}}`, ""},
		{"nulls", `{` + ok + `,"variables":null,"operationName":null,"extensions":null}`, ""},
		{"an unknown member", `{` + ok + `,"id":1}`, ""},
		{"empty", ``, "BAD_REQUEST"},
		{"a query twice", `{` + ok + `,` + ok + `}`, "BAD_REQUEST"},
		{"variables twice", `{` + ok + `,"variables":{},"variables":{}}`, "BAD_REQUEST"},
		{"an unknown member twice", `{` + ok + `,"x":1,"x":1}`, "BAD_REQUEST"},
		{"trailing data", `{` + ok + `}{}`, "BAD_REQUEST"},
		{"trailing bracket", `{` + ok + `}}`, "BAD_REQUEST"},
		{"trailing comma", `{` + ok + `,}`, "BAD_REQUEST"},
		{"a comment", `{` + ok + `/* x */}`, "BAD_REQUEST"},
		{"a byte order mark", "\ufeff{" + ok + `}`, ""},
		{"a batch", `[{` + ok + `}]`, "BAD_REQUEST"},
		{"a text", `"` + "x" + `"`, "BAD_REQUEST"},
		{"cut off", `{` + ok, "BAD_REQUEST"},
		{"single quotes", `{'query':'{ limits { maxPageSize } }'}`, "BAD_REQUEST"},
		{"no query", `{"variables":{}}`, "BAD_REQUEST"},
		{"an empty query", `{"query":""}`, "BAD_REQUEST"},
		{"a null query", `{"query":null}`, "BAD_REQUEST"},
		{"a query that is no text", `{"query":{}}`, "BAD_REQUEST"},
		{"invalid UTF-8 in the query", `{"query":"{ limits { maxPageSize } } # ` + "\xff" + `"}`,
			"BAD_REQUEST"},
		{"half a surrogate pair in the query", `{"query":"{ limits { maxPageSize } } # \ud800"}`,
			"BAD_REQUEST"},
		{"invalid UTF-8 in the operation's name", `{` + ok + `,"operationName":"` + "\xff" + `"}`,
			"BAD_REQUEST"},
		{"an operation's name that is no text", `{` + ok + `,"operationName":1}`, "BAD_REQUEST"},
		{"variables that are a list", `{` + ok + `,"variables":[]}`, "BAD_REQUEST"},
		{"variables in a text", `{` + ok + `,"variables":"{}"}`, "BAD_REQUEST"},
		{"extensions that are a list", `{` + ok + `,"extensions":[]}`, "BAD_REQUEST"},
		{"NaN", `{` + ok + `,"variables":{"x":NaN}}`, "BAD_REQUEST"},
		{"a leading zero", `{` + ok + `,"variables":{"x":01}}`, "BAD_REQUEST"},
		{"a control character", "{" + ok + ",\"variables\":{\"x\":\"\x00\"}}", "BAD_REQUEST"},
		{"a bad escape", `{` + ok + `,"variables":{"x":"\q"}}`, "BAD_REQUEST"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := a.send(t, c.body, "Accept", newMedia)
			want := map[string]int{"": 200, "BAD_REQUEST": 400}[c.want]
			if r.code() != c.want || r.status != want {
				t.Errorf("%s: %d %s", c.name, r.status, r.text)
			}
			if c.want != "" && r.Data != nil {
				t.Errorf("%s: data must be absent: %s", c.name, r.text)
			}
		})
	}
	// Variables outside events: a name that occurs twice, and strings that are not valid Unicode.
	for _, variables := range []string{
		`{"input":{"webCustomerEventsSet":[]},"input":{"webCustomerEventsSet":[]}}`,
		`{"input":{"webCustomerEventsSet":[],"webCustomerEventsSet":[]}}`,
		`{"input":{"webCustomerEventsSet":[],"idempotencyKey":"` + "\xff" + `"}}`,
		`{"input":{"webCustomerEventsSet":[],"idempotencyKey":"\udc00"}}`,
		`{"input":{"webCustomerEventsSet":[],"unknown":1}}`,
		`{"input":{"webCustomerEventsSet":null}}`,
		`{"input":null}`,
		`{}`,
		`{"input":[]}`,
		`{"input":{"webCustomerEventsSet":[],"idempotencyKey":1}}`,
	} {
		t.Run(variables, func(t *testing.T) {
			r := a.post(t, createQuery, variables, "Accept", newMedia)
			if r.code() != "GRAPHQL_VALIDATION_FAILED" || r.status != 400 || r.Data != nil {
				t.Errorf("%s: %d %s", variables, r.status, r.text)
			}
		})
	}
}

func TestTransport_BodySize(t *testing.T) {
	t.Parallel()
	a := newAPI(t, nil)
	sized := func(n int) string {
		body := `{"query":"{ limits { maxPageSize } }","variables":{"x":"`
		return body + strings.Repeat("x", n-len(body)-3) + `"}}`
	}
	for _, c := range []struct {
		name, body, encoding string
		status               int
	}{
		{"the most", sized(api.MaxBodyBytes), "", 200},
		{"one more", sized(api.MaxBodyBytes + 1), "", 413},
		{"the most, by gzip", testutil.Gzip(sized(api.MaxBodyBytes)), "gzip", 200},
		{"one more, by gzip", testutil.Gzip(sized(api.MaxBodyBytes + 1)), "gzip", 413},
		{"a compression payload", testutil.Gzip(string(make([]byte, 20<<20))), "gzip", 413},
		{"not gzip", "nonsense", "gzip", 400},
		{"gzip that is cut off", testutil.Gzip(sized(1000))[:50], "GZIP", 400},
		{"br", "x", "br", 415},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, media := range []string{"application/json", newMedia} {
				t.Run(media, func(t *testing.T) {
					if media == newMedia && c.status == 200 {
						return
					}
					r := a.send(t, c.body, "Content-Encoding", c.encoding, "Accept", media)
					code := map[int]string{
						200: "",
						400: "BAD_REQUEST",
						413: "PAYLOAD_TOO_LARGE",
						415: "UNSUPPORTED_MEDIA_TYPE",
					}[c.status]
					if r.status != c.status || r.code() != code {
						t.Errorf("%s: %d %.300s", c.name, r.status, r.text)
					}
				})
			}
		})
	}
	// No Content-Length header.
	chunked := a.do(t, http.MethodPost, "/graphql",
		struct{ *strings.Reader }{strings.NewReader(sized(api.MaxBodyBytes + 1))})
	if chunked.status != 413 {
		t.Errorf("chunked: %d", chunked.status)
	}
}

func TestTransport_MediaTypesAndMethods(t *testing.T) {
	t.Parallel()
	a := newAPI(t, nil)
	const body, wrong = `{"query":"{ limits { maxPageSize } }"}`, `{"query":"{ nothing }"}`
	for content, status := range map[string]int{
		"application/json":                  200,
		"application/json; charset=utf-8":   200,
		"APPLICATION/JSON;charset=UTF-8":    200,
		"":                                  415,
		"text/plain":                        415,
		"application/json; charset=utf-16":  415,
		"application/graphql":               415,
		"multipart/form-data; boundary=x":   415,
		"application/x-www-form-urlencoded": 415,
		"nonsense/":                         415,
	} {
		t.Run(content, func(t *testing.T) {
			if r := a.send(t, body, "Content-Type", content); r.status != status ||
				strings.Contains(r.text, "maxPageSize } }") {
				t.Errorf("Content-Type %q: %d %s", content, r.status, r.text)
			}
		})
	}
	for accept, want := range map[string]string{
		"":                                    "application/json",
		"*/*":                                 "application/json",
		"application/*":                       "application/json",
		"application/json":                    "application/json",
		newMedia:                              newMedia,
		newMedia + ", application/json;q=0.9": newMedia,
		newMedia + ";q=0.5, application/json": "application/json",
		"text/html":                           "",
		"application/xml":                     "",
		"text/html, */*;q=0.1":                "application/json",
		"application/json;charset=latin1":     "",
	} {
		t.Run(accept, func(t *testing.T) {
			r := a.send(t, wrong, "Accept", accept)
			status := map[string]int{"application/json": 200, newMedia: 400, "": 406}[want]
			media := map[bool]string{true: "application/json", false: want}[want == ""] + "; charset=utf-8"
			if r.status != status || r.header.Get("Content-Type") != media {
				t.Errorf("Accept %q: %d %s", accept, r.status, r.header.Get("Content-Type"))
			}
		})
	}
	get := func(query string, more ...string) reply {
		return a.do(t, http.MethodGet, "/graphql?query="+url.QueryEscape(query)+strings.Join(more, ""), nil,
			"Accept", newMedia)
	}
	r := get(`query ($first: Int) { webCustomerEvents(first: $first) { nodes { id } } }`, "&variables=",
		url.QueryEscape(`{"first":3}`))
	if r.status != 200 || len(r.Errors) > 0 {
		t.Errorf("GET: %d %s", r.status, r.text)
	}
	for _, media := range []string{"application/json", newMedia} {
		t.Run(media, func(t *testing.T) {
			r := a.do(t, http.MethodGet, "/graphql?query="+url.QueryEscape(`mutation { logout }`), nil,
				"Accept", media)
			if r.status != 405 || r.header.Get("Allow") != "POST" || r.Data != nil {
				t.Errorf("GET of a mutation: %d %v %s", r.status, r.header, r.text)
			}
		})
	}
	for _, r := range []reply{
		get(""),
		get(`{ limits { maxPageSize } }`, "&variables=[]"),
		get(`{ limits { maxPageSize } }`, "&variables={}{}"),
		get(`{ limits { maxPageSize } }`, "&extensions=1"),
	} {
		if r.status != 400 || r.code() != "BAD_REQUEST" {
			t.Errorf("GET: %d %s", r.status, r.text)
		}
	}
	for _, method := range []string{
		http.MethodPut,
		http.MethodDelete,
		http.MethodPatch,
		http.MethodOptions,
	} {
		t.Run(method, func(t *testing.T) {
			r := a.do(t, method, "/graphql", strings.NewReader(body))
			if r.status != 405 || r.header.Get("Allow") != "GET, POST" {
				t.Errorf("%s: %d %v", method, r.status, r.header)
			}
		})
	}
}

func aliases(n int, field string) (text string) {
	for i := range n {
		text += fmt.Sprintf(" a%d: %s", i, field)
	}
	return text
}
