package graph_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// TestTransport_PositionInBody checks that the error for a body that is not JSON names the place, and does
// not repeat the body.
func TestTransport_PositionInBody(t *testing.T) {
	t.Parallel()
	a := newAPI(t, nil)
	for _, c := range []struct{ name, body, want string }{
		{"a query without JSON", `{ limits { maxPageSize } }`, "line 1, column 3"},
		{"a form", `query=CANARY`, "line 1, column 1"},
		{"text behind", `{"query":"CANARY"} x`, "line 1, column 20"},
		{"a comma at the end", "{\n  \"query\": \"CANARY\",\n}", "line 3, column 1"},
		{"single quotes", `{'query': 'CANARY'}`, "line 1, column 2"},
		{"a tab in a string", "{\"query\":\"CANARY\t\"}", "line 1, column 17"},
		{"a line end in a string", "{\"query\":\"CANARY\n\"}", "line 1, column 17"},
		{"an unknown escape", `{"query":"ä\qCANARY"}`, "line 1, column 12"},
		{"an unknown escape behind another", `{"query":"\n\qCANARY"}`, "line 1, column 13"},
		{"in a skipped member", `{"nothing":"CANARY\q"}`, "line 1, column 19"},
		{"in the variables", "{\"variables\":{\"a\":\n[1,2,]}}", "line 2, column 6"},
		{"a misspelt literal", `{"variables":nul}`, "line 1, column 17"},
		{"a number", `{"variables":{"a":01}}`, "line 1, column 20"},
		{"cut off in a string", `{"query":"CANARY`, "it ends at line 1, column 17"},
		{"cut off in an object", `{"query":"CANARY"`, "it ends at line 1, column 18"},
		{"cut off in an escape", `{"query":"CANARY\`, "it ends at line 1, column 18"},
		{"cut off in variables", `{"variables":{"a":[`, "it ends at line 1, column 20"},
		{"UTF-16", "\xff\xfe{\x00}\x00", "UTF-16"},
		{"two byte order marks", "\ufeff\ufeff{}", "line 1, column 1"},
		{"a list", `[]`, "one JSON object"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := a.send(t, c.body)
			if r.status != 400 || r.code() != "BAD_REQUEST" || !strings.Contains(r.text, c.want) {
				t.Errorf("%d %s, want %q", r.status, r.text, c.want)
			}
			if strings.Contains(r.text, "CANARY") {
				t.Errorf("the answer repeats the body: %s", r.text)
			}
			status, _, text := a.byWebAPI(t, "customer_events/bulk/web/create", "", c.body)
			if status != 400 || !strings.Contains(text, c.want) || strings.Contains(text, "CANARY") {
				t.Errorf("Web API: %d %s, want %q", status, text, c.want)
			}
		})
	}
	parameters := "/graphql?query=" + url.QueryEscape("{__typename}") + "&variables="
	if r := a.do(t, http.MethodGet, parameters+url.QueryEscape(`{"a":x}`), nil); !strings.Contains(r.text,
		"variables is not valid JSON: see line 1, column 6") {
		t.Errorf("GET: %s", r.text)
	}
}

// TestTransport_ByteOrderMark checks that both protocols ignore a byte order mark before the JSON.
func TestTransport_ByteOrderMark(t *testing.T) {
	t.Parallel()
	a := newAPI(t, nil)
	if r := a.send(t, "\ufeff"+`{"query":"{ limits { maxPageSize } }"}`); r.status != 200 ||
		len(r.Errors) > 0 {
		t.Errorf("GraphQL: %d %s", r.status, r.text)
	}
	body := "\ufeff" + `{"web_customer_events_set":[` + wire(good("1")) + `}]}`
	if status, _, text := a.byWebAPI(t, "customer_events/bulk/web/create", "", body); status != 200 ||
		!strings.Contains(text, `"code":"OK"`) {
		t.Errorf("Web API: %d %s", status, text)
	}
}

// TestDocument_LexerSentences checks that the error for a text that is no token is the lexer's own sentence,
// with the place and without a part of a literal.
func TestDocument_LexerSentences(t *testing.T) {
	t.Parallel()
	a := newAPI(t, nil)
	const escape = "Invalid character escape sequence."
	const login = `mutation { login(input: {username: "demo", password: `
	for _, c := range []struct{ name, query, want, location string }{
		{"a string without an end", login + `"CANARY`, "Unterminated string", `"line":1,"column":61`},
		{"a string over the line end", login + "\"CANARY\n\"}) { token } }", "Unterminated string", ""},
		{"a block string without an end", login + `"""CANARY`, "Unterminated string", ""},
		{"single quotes", login + `'CANARY'}) { token } }`, "single quote", `"line":1,"column":54`},
		{"typographic quotes", login + `“CANARY”}) { token } }`, `character \"“\"`, `"column":54`},
		{"typographic quotes in line 2", "{ # ä\r\n ä“ }", "unexpected character", `"line":2,"column":2`},
		{"an unknown escape", login + `"CANARY\q"}) { token } }`, escape, ""},
		{"an escape of letters", login + `"\uCANARY"}) { token } }`, escape, ""},
		{"a cut escape", login + `"\u{CANARY}"}) { token } }`, escape, ""},
		{"a control character", login + "\"CANARY\a\"}) { token } }", "character within String.", ""},
		{"a number", `{ webCustomerEvents(first: 01) { nodes { id } } }`, "Invalid number", `"column":29`},
		{"a fraction", `{ webCustomerEvents(first: 1.x) { nodes { id } } }`, "Invalid number", ""},
		{"a semicolon", `{ limits { maxPageSize }; }`, "unexpected character", `"column":25`},
		{"a question mark", "{\n limits {\n  ? } }", "unexpected character", `"line":3,"column":3`},
		{"at the beginning", `%7Blimits%7D`, "unexpected character", `"line":1,"column":1`},
		{"a null character", "{ limits { maxPageSize } \x00 }", "invalid character", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := a.post(t, c.query, "")
			if r.code() != "GRAPHQL_PARSE_FAILED" || !strings.Contains(r.text, c.want) {
				t.Errorf("%s, want %q", r.text, c.want)
			}
			if !strings.Contains(r.text, c.location) {
				t.Errorf("%s, want the location %s", r.text, c.location)
			}
			if strings.Contains(r.text, "Invalid>") || strings.Contains(r.text, `\u003cInvalid`) {
				t.Errorf("the sentence is the parser's: %s", r.text)
			}
			if strings.Contains(r.text, "CANARY") || strings.Contains(r.text, "CANA") {
				t.Errorf("the answer repeats a literal: %s", r.text)
			}
		})
	}
}
