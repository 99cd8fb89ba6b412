package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"customer-events/store/storetest"
	"customer-events/webapi"
)

// webSchemas are the schemas of the Web API's own description, compiled. In OpenAPI 3.1 they are JSON Schema.
var webSchemas = sync.OnceValues(func() (map[string]*jsonschema.Schema, error) {
	text, err := os.ReadFile("webapi/openapi.json")
	if err != nil {
		return nil, err
	}
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("openapi.json", document); err != nil {
		return nil, err
	}
	compiled := make(map[string]*jsonschema.Schema)
	for _, name := range []string{"TokenAnswer", "ReleaseAnswer", "CreateRequest", "CreateAnswer", "Refusal"} {
		if compiled[name], err = compiler.Compile("openapi.json#/components/schemas/" + name); err != nil {
			return nil, err
		}
	}
	return compiled, nil
})

// mustBeDescribed holds a text against a schema of the description.
func mustBeDescribed(t *testing.T, schema, text string) {
	t.Helper()
	compiled, err := webSchemas()
	if err != nil {
		t.Fatal(err)
	}
	value, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	if err == nil {
		err = compiled[schema].Validate(value)
	}
	if err != nil {
		t.Errorf("%.1000s is not as described: %v", text, err)
	}
}

const webCreate = "customer_events/bulk/web/create"

// webAnswer is an answer of the Web API's door.
type webAnswer struct {
	Status int
	Header http.Header
	Text   string
	Code   string // status.code
}

// web posts a body to a path of the Web API, with no token but one that is in it. Whatever comes back must be as described.
func (s *server) web(t *testing.T, path string, body io.Reader, headers ...string) webAnswer {
	t.Helper()
	return s.webBy(t, http.MethodPost, path, body, headers...)
}

func (s *server) webBy(t *testing.T, method, path string, body io.Reader, headers ...string) webAnswer {
	t.Helper()
	status, header, text := s.do(t, method, webapi.Prefix+path, body, headers...)
	a := webAnswer{Status: status, Header: header, Text: string(text)}
	var envelope struct{ Status struct{ Code string } }
	if err := json.Unmarshal(text, &envelope); err != nil {
		t.Fatalf("the answer is not JSON: %v: %s", err, text)
	}
	a.Code = envelope.Status.Code
	schema := "Refusal"
	if a.Status == http.StatusOK {
		schema = map[string]string{"authentication/token": "TokenAnswer", "authentication/token/release": "ReleaseAnswer", webCreate: "CreateAnswer"}[path]
	}
	mustBeDescribed(t, schema, a.Text)
	return a
}

func (s *server) webLogin(t *testing.T) string {
	t.Helper()
	a := s.web(t, "authentication/token", strings.NewReader(`{"username":"demo","password":"demo-password","organisation":"ours","unit":"1"}`), "Content-Type", "application/json")
	var login struct{ Data struct{ Token string } }
	if err := json.Unmarshal([]byte(a.Text), &login); err != nil || login.Data.Token == "" || a.Code != "OK" {
		t.Fatalf("%d %s", a.Status, a.Text)
	}
	return login.Data.Token
}

// webEvent is a good event of the Web API, without its closing bracket.
func webEvent(request string) string {
	return `{"request_unique_identifier":"` + request + `","accounts_receivable_identifier":{"number":"ACR0000000020"},"performed_by_unit_identifier":{"name":"Admin Unit"},` +
		`"performed_on":"2016-06-22T15:00:00","website":"www.crm.com"`
}

// The original's own example, word for word: the same members, in the same order, with the same texts. Only ids and numbers are
// the server's own.
func TestWebAPISeedExample(t *testing.T) {
	t.Parallel()
	own := regexp.MustCompile(`"(number|id)":"([0-9]+|[0-9A-F]{32})"`)
	onBoth(t, func(t *testing.T, s *server) {
		request, err := os.ReadFile("webapi/testdata/seed/request.json")
		if err != nil {
			t.Fatal(err)
		}
		response, err := os.ReadFile("webapi/testdata/seed/response.json")
		if err != nil {
			t.Fatal(err)
		}
		var want bytes.Buffer
		if err := json.Compact(&want, response); err != nil {
			t.Fatal(err)
		}
		body := strings.Replace(string(request), "{{token}}", s.webLogin(t), 1)
		mustBeDescribed(t, "CreateRequest", body)
		a := s.web(t, webCreate, strings.NewReader(body), "Content-Type", "application/json")
		if got := len(own.FindAllString(a.Text, -1)); got != 4 || a.Status != http.StatusOK {
			t.Errorf("%d ids and numbers in %d %s", got, a.Status, a.Text)
		}
		if diff := cmp.Diff(own.ReplaceAllString(want.String(), `"$1":"…"`), own.ReplaceAllString(a.Text, `"$1":"…"`)); diff != "" {
			t.Errorf("(-the original's +ours):\n%s", diff)
		}
		if n := len(s.page(t, object{})); n != 2 {
			t.Errorf("%d events are stored, want 2", n)
		}
	})
}

func TestWebAPIToken(t *testing.T) {
	t.Parallel()
	s := demoOn(t, storetest.SQLite(t))
	login := func(username, password string) webAnswer {
		return s.web(t, "authentication/token", strings.NewReader(fmt.Sprintf(`{"username":%q,"password":%q}`, username, password)))
	}
	wrong, unknown := login("demo", "wrong"), login("nobody", "wrong")
	if wrong.Text != unknown.Text || wrong.Status != 401 || wrong.Code != "InvalidCredentialsException" {
		t.Errorf("%d %s\n%d %s", wrong.Status, wrong.Text, unknown.Status, unknown.Text)
	}
	token, other := s.webLogin(t), s.webLogin(t)
	for _, c := range []struct {
		name, header, body string
		status             int
		code               string
	}{
		{"none", "", `{"web_customer_events_set":[]}`, 401, "InvalidTokenException"},
		{"null", "", `{"token":null,"web_customer_events_set":[]}`, 401, "InvalidTokenException"},
		{"empty", "", `{"token":"","web_customer_events_set":[]}`, 401, "InvalidTokenException"},
		{"wrong", "", `{"token":"wrong","web_customer_events_set":[]}`, 401, "InvalidTokenException"},
		{"wrong header", "wrong", `{"web_customer_events_set":[]}`, 401, "InvalidTokenException"},
		{"not a text", "", `{"token":7,"web_customer_events_set":[]}`, 400, "BadRequestException"},
		{"both, different", other, `{"token":"` + token + `","web_customer_events_set":[]}`, 400, "BadRequestException"},
		{"body", "", `{"token":"` + token + `","web_customer_events_set":[]}`, 200, "OK"},
		{"body, at the end", "", `{"web_customer_events_set":[],"token":"` + token + `"}`, 200, "OK"},
		{"header", token, `{"web_customer_events_set":[]}`, 200, "OK"},
		{"both alike", token, `{"token":"` + token + `","web_customer_events_set":[]}`, 200, "OK"},
	} {
		var headers []string
		if c.header != "" {
			headers = []string{"Authorization", "Bearer " + c.header}
		}
		if a := s.web(t, webCreate, strings.NewReader(c.body), headers...); a.Status != c.status || a.Code != c.code || strings.Contains(a.Text, token) {
			t.Errorf("%s: %d %s", c.name, a.Status, a.Text)
		}
	}
	for name, release := range map[string]func() webAnswer{
		"body": func() webAnswer {
			return s.web(t, "authentication/token/release", strings.NewReader(`{"token":"`+token+`"}`))
		},
		"header": func() webAnswer {
			return s.web(t, "authentication/token/release", nil, "Authorization", "Bearer "+other)
		},
	} {
		if a := release(); a.Status != 200 || a.Text != `{"data":{},"status":{"code":"OK","description":"","message":""}}` {
			t.Errorf("%s: %d %s", name, a.Status, a.Text)
		}
		if a := release(); a.Status != 401 || a.Code != "InvalidTokenException" {
			t.Errorf("%s, again: %d %s", name, a.Status, a.Text)
		}
	}
	if len(s.page(t, nil)) != 0 {
		t.Error("the token of GraphQL must live on")
	}
}
