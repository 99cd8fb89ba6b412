package graph_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"customer-events/internal/ratelimit"
)

// left returns the number of events that the user may still send, of 1020, according to the headers.
func left(t *testing.T, header http.Header) (n int) {
	t.Helper()
	n = 1020
	if text := header.Get("RateLimit"); text != "" {
		if _, err := fmt.Sscanf(text, `"events";r=%d;`, &n); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
	}
	return n
}

// TestRate_EveryOperation checks that both protocols count sent events, read events, and events of calls
// that are too large.
func TestRate_EveryOperation(t *testing.T) {
	t.Parallel()
	tooMany := `mutation ($input: CreateWebCustomerEventsInput!) { createWebCustomerEvents(input: ` +
		`$input) { summary { received } } }`
	wired := `{"web_customer_events_set":[` + strings.TrimSuffix(strings.Repeat("{},", 1001), ",") + `]}`
	for _, c := range []struct {
		name   string
		do     func(t *testing.T, a *testAPI) (code string, header http.Header)
		code   string
		counts int
	}{
		{"a page", post(`{ webCustomerEvents(first: 500) { nodes { id } } }`, ""), "", 500},
		{"a page of the default size", post(`{ webCustomerEvents { nodes { id } } }`, ""), "", 50},
		{"a page of null", post(`{ webCustomerEvents(first: null) { nodes { id } } }`, ""), "", 50},
		{"a page of a variable that is null",
			post(`query ($n: Int) { webCustomerEvents(first: $n) { nodes { id } } }`, `{"n":null}`), "", 50},
		{"a page of a variable that is absent",
			post(`query ($n: Int) { webCustomerEvents(first: $n) { nodes { id } } }`, `{}`), "", 50},
		{"a page of a variable's default",
			post(`query ($n: Int = 7) { webCustomerEvents(first: $n) { nodes { id } } }`, `{}`), "", 7},
		{"a page that nothing matches", post(`{ webCustomerEvents(first: 400, filter: {externalSystem: `+
			`"none"}) { nodes { id } } }`, ""), "", 400},
		{"several pages", post(`{ a: webCustomerEvents(first: 300) { nodes { id } } b: `+
			`webCustomerEvents(first: 200) { nodes { id } } }`, ""), "", 500},
		{"a page whose size is not valid", post(`{ webCustomerEvents(first: 501) { nodes { id } } }`, ""),
			"BAD_REQUEST", 0},
		{"an event", post(`{ webCustomerEvent(by: {number: "1"}) { id } }`, ""), "", 1},
		{"several events", post(`{`+aliases(30, `webCustomerEvent(by: {number: "1"}) { id }`)+`}`, ""), "",
			30},
		{"a check", post(`query ($input: CreateWebCustomerEventsInput!) { checkWebCustomerEvents(input: `+
			`$input) { acceptable } }`, set(600)), "", 600},
		{"several mutations", post(three, inputs("", 100, "", 0, "", 200)), "", 301},
		{"the limits", post(`{ limits { maxPageSize } }`, ""), "", 0},
		{"too many events", post(tooMany, set(1001)), "TOO_MANY_EVENTS", 1001},
		{"too many events in several fields", post(three, inputs("", 500, "", 0, "", 501)),
			"TOO_MANY_EVENTS", 1001},
		{"more events than are left", post(tooMany, set(3000)), "TOO_MANY_EVENTS", 1020},
		{"too many events without a token", func(t *testing.T, a *testAPI) (string, http.Header) {
			token := a.token
			defer func() { a.token = token }()
			a.token = "wrong"
			return post(tooMany, set(1001))(t, a)
		}, "UNAUTHENTICATED", 0},
		{"too many events by the Web API", func(t *testing.T, a *testAPI) (string, http.Header) {
			_, header, text := a.byWebAPI(t, "customer_events/bulk/web/create", "", wired)
			_, code, _ := strings.Cut(text, `"code":"`)
			code, _, _ = strings.Cut(code, `","description"`)
			return code, header
		}, "TooManyEventsException", 1001},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			a := newAPI(t, nil)
			a.rate = ratelimit.New(17)
			start := time.Now()
			code, header := c.do(t, a)
			back := 1 + int(17*time.Since(start).Seconds()) // come back to the bucket while the test runs
			if got, want := left(t, header), 1020-c.counts; code != c.code || got < want || got > want+back {
				t.Errorf("the code is %q, want %q; %d are left, want %d", code, c.code, got, want)
			}
			if c.counts == 0 {
				return
			}
			a.rate = ratelimit.New(0.0001) // a bucket of one
			if code, _ := post(`{ webCustomerEvent(by: {number: "1"}) { id } }`, "")(t, a); code != "" {
				t.Fatal(code)
			}
			if code, _ := c.do(t, a); code != "RATE_LIMITED" && code != "RateLimitedException" {
				t.Errorf("an empty bucket gives %q", code)
			}
		})
	}
}

// TestBulkCall_OrderOfChecks checks that both protocols check a bulk call in the same order: the token,
// the key, the rate limit, the events.
func TestBulkCall_OrderOfChecks(t *testing.T) {
	t.Parallel()
	const mutation = `mutation ($input: CreateWebCustomerEventsInput!) {
		createWebCustomerEvents(input: $input) { summary { received } } }`
	for _, c := range []struct {
		name, token, key string
		rate             float64
		code, class      string
	}{
		{"everything is wrong", "wrong", "kéy", 0.0001, "UNAUTHENTICATED", "InvalidTokenException"},
		{"the key and the rate", "", "kéy", 0.0001, "BAD_REQUEST", "BadRequestException"},
		{"the rate", "", "key", 0.0001, "RATE_LIMITED", "RateLimitedException"},
		{"nothing", "", "key", 0, "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			a := newAPI(t, nil)
			a.rate = ratelimit.New(c.rate)
			if code, _ := post(`{ webCustomerEvent(by: {number: "1"}) { id } }`, "")(t, a); code != "" {
				t.Fatal(code) // it takes the only event of the rate limit
			}
			if c.token != "" {
				a.token = c.token
			}
			if r := a.post(t, mutation, set(1), "Idempotency-Key", c.key); r.code() != c.code {
				t.Errorf("GraphQL: %q, want %q: %s", r.code(), c.code, r.text)
			}
			_, _, text := a.byWebAPI(t, "customer_events/bulk/web/create", c.key,
				`{"web_customer_events_set":[{}]}`)
			if c.class == "" {
				return // the Web API's call has other events under the same key
			}
			if !strings.Contains(text, `"code":"`+c.class+`"`) {
				t.Errorf("Web API: want %s: %s", c.class, text)
			}
		})
	}
}

// post returns a function that sends a request and returns the code and the headers of the answer.
func post(query, variables string) func(t *testing.T, a *testAPI) (string, http.Header) {
	return func(t *testing.T, a *testAPI) (string, http.Header) {
		t.Helper()
		r := a.post(t, query, variables)
		return r.code(), r.header
	}
}

// TestPages_LimitOfRequest checks the limits for the number and the total size of a request's pages, in
// every way to give the size.
func TestPages_LimitOfRequest(t *testing.T) {
	t.Parallel()
	a := newAPI(t, nil)
	for _, c := range []struct {
		name, query, variables, want string
	}{
		{"ten", `{` + aliases(10, `webCustomerEvents(first: 1) { nodes { id } }`) + `}`, "", ""},
		{"skipped fields", `query ($a: CreateWebCustomerEventsInput!, $b: CreateWebCustomerEventsInput!, ` +
			`$no: Boolean = false) { checkWebCustomerEvents(input: $a) { acceptable }
			b: checkWebCustomerEvents(input: $b) @include(if: $no) { acceptable } }`,
			inputs("", 600, "", 600), ""},
		{"too many skipped fields", `query ($b: CreateWebCustomerEventsInput!, $a: ` +
			`CreateWebCustomerEventsInput!, $no: Boolean = false) { checkWebCustomerEvents(input: $b) { ` +
			`acceptable }
			b: checkWebCustomerEvents(input: $a) @include(if: $no) { acceptable } }`,
			inputs("", 4000, "", 600), "TOO_MANY_EVENTS"},
		{"eleven", `{` + aliases(11, `webCustomerEvents(first: 1) { nodes { id } }`) + `}`, "",
			"BAD_REQUEST"},
		{"eleven by a fragment", `{ ...f ` + aliases(10, `webCustomerEvents(first: 1) { nodes { id } }`) +
			`} fragment f on Query { webCustomerEvents(first: 1) { nodes { id } } }`, "", "BAD_REQUEST"},
		{"eleven of which one is left out",
			`query ($no: Boolean!) {` + aliases(10, `webCustomerEvents(first: 1) { nodes { id } }`) +
				` b: webCustomerEvents(first: 1) @include(if: $no) { nodes { id } } }`, `{"no":false}`, ""},
		{"null", `{` + aliases(2, `webCustomerEvents(first: 476) { nodes { id } }`) +
			` b: webCustomerEvents(first: null) { nodes { id } } }`, "", "BAD_REQUEST"},
		{"null in a variable", `query ($n: Int) {` +
			aliases(2, `webCustomerEvents(first: 476) { nodes { id } }`) +
			` b: webCustomerEvents(first: $n) { nodes { id } } }`, `{"n":null}`, "BAD_REQUEST"},
		{"an absent variable", `query ($n: Int) {` +
			aliases(2, `webCustomerEvents(first: 476) { nodes { id } }`) +
			` b: webCustomerEvents(first: $n) { nodes { id } } }`, "", "BAD_REQUEST"},
		{"a variable's default", `query ($n: Int = 50) {` +
			aliases(2, `webCustomerEvents(first: 476) { nodes { id } }`) +
			` b: webCustomerEvents(first: $n) { nodes { id } } }`, "", "BAD_REQUEST"},
		{"just as many", `query ($n: Int) {` + aliases(2, `webCustomerEvents(first: 475) { nodes { id } }`) +
			` b: webCustomerEvents(first: $n) { nodes { id } } }`, "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := a.post(t, c.query, c.variables, "Accept", newMedia)
			if r.code() != c.want || c.want != "" && (r.status != 400 || r.Data != nil) {
				t.Errorf("%s: want %q, got %d %.300s", c.name, c.want, r.status, r.text)
			}
		})
	}
	// If all fields fail, the answer has the status of its error, however long the names of the fields are.
	a.token = "wrong"
	var many strings.Builder
	for i := range 20 {
		fmt.Fprintf(&many, " a%0500d: webCustomerEvent(by: {number: \"1\"}) { id }", i)
	}
	if r := a.post(t, `{`+many.String()+`}`, "", "Accept", newMedia); r.status != 401 || len(r.Data) != 20 {
		t.Errorf("%d %.300s", r.status, r.text)
	}
}
