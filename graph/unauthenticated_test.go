package graph_test

import (
	"fmt"
	"strings"
	"testing"
)

// TestTransport_Unauthenticated checks that every 401 of both protocols has WWW-Authenticate, which says
// whether the request had a token, and that each protocol names its own place of the token.
func TestTransport_Unauthenticated(t *testing.T) {
	t.Parallel()
	const invalidToken = `Bearer error="invalid_token"`
	const input = `{"input":{%s"webCustomerEventsSet":[]}}`
	const create = `customer_events/bulk/web/create`
	for _, c := range []struct{ name, header, body, want string }{
		{"no token", "", "", "Bearer"},
		{"a wrong token in the header", "wrong", "", invalidToken},
		{"a wrong token in the body", "", "wrong", invalidToken},
		{"a wrong token in both", "wrong", "wrong", invalidToken},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			a := newAPI(t, nil)
			a.token = c.header
			token := ""
			if c.body != "" {
				token = fmt.Sprintf(`"token":%q,`, c.body)
			}
			for _, media := range []string{newMedia, "application/json"} {
				for name, r := range map[string]reply{
					"create": a.post(t, createQuery, fmt.Sprintf(input, token), "Accept", media),
					"check": a.post(t, `query ($input: CreateWebCustomerEventsInput!) {
						checkWebCustomerEvents(input: $input) { acceptable } }`,
						fmt.Sprintf(input, token), "Accept", media),
				} {
					if r.status != 401 || r.header.Get("WWW-Authenticate") != c.want {
						t.Errorf("%s: %d %v, want %s", name, r.status, r.header, c.want)
					}
					if !strings.Contains(r.text, "the input's token") {
						t.Errorf("%s: %s", name, r.text)
					}
				}
			}
			for _, path := range []string{create, "authentication/token/release"} {
				body := fmt.Sprintf(`{%s"web_customer_events_set":[]}`, token)
				status, header, text := a.byWebAPI(t, path, "", body)
				if status != 401 || header.Get("WWW-Authenticate") != c.want {
					t.Errorf("%s: %d %v, want %s", path, status, header, c.want)
				}
				if strings.Contains(text, "input") ||
					!strings.Contains(text, "send it as token in the body") {
					t.Errorf("%s speaks of GraphQL: %s", path, text)
				}
			}
			if c.body != "" {
				return // a query has no token in its variables
			}
			for _, query := range []string{
				`{ webCustomerEvents { nodes { id } } }`,
				`{ webCustomerEvent(by: {number: "1"}) { id } }`,
				`mutation { logout }`,
			} {
				r := a.post(t, query, "", "Accept", newMedia)
				if r.status != 401 || r.header.Get("WWW-Authenticate") != c.want {
					t.Errorf("%s: %d %v, want %s", query, r.status, r.header, c.want)
				}
			}
		})
	}
}

// TestLogin_Unauthenticated checks the header of a failed login.
func TestLogin_Unauthenticated(t *testing.T) {
	t.Parallel()
	a := newAPI(t, nil)
	a.token = ""
	r := a.post(t, `mutation { login(input: {username: "demo", password: "wrong"}) { token } }`, "")
	if r.status != 401 || r.header.Get("WWW-Authenticate") != "Bearer" {
		t.Errorf("GraphQL: %d %v", r.status, r.header)
	}
	status, header, _ := a.byWebAPI(t, "authentication/token", "", `{"username":"demo","password":"wrong"}`)
	if status != 401 || header.Get("WWW-Authenticate") != "Bearer" {
		t.Errorf("Web API: %d %v", status, header)
	}
	a = newAPI(t, nil)
	r = a.post(t, `{ limits { maxPageSize } }`, "")
	if r.status != 200 || r.header.Get("WWW-Authenticate") != "" {
		t.Errorf("a call that succeeds: %d %v", r.status, r.header)
	}
}
