package apitest

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"testing"
)

// Response is a response of the GraphQL endpoint.
type Response struct {
	Status int
	Header http.Header
	Text   string
	Data   map[string]json.RawMessage
	Errors []struct {
		Message    string
		Path       []any
		Extensions struct{ Code string }
	}
}

// Code returns the code of the first error, or "" without one.
func (a Response) Code() string {
	if len(a.Errors) == 0 {
		return ""
	}
	return a.Errors[0].Extensions.Code
}

// Do sends a request with headers given in pairs, and reads the whole response.
func (s *Server) Do(
	t *testing.T, method, path string, body io.Reader, headers ...string,
) (status int, header http.Header, text []byte) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, s.URL+path, body)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	response, err := s.Client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err = io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, response.Header, text
}

// PostBody posts a body with the server's token and headers given in pairs.
func (s *Server) PostBody(t *testing.T, body io.Reader, headers ...string) Response {
	t.Helper()
	all := []string{"Content-Type", "application/json"}
	if s.Token != "" {
		all = append(all, "Authorization", "Bearer "+s.Token)
	}
	status, header, text := s.Do(t, http.MethodPost, "/graphql", body, append(all, headers...)...)
	a := Response{Status: status, Header: header, Text: string(text)}
	if err := json.Unmarshal(text, &a); err != nil {
		t.Fatalf("the response is not JSON: %v: %s", err, text)
	}
	return a
}

// Post sends a query with variables.
func (s *Server) Post(t *testing.T, query string, variables any, headers ...string) Response {
	t.Helper()
	body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	if err != nil {
		t.Fatal(err)
	}
	return s.PostBody(t, bytes.NewReader(body), headers...)
}

// Ask is Post without expected errors; it decodes one root field.
func Ask[T any](t *testing.T, s *Server, field, query string, variables any, headers ...string) (value T) {
	t.Helper()
	a := s.Post(t, query, variables, headers...)
	if len(a.Errors) > 0 || a.Status != http.StatusOK {
		t.Fatalf("status %d: %.2000s", a.Status, a.Text)
	}
	if err := json.Unmarshal(a.Data[field], &value); err != nil {
		t.Fatalf("%s: %v: %.2000s", field, err, a.Text)
	}
	return value
}

// Login logs a user in and returns the token.
func (s *Server) Login(t *testing.T, username, password string) string {
	t.Helper()
	login := Ask[struct{ Token string }](t, s, "login",
		`mutation ($input: LoginInput!) { login(input: $input) { token expiresAt } }`,
		map[string]any{"input": map[string]any{"username": username, "password": password}})
	if login.Token == "" {
		t.Fatal("the login returns no token")
	}
	return login.Token
}
