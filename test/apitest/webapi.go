package apitest

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"customer-events/internal/crmapi"
)

// openAPISchemas compiles the schemas of the Web API's description. In OpenAPI 3.1 they are JSON Schema.
var openAPISchemas = sync.OnceValues(func() (map[string]*jsonschema.Schema, error) {
	text, err := os.ReadFile(File("internal/crmapi/openapi.json"))
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
	for _, name := range []string{"TokenAnswer", "ReleaseAnswer", "CreateRequest", "CreateAnswer",
		"Refusal"} {
		if compiled[name], err = compiler.Compile("openapi.json#/components/schemas/" + name); err != nil {
			return nil, err
		}
	}
	return compiled, nil
})

// MustMatchOpenAPI validates a text against a schema of the description.
func MustMatchOpenAPI(t *testing.T, schema, text string) {
	t.Helper()
	compiled, err := openAPISchemas()
	if err != nil {
		t.Fatal(err)
	}
	value, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	if err == nil {
		err = compiled[schema].Validate(value)
	}
	if err != nil {
		t.Errorf("%.1000s does not match the description: %v", text, err)
	}
}

// WebCreatePath is the path of the bulk call.
const WebCreatePath = "customer_events/bulk/web/create"

// WebResponse is a response of the Web API.
type WebResponse struct {
	Status int
	Header http.Header
	Text   string
	Code   string // status.code
}

// WebPost posts a body to a path of the Web API, without a token in the header. The response must match
// the description.
func (s *Server) WebPost(t *testing.T, path string, body io.Reader, headers ...string) WebResponse {
	t.Helper()
	return s.WebRequest(t, http.MethodPost, path, body, headers...)
}

// WebRequest sends a request to a path of the Web API. The response must match the description.
func (s *Server) WebRequest(
	t *testing.T, method, path string, body io.Reader, headers ...string,
) WebResponse {
	t.Helper()
	status, header, text := s.Do(t, method, crmapi.Prefix+path, body, headers...)
	a := WebResponse{Status: status, Header: header, Text: string(text)}
	var envelope struct{ Status struct{ Code string } }
	if err := json.Unmarshal(text, &envelope); err != nil {
		t.Fatalf("the response is not JSON: %v: %s", err, text)
	}
	a.Code = envelope.Status.Code
	schema := "Refusal"
	if a.Status == http.StatusOK {
		schema = map[string]string{
			"authentication/token":         "TokenAnswer",
			"authentication/token/release": "ReleaseAnswer",
			WebCreatePath:                  "CreateAnswer",
		}[path]
	}
	MustMatchOpenAPI(t, schema, a.Text)
	return a
}

// WebLogin logs the demo user in through the Web API and returns the token.
func (s *Server) WebLogin(t *testing.T) string {
	t.Helper()
	a := s.WebPost(t, "authentication/token",
		strings.NewReader(`{"username":"demo","password":"demo-password","organisation":"ours","unit":"1"}`),
		"Content-Type", "application/json")
	var login struct{ Data struct{ Token string } }
	err := json.Unmarshal([]byte(a.Text), &login)
	if err != nil || login.Data.Token == "" || a.Code != "OK" {
		t.Fatalf("%d %s", a.Status, a.Text)
	}
	return login.Data.Token
}

// WebEvent returns a valid event of the Web API, without its closing bracket.
func WebEvent(request string) string {
	return `{"request_unique_identifier":"` + request +
		`","accounts_receivable_identifier":{"number":"ACR0000000020"},` +
		`"performed_by_unit_identifier":{"name":"Admin Unit"},` +
		`"performed_on":"2016-06-22T15:00:00","website":"www.crm.com"`
}
