package security

import (
	"fmt"
	"net/http"
	"strings"

	"customer-events/test/apitest"
	"customer-events/test/testutil"
)

func attackPaths(a *attackRun) {
	for _, up := range []string{
		"../", "..%2f", "%2e%2e/", "%2e%2e%2f", "..\\", "..%5c", "....//", "..%252f", "..%c0%af", "..;/",
		"%00/", "./.././",
	} {
		for _, base := range []string{
			"/",
			"/assets/",
			"/graphql/",
			"/crmapi/rest/v2/",
			"/crmapi/rest/v2/customer_events/bulk/web/create/",
		} {
			for _, file := range []string{
				"etc/passwd", "go.mod", "customer-events-demo.db", "customer-events-demo.db.key",
			} {
				answer := a.raw("GET " + base + strings.Repeat(up, 6) + file +
					" HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
				a.check((strings.HasPrefix(answer, "HTTP/1.1 4") ||
					strings.HasPrefix(answer, "HTTP/1.1 30")) && !strings.Contains(answer, "root:") &&
					!strings.Contains(answer, "module "), "%s%s%s: %.300s", base, up, file, answer)
			}
		}
	}
	for _, target := range []string{
		"http://evil.example/graphql",
		"//evil.example/",
		"/%0d%0aX-Injected:%20yes",
		"/\\evil.example",
		"*",
		"/?x=%0d%0aX-Injected:%20yes",
		"/crmapi/rest/v2/%0d%0aX-Injected:%20yes",
		"/graphql/%2e%2e/%0aX-Injected: yes",
	} {
		answer := a.raw("GET " + target + " HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
		a.check(!strings.Contains(answer, "\nX-Injected") &&
			!strings.Contains(answer, "ocation: http://evil") &&
			!strings.Contains(answer, "ocation: //evil"), "%s: %.300s", target, answer)
	}
}

func attackHeaders(a *attackRun) {
	const body = `{"query":"{ limits { maxPageSize } }"}`
	for _, name := range []string{
		"X-Request-Id", "Idempotency-Key", "Authorization", "Origin", "Accept", "Accept-Encoding",
		"Content-Encoding", "X-Forwarded-For", "X-Forwarded-Host", "Host", "User-Agent", "Cookie",
	} {
		for _, value := range []string{
			"x\r\nX-Injected: yes", "x\nX-Injected: yes", "x\rX-Injected: yes", "x\x00X-Injected: yes",
			"x%0d%0aX-Injected: yes", "x\u0085X-Injected: yes", "x嘊嘍X-Injected: yes",
			"\u202eX-Injected: yes", "x\\r\\nX-Injected: yes",
		} {
			answer := a.raw(fmt.Sprintf("POST /graphql HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: "+
				"application/json\r\n%s: %s\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s", name,
				value, len(body), body))
			head, _, _ := strings.Cut(answer, "\r\n\r\n")
			a.check(strings.HasPrefix(answer, "HTTP/1.1 ") && !strings.HasPrefix(answer, "HTTP/1.1 5") &&
				!strings.Contains(head, "X-Injected"), "%s: %q: %.300s", name, value, answer)
		}
	}
	// A response depends on no header that Vary does not name, so that a cache cannot be poisoned.
	status, header, text := a.Do(a.t, http.MethodGet, "/graphql?query=%7Blimits%7BmaxPageSize%7D%7D", nil,
		"X-Forwarded-Host", "evil.example", "X-Forwarded-Proto", "evil", "X-Original-URL", "/metrics",
		"X-Rewrite-URL", "/metrics")
	a.check(status == http.StatusOK && strings.Contains(string(text), "maxPageSize") &&
		header.Get("Cache-Control") == "no-store" && !strings.Contains(fmt.Sprint(header), "evil"),
		"%d %v %.300s", status, header, text)
}

// attackSmuggling hides a request in the body of another. The server must neither answer nor log it.
func attackSmuggling(a *attackRun) {
	const hidden = "GET /smuggled HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
	post := func(headers, body string) string {
		return "POST /graphql HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n" + headers +
			"\r\n\r\n" + body
	}
	length := fmt.Sprintf("Content-Length: %d", len("0\r\n\r\n"+hidden))
	chunked := "0\r\n\r\n" + hidden
	for _, attack := range []struct {
		text string
		// legitimate says that the hidden request is a second request by the standard, and may be
		// answered as such.
		legitimate bool
	}{
		{post("Content-Length: 5\r\n"+length, chunked), false},
		{post("Content-Length: 5, 5", chunked), false},
		{post("Content-Length: +5", chunked), false},
		{post("Content-Length: -1", chunked), false},
		{post("Content-Length: 0x5", chunked), false},
		{post("Content-Length: 5 5", chunked), false},
		{post("Content-Length: 99999999999999999999", chunked), false},
		{post("Content-Length:", chunked), true},
		{post(length+"\r\nTransfer-Encoding: identity", chunked), false},
		{post(length+"\r\nTransfer-Encoding: x", chunked), false},
		{post(length+"\r\nTransfer-Encoding: chunked, identity", chunked), false},
		{post(length+"\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: identity", chunked), false},
		{post(length+"\r\nTransfer-Encoding: xchunked", chunked), false},
		{post(length+"\r\nTransfer-Encoding : chunked", chunked), false},
		{post(length+"\r\nTransfer-Encoding: \x0bchunked", chunked), false},
		{post(length+"\r\nTransfer-Encoding: \"chunked\"", chunked), false},
		{post(length+"\r\n Transfer-Encoding: chunked", chunked), false},
		{post(length+"\r\nX: x\nTransfer-Encoding: gzip", chunked), false},
		{post(length+"\r\nTransfer-Encoding: chunked chunked", chunked), false},
		{post(length+"\r\nTransfer_Encoding: chunked", chunked), false},
		{post("Transfer-Encoding: chunked", "g\r\n"+hidden), false},
		{post("Transfer-Encoding: chunked", "-1\r\n"+hidden), false},
		{post("Transfer-Encoding: chunked", "10000000000000000f\r\n"+hidden), false},
		{post("Transfer-Encoding: chunked", "0x0\r\n\r\n"+hidden), false},
		{post("Transfer-Encoding: chunked", "1\r\nab\r\n0\r\n\r\n"+hidden), false},
		{post("Transfer-Encoding: chunked", "2\r\n{}"+"0\r\n\r\n"+hidden), false},
		{post("Transfer-Encoding: chunked", "1;"+strings.Repeat("x", 70_000)+"\r\na\r\n0\r\n\r\n"+hidden),
			false},
		{"POST /graphql HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: evil.example\r\n" + length + "\r\n\r\n" +
			chunked, false},
		{"POST /graphql HTTP/1.1\r\n" + length + "\r\n\r\n" + chunked, false},
		{"POST /graphql HTTP/1.1 \r\nHost: x\r\n" + length + "\r\n\r\n" + chunked, false},
		{"POST /graphql HTTP/9.9\r\nHost: x\r\n\r\n" + hidden, false},
		{"POST  /graphql HTTP/1.1\r\nHost: 127.0.0.1\r\n" + length + "\r\n\r\n" + chunked, false},
		{"POST /graphql\r\n\r\n" + hidden, false},
		{"\x16\x03\x01\x02\x00\x01" + hidden, false},
		{strings.Repeat("x", 70_000) + hidden, false},
	} {
		before := strings.Count(a.Log.String(), "/smuggled")
		answer := a.raw(attack.text)
		seen := strings.Count(a.Log.String(), "/smuggled") > before
		a.check((attack.legitimate || !seen && strings.Count(answer, "HTTP/1.1 ") <= 1) &&
			!strings.Contains(answer, "HTTP/1.1 5"+"00"), "%.300q: %.600s", attack.text, answer)
	}
	// The test detects two requests that follow each other by the standard.
	a.raw("GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" + hidden)
	a.check(strings.Contains(a.Log.String(), "/smuggled"), "a second request is not seen")
	// With both lengths, RFC 9112 lets the chunks count but closes the connection, so that nothing
	// follows.
	before := strings.Count(a.Log.String(), "/smuggled")
	answer := a.raw(post(length+"\r\nTransfer-Encoding: chunked", chunked))
	a.check(strings.Count(a.Log.String(), "/smuggled") == before && strings.Count(answer, "HTTP/1.1 ") == 1,
		"both lengths: %.300s", answer)
}

func attackHeaderFloods(a *attackRun) {
	for name, headers := range map[string]string{
		"many":         strings.Repeat("X: y\r\n", 20_000),
		"many names":   manyHeaders(5000),
		"a long one":   "X: " + strings.Repeat("y", 100_000) + "\r\n",
		"a long name":  strings.Repeat("X", 100_000) + ": y\r\n",
		"a megabyte":   "X: " + strings.Repeat("y", 1<<20) + "\r\n",
		"a long token": "Authorization: Bearer " + strings.Repeat("y", 100_000) + "\r\n",
		"cookies":      strings.Repeat("Cookie: "+strings.Repeat("a=b; ", 1000)+"\r\n", 20),
	} {
		answer := a.raw("GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n" + headers +
			"Connection: close\r\n\r\n")
		a.check(answer == "" || strings.HasPrefix(answer, "HTTP/1.1 431"), "%s: %.300s", name, answer)
	}
	answer := a.raw("GET /" + strings.Repeat("a", 100_000) + " HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
	a.check(answer == "" || strings.HasPrefix(answer, "HTTP/1.1 4"), "a long path: %.300s", answer)
}

func manyHeaders(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "X-%d: %s\r\n", i, strings.Repeat("y", 20))
	}
	return b.String()
}

// expensiveBodies are bodies that are expensive to parse for their size. They are below the size limit.
func expensiveBodies(scale int) map[string]string {
	n := scale * 100_000
	const head = `{"query":"query ($input: CreateWebCustomerEventsInput!) { checkWebCustomerEvents(input: ` +
		`$input) { acceptable } }","variables":`
	set := func(event string) string { return head + `{"input":{"webCustomerEventsSet":` + event + `}}}` }
	var keys strings.Builder
	for i := range n / 2 {
		fmt.Fprintf(&keys, `"k%d":1,`, i)
	}
	return map[string]string{
		"nested lists":         strings.Repeat("[", n),
		"nested lists, closed": strings.Repeat("[", n) + strings.Repeat("]", n),
		"nested objects":       strings.Repeat(`{"a":`, n),
		"nested variables":     head + strings.Repeat(`{"a":`, n) + "1" + strings.Repeat("}", n+1),
		"nested extensions": `{"query":"{ limits { maxPageSize } }","extensions":` + strings.Repeat(`{"a":`,
			n) + "1" + strings.Repeat("}", n+1),
		"nested event": set(strings.Repeat("[", n) + strings.Repeat("]", n)),
		"nested field": set(`[{"description":` + strings.Repeat("[", n) + strings.Repeat("]", n) +
			`}]`),
		"many keys":          "{" + keys.String() + `"query":""}`,
		"many variables":     head + "{" + keys.String() + `"x":1}}`,
		"many fields":        set("[{" + keys.String() + `"x":1}]`),
		"one key many times": "{" + strings.Repeat(`"query":"x",`, n/2) + `"query":"x"}`,
		"a huge number":      set(`[{"udfFloat1":` + strings.Repeat("9", 10*n) + `}]`),
		"a huge exponent":    set(`[{"udfFloat1":1e` + strings.Repeat("9", 10*n) + `}]`),
		"a huge fraction":    set(`[{"udfFloat1":0.` + strings.Repeat("1", 10*n) + `}]`),
		"a huge text":        set(`[{"description":"` + strings.Repeat("x", 10*n) + `"}]`),
		"escapes":            set(`[{"description":"` + strings.Repeat(`\u0041`, 2*n) + `"}]`),
		"a huge name":        set(`[{"` + strings.Repeat("x", 10*n) + `":1}]`),
		"many events":        set("[" + strings.Repeat("{},", n) + "{}]"),
		"many nulls":         set("[" + strings.Repeat("null,", n) + "null]"),
		"many digits of a password": set(
			`[{"rewardsParticipantIdentifier":{"accessTokenIdentifier":{"oneTimePassword":` +
				strings.Repeat("1", 10*n) + `}}}]`),
		"a huge query":          `{"query":"` + strings.Repeat("{", 10*n) + `"}`,
		"blanks":                strings.Repeat(" ", 10*n) + "x",
		"a huge list of errors": set("[" + strings.Repeat(`{"a":1,"b":2,"c":3,"d":4,"e":5},`, 999) + "{}]"),
	}
}

func attackJSON(a *attackRun) {
	scale := 2
	if *attackInFull {
		scale = 7
	}
	for name, body := range expensiveBodies(scale) {
		for _, path := range []string{
			"/graphql",
			"/crmapi/rest/v2/" + apitest.WebCreatePath,
			"/crmapi/rest/v2/authentication/token",
		} {
			text := strings.NewReplacer(`{"query":"query ($input: CreateWebCustomerEventsInput!) { `+
				`checkWebCustomerEvents(input: $input) { acceptable } }","variables":`, `{"x":`,
				`webCustomerEventsSet`, `web_customer_events_set`).Replace(body)
			if path == "/graphql" {
				text = body
			}
			status, answer := a.post(path, text)
			a.check(status > 0 && status < 500 && len(answer) < 8<<20, "%s at %s: %d, %d bytes", name, path,
				status, len(answer))
		}
	}
}

func attackGzip(a *attackRun) {
	zeros := strings.Repeat("\x00", 9<<20)
	inner := testutil.Gzip(zeros)
	for name, body := range map[string]string{
		"zeros":  inner,
		"blanks": testutil.Gzip(strings.Repeat(" ", 100<<20)),
		"many members": testutil.Gzip(zeros[:1<<20],
			zeros[:1<<20], zeros[:1<<20], zeros[:1<<20], zeros[:1<<20], zeros[:1<<20], zeros[:1<<20],
			zeros[:1<<20], zeros[:1<<20]),
		"an endless text": testutil.Gzip(`{"query":"` + strings.Repeat("x", 50<<20)),
		"nesting":         testutil.Gzip(strings.Repeat("[", 20<<20)),
	} {
		for _, path := range []string{"/graphql", "/crmapi/rest/v2/" + apitest.WebCreatePath} {
			status, text := a.post(path, body, "Content-Encoding", "gzip")
			a.check(status == http.StatusRequestEntityTooLarge, "%s at %s: %d %.300s", name, path, status,
				text)
		}
	}
	for name, c := range map[string][2]string{
		"twice packed":   {testutil.Gzip(testutil.Gzip(zeros)), "gzip"},
		"gzip, gzip":     {testutil.Gzip(inner), "gzip, gzip"},
		"deflate":        {inner, "deflate"},
		"br":             {inner, "br"},
		"zstd":           {inner, "zstd"},
		"not gzip":       {"{}", "gzip"},
		"cut off":        {inner[:len(inner)/2], "gzip"},
		"a broken sum":   {inner[:len(inner)-8] + "12345678", "gzip"},
		"rubbish behind": {testutil.Gzip("{}") + "rubbish", "gzip"},
	} {
		for _, path := range []string{"/graphql", "/crmapi/rest/v2/" + apitest.WebCreatePath} {
			status, text := a.post(path, c[0], "Content-Encoding", c[1])
			a.check(status >= 400 && status < 500, "%s at %s: %d %.300s", name, path, status, text)
		}
	}
}
