package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"customer-events/internal/store/storetest"
	"customer-events/test/apitest"
)

// TestWebAPI_SeedExample sends the original's own example: the same members in the same order with the
// same texts. Only ids and numbers differ.
func TestWebAPI_SeedExample(t *testing.T) {
	t.Parallel()
	own := regexp.MustCompile(`"(number|id)":"([0-9]+|[0-9A-F]{32})"`)
	apitest.OnEachDatabase(t, func(t *testing.T, s *apitest.Server) {
		request, err := os.ReadFile(apitest.File("internal/crmapi/testdata/seed/request.json"))
		if err != nil {
			t.Fatal(err)
		}
		response, err := os.ReadFile(apitest.File("internal/crmapi/testdata/seed/response.json"))
		if err != nil {
			t.Fatal(err)
		}
		var want bytes.Buffer
		if err := json.Compact(&want, response); err != nil {
			t.Fatal(err)
		}
		body := strings.Replace(string(request), "{{token}}", s.WebLogin(t), 1)
		apitest.MustMatchOpenAPI(t, "CreateRequest", body)
		a := s.WebPost(t, apitest.WebCreatePath, strings.NewReader(body), "Content-Type", "application/json")
		if got := len(own.FindAllString(a.Text, -1)); got != 4 || a.Status != http.StatusOK {
			t.Errorf("%d ids and numbers in %d %s", got, a.Status, a.Text)
		}
		diff := cmp.Diff(own.ReplaceAllString(want.String(), `"$1":"…"`), own.ReplaceAllString(a.Text,
			`"$1":"…"`))
		if diff != "" {
			t.Errorf("(-the original's +ours):\n%s", diff)
		}
		if n := len(s.Page(t, apitest.Object{})); n != 2 {
			t.Errorf("%d events are stored, want 2", n)
		}
	})
}

func TestWebAPI_Token(t *testing.T) {
	t.Parallel()
	s := apitest.ServeDemo(t, storetest.SQLite(t))
	login := func(username, password string) apitest.WebResponse {
		return s.WebPost(t, "authentication/token",
			strings.NewReader(fmt.Sprintf(`{"username":%q,"password":%q}`, username, password)))
	}
	wrong, unknown := login("demo", "wrong"), login("unknown-user", "wrong")
	if wrong.Text != unknown.Text || wrong.Status != 401 || wrong.Code != "InvalidCredentialsException" {
		t.Errorf("%d %s\n%d %s", wrong.Status, wrong.Text, unknown.Status, unknown.Text)
	}
	token, other := s.WebLogin(t), s.WebLogin(t)
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
		{
			"both, different", other, `{"token":"` + token + `","web_customer_events_set":[]}`, 400,
			"BadRequestException",
		},
		{"body", "", `{"token":"` + token + `","web_customer_events_set":[]}`, 200, "OK"},
		{"body, at the end", "", `{"web_customer_events_set":[],"token":"` + token + `"}`, 200, "OK"},
		{"header", token, `{"web_customer_events_set":[]}`, 200, "OK"},
		{"both alike", token, `{"token":"` + token + `","web_customer_events_set":[]}`, 200, "OK"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var headers []string
			if c.header != "" {
				headers = []string{"Authorization", "Bearer " + c.header}
			}
			a := s.WebPost(t, apitest.WebCreatePath, strings.NewReader(c.body), headers...)
			if a.Status != c.status || a.Code != c.code || strings.Contains(a.Text, token) {
				t.Errorf("%d %s", a.Status, a.Text)
			}
		})
	}
	for name, release := range map[string]func() apitest.WebResponse{
		"body": func() apitest.WebResponse {
			return s.WebPost(t, "authentication/token/release", strings.NewReader(`{"token":"`+token+`"}`))
		},
		"header": func() apitest.WebResponse {
			return s.WebPost(t, "authentication/token/release", nil, "Authorization", "Bearer "+other)
		},
	} {
		if a := release(); a.Status != 200 ||
			a.Text != `{"data":{},"status":{"code":"OK","description":"","message":""}}` {
			t.Errorf("%s: %d %s", name, a.Status, a.Text)
		}
		if a := release(); a.Status != 401 || a.Code != "InvalidTokenException" {
			t.Errorf("%s, again: %d %s", name, a.Status, a.Text)
		}
	}
	if len(s.Page(t, nil)) != 0 {
		t.Error("the token of GraphQL must live on")
	}
}
