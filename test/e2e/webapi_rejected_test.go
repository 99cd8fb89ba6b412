package e2e

import (
	"net/http"
	"strings"
	"testing"

	"customer-events/internal/api"
	"customer-events/internal/store/storetest"
	"customer-events/test/apitest"
)

func TestWebAPI_RejectedCalls(t *testing.T) {
	t.Parallel()
	s := apitest.ServeDemo(t, storetest.SQLite(t))
	bearer := []string{"Authorization", "Bearer " + s.Token}
	many := strings.Repeat(apitest.WebEvent("1")+"},", 1000) + apitest.WebEvent("1") + "}"
	const bad = "BadRequestException"
	for _, c := range []struct {
		name, body string
		headers    []string
		status     int
		code, want string
	}{
		{"empty", ``, nil, 400, bad, "web_customer_events_set is mandatory"},
		{"no JSON", `{"web_customer_events_set":[}`, nil, 400, bad, "not valid JSON"},
		{"a list", `[]`, nil, 400, bad, "one JSON object"},
		{"something behind it", `{"web_customer_events_set":[]}{}`, nil, 400, bad, "not valid JSON"},
		{"no set", `{"fields_set":""}`, nil, 400, bad, "web_customer_events_set is mandatory"},
		{
			"null for the set", `{"web_customer_events_set":null}`, nil, 400, bad,
			"web_customer_events_set is mandatory",
		},
		{
			"an event for the set", `{"web_customer_events_set":` + apitest.WebEvent("1") + `}}`, nil, 400,
			bad, "web_customer_events_set must be a list",
		},
		{
			"the set twice", `{"web_customer_events_set":[],"web_customer_events_set":[]}`, nil, 400, bad,
			"given twice",
		},
		{
			"an unknown field", `{"web_customer_events_set":[` + apitest.WebEvent("1") +
				`}],"fields_set":"id, numbers"}`, nil, 400, bad, "fields_set names numbers",
		},
		{
			"a number for the fields", `{"web_customer_events_set":[],"fields_set":1}`, nil, 400, bad,
			"fields_set must be a text",
		},
		{
			"too many events", `{"web_customer_events_set":[` + many + `]}`, nil, 400,
			"TooManyEventsException", "at most 1000 events and this one carries 1001",
		},
		{"a bad key", `{"web_customer_events_set":[],"idempotency_key":"kéy"}`, nil, 400, bad, "1 to 255"},
		{
			"two keys", `{"web_customer_events_set":[],"idempotency_key":"a"}`, []string{"Idempotency-Key",
				"b"}, 400, bad, "differ",
		},
		{
			"too long", `{"web_customer_events_set":[],"x":"` + strings.Repeat("x", api.MaxBodyBytes) + `"}`,
			nil, 413, "PayloadTooLargeException", "8388608",
		},
		{
			"another charset", `{"web_customer_events_set":[]}`, []string{
				"Content-Type",
				"application/json; charset=latin1",
			}, 415, "UnsupportedMediaTypeException", "UTF-8",
		},
		{
			"another encoding", `{"web_customer_events_set":[]}`, []string{"Content-Encoding", "br"}, 415,
			"UnsupportedMediaTypeException", "gzip",
		},
		{
			"not gzip", `{"web_customer_events_set":[]}`, []string{"Content-Encoding", "gzip"}, 400, bad,
			"gzip",
		},
		{
			"any media type", `{"web_customer_events_set":[]}`, []string{
				"Content-Type",
				"application/x-www-form-urlencoded",
			}, 200, "OK", "",
		},
		{"members of others", `{"web_customer_events_set":[],"organisation":{"a":[1]}}`, nil, 200, "OK", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := s.WebPost(t, apitest.WebCreatePath, strings.NewReader(c.body),
				append(bearer, c.headers...)...)
			if a.Status != c.status || a.Code != c.code || !strings.Contains(a.Text, c.want) ||
				a.Header.Get("X-Request-Id") == "" {
				t.Errorf("%d %.500s", a.Status, a.Text)
			}
			if c.status != 200 && !strings.HasPrefix(a.Text, `{"data":{},"status":{`) {
				t.Errorf("%.500s", a.Text)
			}
		})
	}
	for _, body := range []string{
		`{}`,
		`{"username":"demo"}`,
		`{"username":"demo","password":null}`,
		`{"username":"demo","password":7}`,
	} {
		a := s.WebPost(t, "authentication/token", strings.NewReader(body))
		if a.Status != 400 || a.Code != bad {
			t.Errorf("%s: %d %s", body, a.Status, a.Text)
		}
	}
	for _, method := range []string{http.MethodGet, http.MethodPut, "P"} {
		a := s.WebRequest(t, method, apitest.WebCreatePath, nil)
		if a.Status != 405 || a.Code != "MethodNotAllowedException" || a.Header.Get("Allow") != "POST" {
			t.Errorf("%s: %d %s", method, a.Status, a.Text)
		}
	}
	for _, path := range []string{
		"",
		"nothing",
		"authentication/token/",
		"customer_events/bulk/purchase/create",
	} {
		a := s.WebPost(t, path, strings.NewReader(`{}`))
		if a.Status != 404 || a.Code != "NotFoundException" {
			t.Errorf("%s: %d %s", path, a.Status, a.Text)
		}
	}
	if n := len(s.Page(t, nil)); n != 0 {
		t.Errorf("%d events are stored", n)
	}
}
