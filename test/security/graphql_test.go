package security

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"customer-events/test/apitest"
)

func jsonText(text string) string {
	quoted, _ := json.Marshal(text)
	return string(quoted)
}

func attackIntrospection(a *attackRun) {
	for _, query := range []string{
		`{ __schema { types { name } } }`, `query IntrospectionQuery { __schema { queryType { name } ` +
			`mutationType { name } types { kind name fields { name } } } }`,
		`{ __type(name: "Query") { fields { name } } }`,
		`{ a: __schema { types { name } } }`, `{ ...f } fragment f on Query { __schema { types { name } } }`,
		`{ ... on Query { __type(name: "LoginInput") { inputFields { name } } } }`,
		"{\n__schema\n{types{name}}}",
		"{__schema # comment\n{types{name}}}", `query ($n: String = "Query") { __type(name: $n) { name } }`,
		`{ limits { maxPageSize } __schema { types { name } } }`, `mutation { __schema { types { name } } }`,
		`{ __schema @include(if: true) { types { name } } }`,
		`{ __schema @skip(if: false) { directives { name } } }`,
		// circular
		`{ __schema { types { fields { type { fields { type { fields { type { name } } } } } } } } }`,
		`{ _service { sdl } }`, `{ __schema { __typename } }`,
	} {
		status, text := a.query(query)
		a.check(status == http.StatusBadRequest && !strings.Contains(text, `"name":`) &&
			!strings.Contains(text, `"__schema":{`), "%s: %d %.300s", query, status, text)
		status, _, answer := a.Do(a.t, http.MethodGet, "/graphql?query="+url.QueryEscape(query), nil)
		a.check(!strings.Contains(string(answer), `"name":`) &&
			!strings.Contains(string(answer), `"__schema":{`), "GET %s: %d %.300s", query, status, answer)
	}
}

func attackSuggestions(a *attackRun) {
	for _, query := range []string{
		`{ limit { maxPageSize } }`,
		`{ limits { maxPageSiz } }`,
		`{ limits }`,
		`{ webCustomerEvents(firs: 1) { nodes { id } } }`,
		`{ webCustomerEvents(filter: {externalSyste: "x"}) { nodes { id } } }`,
		`mutation { logi { token } }`,
		`mutation { login(input: {usernam: "x"}) { token } }`,
		`query ($x: LoginInpu) { limits { maxPageSize } }`,
		`{ ...f } fragment f on Quer { limits { maxPageSize } }`,
		`{ limits @skp(if: true) { maxPageSize } }`,
		`{ webCustomerEvent(by: {i: "1"}) { id } }`,
		`{ webCustomerEvents { nodes } }`,
		`{ webCustomerEvents { nodes { accountsReceivabl { id } } } }`,
		`mutation { createWebCustomerEvent { x } }`,
	} {
		status, text := a.query(query)
		known := false
		for _, name := range []string{
			"maxPageSize", "externalSystem", "webCustomerEvents?", "accountsReceivable\"",
		} {
			known = known || strings.Contains(text, name)
		}
		// post has searched for "Did you mean"
		a.check(status == http.StatusBadRequest && !known, "%s: %d %s", query, status, text)
	}
}

func attackConsoles(a *attackRun) {
	for _, path := range []string{
		"/", "/index.html", "/graphiql", "/playground", "/altair", "/console", "/voyager",
		"/graphql/console", "/graphql/", "/graphql.php", "/v1/graphql", "/api/graphql", "/debug/pprof/",
		"/debug/vars", "/.git/config", "/.env", "/swagger", "/admin", "/assets/",
	} {
		status, header, text := a.Do(a.t, http.MethodGet, path, nil, "Accept", "text/html")
		a.check(status == http.StatusNotFound && !strings.Contains(string(text), "<html"),
			"%s: %d %v %.200s",
			path, status, header, text)
	}
	status, _, text := a.Do(a.t, http.MethodGet, "/graphql", nil, "Accept", "text/html")
	a.check(status == http.StatusNotAcceptable && !strings.Contains(string(text), "<html"),
		"/graphql for browsers: %d %.200s", status, text)
}

func attackTracing(a *attackRun) {
	for _, header := range []string{
		"X-Apollo-Tracing",
		"apollo-federation-include-trace",
		"X-Debug",
		"X-Trace",
	} {
		status, text := a.post("/graphql",
			`{"query":"{ limits { maxPageSize } }","extensions":{"tracing":true}}`, header, "ftv1")
		a.check(status == http.StatusOK && !strings.Contains(text, `"extensions"`), "%s: %d %s", header,
			status, text)
	}
	for _, method := range []string{http.MethodTrace, http.MethodConnect, "DEBUG", "PROPFIND"} {
		status, _, text := a.Do(a.t, method, "/graphql", nil, "X-Secret", "mirrored")
		a.check(status >= 400 && !strings.Contains(string(text), "mirrored"), "%s: %d %s", method, status,
			text)
	}
}

const logoutQuery = `mutation { logout }`

func attackMethods(a *attackRun) {
	for _, method := range []string{
		http.MethodGet, http.MethodHead, http.MethodPut, http.MethodPatch, http.MethodDelete,
		http.MethodOptions,
	} {
		for _, query := range []string{
			logoutQuery,
			`mutation m { login(input: {username: "demo", password: "demo-password"}) { token } }`,
			`query q { limits { maxPageSize } } mutation m { logout }`,
		} {
			for _, extra := range []string{"", "&operationName=m", "&extensions={}", "&variables={}"} {
				status, _, text := a.Do(a.t, method, "/graphql?query="+url.QueryEscape(query)+extra, nil,
					"Authorization", "Bearer "+a.Token, "X-HTTP-Method-Override", "POST")
				a.check((status >= 400 || strings.Contains(string(text), `"errors"`)) &&
					!strings.Contains(string(text), `"data"`), "%s %s%s: %d %s", method, query, extra,
					status, text)
			}
		}
		status, _, text := a.Do(a.t, method, "/crmapi/rest/v2/authentication/token/release?token="+a.Token,
			nil, "Authorization", "Bearer "+a.Token)
		a.check(status >= 400, "%s at the Web API: %d %s", method, status, text)
	}
	_, text := a.query(`{ webCustomerEvents(first: 1) { nodes { id } } }`)
	a.check(strings.Contains(text, `"data":{`), "the token has been released: %s", text)
}

func attackMedia(a *attackRun) {
	for _, media := range []string{
		"application/x-www-form-urlencoded",
		"multipart/form-data; boundary=x",
		"text/plain",
		"text/plain; application/json",
		"",
		"application/graphql",
		"application/xml",
		"text/json",
		"application/json; charset=utf-16",
		"application/jsonp",
		"*/*",
		"application/x-json",
		"application/json, text/plain",
		"application/json\x0b",
	} {
		for _, body := range []string{
			`{"query":"mutation { logout }"}`,
			"query=mutation+%7B+logout+%7D",
			"--x\r\nContent-Disposition: form-data; name=\"operations\"\r\n\r\n{\"query\":\"mutation { " +
				"logout }\"}\r\n--x--\r\n",
			logoutQuery,
			`{"query":"mutation { logout }","x":"=`,
		} {
			answer := a.raw(fmt.Sprintf("POST /graphql HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: "+
				"Bearer %s\r\nContent-Type: %s\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s",
				a.Token, media, len(body), body))
			a.check(strings.HasPrefix(answer, "HTTP/1.1 4") && !strings.Contains(answer, `"data"`),
				"%q %s: %.300s", media, body, answer)
		}
	}
	_, text := a.query(`{ webCustomerEvents(first: 1) { nodes { id } } }`)
	a.check(strings.Contains(text, `"data":{`), "the token has been released: %s", text)
}

func attackSites(a *attackRun) {
	for _, headers := range [][]string{
		{"Sec-Fetch-Site", "cross-site"},
		{"Sec-Fetch-Site", "same-site"},
		{"Origin", "https://evil.example"},
		{"Origin", "null"},
		{"Sec-Fetch-Site", "cross-site", "Origin", a.URL},
		{"Origin", strings.Replace(a.URL, "http", "https", 1) + "0"},
	} {
		for path, body := range map[string]string{
			"/graphql":                                     `{"query":"mutation { logout }"}`,
			"/crmapi/rest/v2/authentication/token":         `{"username":"demo","password":"demo-password"}`,
			"/crmapi/rest/v2/authentication/token/release": `{}`,
		} {
			status, text := a.post(path, body, headers...)
			a.check(status == http.StatusForbidden, "%v %s: %d %s", headers, path, status, text)
			status, header, _ := a.Do(a.t, http.MethodOptions, path, nil,
				append(headers, "Access-Control-Request-Method", "POST")...)
			a.check(header.Get("Access-Control-Allow-Origin") == "", "a preflight by %v of %s: %d %v",
				headers, path, status, header)
		}
		status, _, text := a.Do(a.t, http.MethodGet, "/graphql?query=%7Blimits%7BmaxPageSize%7D%7D", nil,
			headers...)
		a.check(status == http.StatusForbidden, "GET by %v: %d %s", headers, status, text)
	}
	status, _, _ := a.Do(a.t, http.MethodGet, "/metrics", nil)
	a.check(status == http.StatusOK, "who is no browser: %d", status)
}

func attackBatches(a *attackRun) {
	const login = `{"query":"mutation { login(input: {username: \"demo\", password: \"x\"}) { token } }"}`
	for _, n := range []int{1, 2, 10, 1000} {
		for _, path := range []string{
			"/graphql",
			"/crmapi/rest/v2/customer_events/bulk/web/create",
			"/crmapi/rest/v2/authentication/token",
		} {
			for _, body := range []string{
				"[" + strings.Repeat(login+",", n-1) + login + "]",
				strings.Repeat(login, n+1),
				strings.Repeat(login+"\n", n+1),
			} {
				status, text := a.post(path, body)
				a.check(status == http.StatusBadRequest && !strings.Contains(text, `"token"`),
					"%s %.100s: %d %s", path, body, status, text)
			}
		}
	}
	twice := `{"query":"{ limits { maxPageSize } }","query":"mutation { logout }"}`
	status, text := a.post("/graphql", twice)
	a.check(status == http.StatusBadRequest, "%s: %d %s", twice, status, text)
}

func attackErrors(a *attackRun) {
	for _, body := range []string{
		``,
		`{`,
		`null`,
		`1`,
		`"x"`,
		`[]`,
		`{}`,
		`{"query":null}`,
		`{"query":1}`,
		`{"query":{}}`,
		`{"query":""}`,
		`{"query":" "}`,
		`{"query":"{"}`,
		`{"query":"{ limits { maxPageSize } }","variables":[]}`,
		`{"query":"{ limits { maxPageSize } }","variables":"x"}`,
		`{"query":"{ limits { maxPageSize } }","operationName":1}`,
		`{"query":"{ limits { maxPageSize } }","operationName":"none"}`,
		`{"query":"\u0000"}`,
		`{"query":"\ud800"}`,
		"{\"query\":\"\xff\"}",
		`{"query":"{ webCustomerEvents(after: \"x\") { nodes { id } } }"}`,
		`{"query":"{ webCustomerEvent(by: {id: \"'\"}) { id } webCustomerEvents(first: -1) { nodes { id } ` +
			`} }"}`,
		`{"query":"{ webCustomerEvents(first: 2147483648) { nodes { id } } }"}`,
		`{"query":"{ webCustomerEvents(filter: {performedFrom: \"x\"}) { nodes { id } } }"}`,
		`{"query":"subscription { x }"}`,
		`{"query":"query a { limits { maxPageSize } } query b { limits { maxPageSize } }"}`,
		`{"query":"type X { a: Int }"}`,
		`{"query":"{ limits { maxPageSize } } extend type Query { x: Int }"}`,
		`{"query":"\ufeff{ x }"}`,
		`{"query":"{ \u202e }"}`,
	} {
		for _, path := range []string{
			"/graphql",
			"/crmapi/rest/v2/authentication/token",
			"/crmapi/rest/v2/customer_events/bulk/web/create",
		} {
			status, text := a.post(path, body)
			a.check(status >= 400 && status < 500 && json.Valid([]byte(text)), "%s %s: %d %s", path, body,
				status, text)
		}
	}
}

func attackAnonymous(a *attackRun) {
	token := a.Token
	defer func() { a.Token = token }()
	for _, bad := range []string{
		"",
		"x",
		"null",
		"undefined",
		"0",
		strings.Repeat("A", 43),
		strings.Repeat("A", 60000),
		token[1:],
		token + "=",
		token + " x",
		strings.ToLower(token),
		strings.ToUpper(token),
		"' OR '1'='1",
		"../../x",
		"eyJhbGciOiJub25lIn0.eyJzdWIiOiJkZW1vIn0.",
		"%00",
		token[:42] + "\xff",
	} {
		a.Token = bad
		for _, query := range []string{
			`mutation { createWebCustomerEvents(input: {webCustomerEventsSet: []}) { summary { received } ` +
				`} }`,
			`{ checkWebCustomerEvents(input: {webCustomerEventsSet: []}) { acceptable } }`,
			`{ webCustomerEvents { nodes { id } } }`,
			`{ webCustomerEvent(by: {number: "1"}) { id } }`,
			`mutation { logout }`,
		} {
			status, text := a.query(query)
			a.check(status == http.StatusUnauthorized && strings.Contains(text, "UNAUTHENTICATED") &&
				!strings.Contains(text, `":{"summary"`), "%q %s: %d %.300s", bad, query, status, text)
		}
		for _, path := range []string{"authentication/token/release", apitest.WebCreatePath} {
			status, text := a.post("/crmapi/rest/v2/"+path, `{"token":`+jsonText(bad)+
				`,"web_customer_events_set":[]}`, "Authorization", "")
			a.check(status == http.StatusUnauthorized, "%q %s: %d %.300s", bad, path, status, text)
		}
	}
}

func attackExtras(a *attackRun) {
	for _, headers := range []string{
		"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " +
			"dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: graphql-transport-ws",
		"Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAMAAABkAAQAAP__",
		"Accept: text/event-stream\r\nConnection: close",
	} {
		answer := a.raw("GET /graphql HTTP/1.1\r\nHost: 127.0.0.1\r\n" + headers + "\r\n\r\n")
		a.check(strings.HasPrefix(answer, "HTTP/1.1 4"), "%s: %.300s", headers, answer)
	}
	answer := a.raw("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
	a.check(!strings.Contains(answer, " 200 "), "HTTP/2 without TLS: %q", answer)
	for _, body := range []string{
		`{"extensions":{"persistedQuery":{"version":1,"sha256Hash":"` + strings.Repeat("a", 64) + `"}}}`,
		`{"id":"1"}`,
		`{"documentId":"1"}`,
		`{"query":"mutation ($f: Upload!) { upload(file: $f) { id } }","variables":{"f":null}}`,
	} {
		status, text := a.post("/graphql", body)
		a.check(status == http.StatusBadRequest, "%s: %d %s", body, status, text)
	}
}
