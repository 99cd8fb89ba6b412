package e2e

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"customer-events/internal/app"
	"customer-events/internal/store/storetest"
	"customer-events/test/apitest"
)

func TestToken_HeaderAndInput(t *testing.T) {
	t.Parallel()
	s := apitest.ServeDemo(t, storetest.SQLite(t))
	token, other := s.Token, s.Login(t, app.DemoUser, app.DemoPassword)
	if token == other {
		t.Fatal("two logins give one token")
	}
	for _, c := range []struct {
		name   string
		header string
		input  any
		want   string
	}{
		{"none", "", nil, "UNAUTHENTICATED"},
		{"header", "Bearer " + token, nil, ""},
		{"input", "", token, ""},
		{"both alike", "Bearer " + token, token, ""},
		{"both, different", "Bearer " + token, other, "BAD_REQUEST"},
		{"wrong header", "Bearer wrong", nil, "UNAUTHENTICATED"},
		{"wrong input", "", "wrong", "UNAUTHENTICATED"},
		{"empty input", "", "", "UNAUTHENTICATED"},
		{"another scheme", "Basic " + token, nil, "UNAUTHENTICATED"},
		{"no scheme", token, nil, "UNAUTHENTICATED"},
		{"the scheme in other letters", "bearer " + token, nil, ""},
		{"another scheme beside the input", "Basic ZGVtbzpkZW1v", token, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			s.Token = ""
			input := apitest.Object{
				"webCustomerEventsSet": []apitest.Object{apitest.Event("1", nil)},
				"token":                c.input,
			}
			headers := []string{"Accept", "application/graphql-response+json"}
			if c.header != "" {
				headers = append(headers, "Authorization", c.header)
			}
			a := s.Post(t, apitest.CreateQuery, apitest.Object{"input": input}, headers...)
			if a.Code() != c.want {
				t.Errorf("%s", a.Text)
			}
			want := map[string]int{"": 200, "BAD_REQUEST": 400, "UNAUTHENTICATED": 401}[c.want]
			if a.Status != want {
				t.Errorf("status %d, want %d", a.Status, want)
			}
			if strings.Contains(a.Text, token) || strings.Contains(a.Text, other) {
				t.Error("the response repeats the token")
			}
		})
	}
	for _, query := range []string{
		`{ webCustomerEvents { nodes { id } } }`,
		`{ webCustomerEvent(by: {number: "1"}) { id } }`,
		`mutation { logout }`,
	} {
		if a := s.Post(t, query, nil); a.Code() != "UNAUTHENTICATED" || a.Status != 401 {
			t.Errorf("%s without a token: %d %s", query, a.Status, a.Text)
		}
	}
	a := s.Post(t, `{ limits { maxEventsPerCall maxBodyBytes maxPageSize } }`, nil)
	if string(a.Data["limits"]) != `{"maxEventsPerCall":1000,"maxBodyBytes":8388608,"maxPageSize":500}` {
		t.Errorf("limits: %s", a.Text)
	}
}

func TestLogin_Logout(t *testing.T) {
	t.Parallel()
	s := apitest.ServeDemo(t, storetest.SQLite(t))
	const query = `mutation ($username: String!, $password: String!) { login(input: {username: $username, ` +
		`password: $password}) { token } }`
	wrong := s.Post(t, query, apitest.Object{"username": "demo", "password": "wrong-password"})
	unknown := s.Post(t, query, apitest.Object{"username": "unknown-user", "password": "wrong-password"})
	if wrong.Text != unknown.Text || wrong.Status != 401 || unknown.Status != 401 ||
		wrong.Code() != "UNAUTHENTICATED" {
		t.Errorf("wrong password: %d %s\nunknown user: %d %s", wrong.Status, wrong.Text, unknown.Status,
			unknown.Text)
	}
	for _, username := range []string{"Demo", "demo ", ""} {
		a := s.Post(t, query, apitest.Object{"username": username, "password": app.DemoPassword})
		if a.Code() != "UNAUTHENTICATED" {
			t.Errorf("%q: %s", username, a.Text)
		}
	}
	kept := s.Token
	s.Token = s.Login(t, app.DemoUser, app.DemoPassword)
	if !apitest.Ask[bool](t, s, "logout", `mutation { logout }`, nil) {
		t.Error("logout answers false")
	}
	if a := s.Post(t, `{ webCustomerEvents { nodes { id } } }`, nil); a.Code() != "UNAUTHENTICATED" {
		t.Errorf("the token lives on: %s", a.Text)
	}
	if s.Token = kept; len(s.Page(t, nil)) != 0 {
		t.Error("the other token must live on")
	}
}

func TestCreate_IdempotencyKey(t *testing.T) {
	t.Parallel()
	apitest.OnEachDatabase(t, func(t *testing.T, s *apitest.Server) {
		input := func(key any, events ...apitest.Object) apitest.Object {
			return apitest.Object{"input": apitest.Object{
				"idempotencyKey":       key,
				"webCustomerEventsSet": events,
			}}
		}
		good := apitest.Event("good", nil)
		bad := apitest.Event("bad",
			apitest.Object{"accountsReceivableIdentifier": apitest.Object{"number": "ACR-later"}})
		send := func(variables apitest.Object, headers ...string) apitest.Outcome {
			t.Helper()
			return apitest.Ask[apitest.Outcome](t, s, "createWebCustomerEvents", apitest.CreateQuery,
				variables, headers...)
		}
		first := send(input("key-1", good, bad))
		for name, again := range map[string]apitest.Outcome{
			"input":  send(input("key-1", good, bad)),
			"header": send(input(nil, good, bad), "Idempotency-Key", "key-1"),
			"both":   send(input("key-1", good, bad), "Idempotency-Key", "key-1"),
		} {
			want := slices.Clone(first.ProcessedCustomerEventsSet)
			want[0].Replayed = true
			diff := cmp.Diff(want, again.ProcessedCustomerEventsSet)
			if diff != "" || again.Summary.Replayed != 1 || again.Summary.Unprocessed != 1 {
				t.Errorf("%s: %+v\n%s", name, again.Summary, diff)
			}
		}
		other := send(input("key-2", good))
		if other.Summary.Replayed != 0 ||
			other.ProcessedCustomerEventsSet[0].ID == first.ProcessedCustomerEventsSet[0].ID {
			t.Errorf("another key: %+v", other)
		}
		for _, c := range []struct {
			name      string
			variables apitest.Object
			header    string
			code      string
			status    int
		}{
			{
				"reused", input("key-1", apitest.Event("good", apitest.Object{"website": "other.example"}),
					bad), "", "IDEMPOTENCY_KEY_REUSED", 422,
			},
			{"reused for fewer", input("key-1", good), "", "IDEMPOTENCY_KEY_REUSED", 422},
			{"two keys", input("key-1", good, bad), "key-2", "BAD_REQUEST", 400},
			{"long", input(strings.Repeat("k", 256), good), "", "BAD_REQUEST", 400},
			{"not ASCII", input("schlüssel", good), "", "BAD_REQUEST", 400},
			{"control", input("a\tb", good), "", "BAD_REQUEST", 400},
		} {
			t.Run(c.name, func(t *testing.T) {
				headers := []string{"Accept", "application/graphql-response+json"}
				if c.header != "" {
					headers = append(headers, "Idempotency-Key", c.header)
				}
				a := s.Post(t, apitest.CreateQuery, c.variables, headers...)
				if a.Code() != c.code || a.Status != c.status {
					t.Errorf("%d %s", a.Status, a.Text)
				}
			})
		}
		if n := len(s.Page(t, nil)); n != 2 {
			t.Errorf("%d events are stored, want 2", n)
		}
		longest := strings.Repeat("~", 255)
		send(input(longest, good))
		if again := send(input(nil, good), "Idempotency-Key", longest); again.Summary.Replayed != 1 {
			t.Errorf("the longest key: %+v", again)
		}
	})
}

func TestCreate_SeveralServers(t *testing.T) {
	t.Parallel()
	database := storetest.MySQL(t)
	servers := []*apitest.Server{apitest.ServeDemo(t, database)}
	for range 2 {
		servers = append(servers, apitest.Serve(t, "--database", database, "--secret-key",
			apitest.SecretKey))
	}
	body, _ := json.Marshal(apitest.Object{
		"query":     apitest.CreateQuery,
		"variables": apitest.CreateInput(apitest.Events(50)),
	})
	ids := make([][]string, 9)
	var all sync.WaitGroup
	for i := range ids {
		s := servers[i%3]
		all.Go(func() {
			for try := 0; try < 50 && ids[i] == nil; try++ {
				request, _ := http.NewRequestWithContext(context.Background(), http.MethodPost,
					s.URL+"/graphql", strings.NewReader(string(body)))
				for name, value := range map[string]string{
					"Content-Type":    "application/json",
					"Authorization":   "Bearer " + servers[0].Token,
					"Idempotency-Key": "one",
				} {
					request.Header.Set(name, value)
				}
				response, err := s.Client.Do(request)
				if err != nil {
					t.Error(err)
					return
				}
				var a struct {
					Data struct{ CreateWebCustomerEvents *apitest.Outcome }
				}
				err = json.NewDecoder(response.Body).Decode(&a)
				response.Body.Close()
				if err != nil {
					t.Error(err)
					return
				}
				if a.Data.CreateWebCustomerEvents != nil {
					for _, p := range a.Data.CreateWebCustomerEvents.ProcessedCustomerEventsSet {
						ids[i] = append(ids[i], p.ID)
					}
				}
			}
		})
	}
	all.Wait()
	for i := range ids {
		if len(ids[i]) != 50 || !slices.Equal(ids[i], ids[0]) {
			t.Errorf("call %d has %d ids, and not the first one's", i, len(ids[i]))
		}
	}
	servers[1].Token = servers[0].Token
	if n := len(servers[1].Page(t, nil)); n != 50 {
		t.Errorf("%d events are stored, want 50", n)
	}
}
