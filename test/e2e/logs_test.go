package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"customer-events/internal/apierr"
	"customer-events/internal/app"
	"customer-events/internal/store/storetest"
	"customer-events/test/apitest"
)

// plantedCreate returns a call with one event that identifies its customer by an access token.
func plantedCreate(identifier, token string) string {
	return `{"query":"mutation ($input: CreateWebCustomerEventsInput!) { createWebCustomerEvents(input: ` +
		`$input) { unprocessedCustomerEventsSet { errorDescription problems { path errorDescription } } } ` +
		`}",` +
		`"variables":{"input":{` + token + `"webCustomerEventsSet":[{"requestUniqueIdentifier":"1",` +
		`"rewardsParticipantIdentifier":{"accessTokenIdentifier":` + identifier +
		`},"performedByUnitIdentifier":{"id":"1"},"performedOn":"2020-01-01T00:00:00Z",` +
		`"website":"www.crm.com"}]}}}`
}

// plantedLiteralCreate is plantedCreate with the event in the text of the query.
func plantedLiteralCreate(event string) string {
	text, _ := json.Marshal(apitest.Object{"query": `mutation { createWebCustomerEvents(input: ` +
		`{webCustomerEventsSet: [{rewardsParticipantIdentifier: {accessTokenIdentifier: ` + event +
		`}, requestUniqueIdentifier: "1", performedByUnitIdentifier: {id: "1"}, performedOn: ` +
		`"2020-01-01T00:00:00Z", website: "www.crm.com"}]}) { summary { received } } }`})
	return string(text)
}

// plantedBodies returns valid and invalid bodies, with CANARY wherever a caller may send a secret.
func plantedBodies() []string {
	const c = "CANARY"
	create, literal := plantedCreate, plantedLiteralCreate
	login := func(password string) string {
		return `{"query":"mutation ($u: String!, $p: String!) { login(input: {username: $u, password: ` +
			`$p}) { token } }","variables":{"u":"demo","p":"` + password + `"}}`
	}
	return []string{
		login(c),
		`{"query":"mutation { login(input: {username: \"demo\", password: \"CANARY\"}) { token ` + `} }"}`,
		`{"query":"mutation { login(input: {username: \"demo\", password: [\"CANARY\"]}) { token } }"}`,
		`{"query":"mutation { login(input: {username: \"demo\", password: CANARY}) { token } }"}`,
		`{"query":"mutation { login(input: {username: \"demo\", CANARY`,
		login(c)[:120],
		login(`C` + "\xff" + `ANARY`),
		strings.Replace(login(c), `"p":"CANARY"`, `"p":["CANARY"]`, 1),
		strings.Replace(login(c), `"p":"CANARY"`, `"p":{"CANARY":1}`, 1),
		`CANARY`,
		`["CANARY"]`,
		`{"CANARY":`,
		`{"query":"CANARY"}`,
		`{"query":"{ CANARY: limits { maxPageSize }"}`,
		`{"query":"\"CANARY\""}`,
		`{"query":"\"\"\"CANARY"}`,
		`{"query":["CANARY"]}`,
		`{"query":"{ limits { maxPageSize } }","variables":"CANARY"}`,
		`{"query":"{ limits { maxPageSize } }","operationName":{"a":"CANARY"}}`,
		create(`{"authenticationCode":"CANARY"}`, ""),
		create(`{"authenticationCode":["CANARY"]}`, ""),
		create(`{"CANARY":"CANARY"}`, ""),
		create(`"CANARY"`, ""),
		create(`["CANARY"]`, ""),
		create(`{"authenticationCode":"CANARY\u0000"}`, ""),
		create(`{"authenticationCode":"CANARY`+strings.Repeat("x", 300)+`"}`, ""),
		create(`{"authenticationCode":"CANARY\ud800"}`, ""),
		create(`{"credentials":{"identifier":"maria@example.com","passCode":"CANARY"}}`, ""),
		create(`{"credentials":{"identifier":"maria@example.com","passCode":{"CANARY":1}}}`, ""),
		create(`{"credentials":{"passCode":"CANARY"}}`, ""),
		create(`{"credentials":"CANARY"}`, ""),
		create(`{"credentials":{"identifier":"maria@example.com","passCode":"1","CANARY":"2"}}`, ""),
		create(`{"authenticationCode":"CANARY","oneTimePassword":"CANARY"}`, ""),
		create(`{"oneTimePassword":"CANARY"}`, ""),
		create(`{"oneTimePassword":{"a":"CANARY"}}`, ""),
		create(`{"authenticationCode":"CANARY"`, ""),
		create(`{"authenticationCode":"x"}`, `"token":"CANARY",`),
		create(`{"authenticationCode":"x"}`, `"token":["CANARY"],`),
		create(`{"authenticationCode":"x"}`, `"token":{"CANARY":"CANARY"},`),
		literal(`{authenticationCode: "CANARY"}`),
		literal(`{authenticationCode: CANARY}`),
		literal(`{authenticationCode: ["CANARY"]}`),
		literal(`{authenticationCode: {x: "CANARY"}}`),
		literal(`{oneTimePassword: CANARY}`),
		literal(`{credentials: "CANARY"}`),
		literal(`{credentials: {identifier: "x", passCode: CANARY}}`),
		literal(`{authenticationCode: "CANARY", oneTimePassword: "CANARY"}`),
		literal(`"CANARY"`),
		literal(`{authenticationCode: "CANARY}`),
		literal(`{authenticationCode: """CANARY}`),
		literal(`{authenticationCode: "CANARY\q"}`),
		literal(`{authenticationCode: @CANARY}`),
	}
}

// TestLogs_NoSecrets sends secrets wherever a caller may, in valid and invalid bodies. None may appear in
// a log or a response.
func TestLogs_NoSecrets(t *testing.T) {
	t.Parallel()
	s := apitest.ServeDemo(t, storetest.SQLite(t))
	good := s.Token
	const c = "CANARY"
	bodies := plantedBodies()
	create := plantedCreate
	for i, body := range bodies {
		a := s.PostBody(t, strings.NewReader(body), "X-Request-Id", fmt.Sprint("planted-", i))
		if strings.Contains(strings.ToUpper(a.Text), c) {
			t.Errorf("%s\ngets the response\n%s", body, a.Text)
		}
		if got := a.Header.Get("X-Request-Id"); got != fmt.Sprint("planted-", i) {
			t.Errorf("X-Request-Id is %q", got)
		}
	}
	for _, header := range []string{"Bearer CANARY", "CANARY", "Basic CANARY"} {
		a := s.PostBody(t, strings.NewReader(create(`{"authenticationCode":"x"}`, "")), "Authorization",
			header)
		if strings.Contains(a.Text, c) {
			t.Errorf("%s: %s", header, a.Text)
		}
	}
	// One-time passwords and pass codes as numbers.
	for _, body := range []string{
		create(`{"oneTimePassword":987654321987654321987654321}`, ""),
		create(`{"oneTimePassword":98765432198765432.5}`, ""),
		plantedLiteralCreate(`{oneTimePassword: 98765432198765432.5}`),
		create(`{"credentials":{"identifier":"x","passCode":98765432198765432}}`, ""),
		plantedLiteralCreate(`{credentials: {identifier: "x", passCode: 98765432198765432}}`),
		plantedLiteralCreate(`{authenticationCode: 98765432198765432}`),
	} {
		if a := s.PostBody(t, strings.NewReader(body)); strings.Contains(a.Text, "98765432198765432") {
			t.Errorf("%s\ngets the response\n%s", body, a.Text)
		}
	}
	s.Stop(t)
	log := s.Log.String()
	for _, secret := range []string{c, "98765432198765432", good, app.DemoPassword, apitest.SecretKey} {
		if at := strings.Index(strings.ToUpper(log), strings.ToUpper(secret)); at >= 0 {
			t.Errorf("the log contains %q: %.300s", secret, log[max(0, at-150):])
		}
	}
	lines := make(map[string]int)
	for line := range strings.Lines(log) {
		var entry struct{ Msg, Request string }
		if err := json.Unmarshal([]byte(line), &entry); err != nil {
			t.Errorf("not JSON: %s", line)
		}
		if entry.Msg == "request" {
			lines[entry.Request]++
		}
	}
	for i := range bodies {
		if id := fmt.Sprint("planted-", i); lines[id] != 1 {
			t.Errorf("%d lines for the request %s", lines[id], id)
		}
	}
	if want := 1 + len(bodies) + 3 + 6; len(lines) != want {
		t.Errorf("%d requests in the log, want %d", len(lines), want)
	}
}

func TestLogs_RequestID(t *testing.T) {
	t.Parallel()
	s := apitest.ServeDemo(t, storetest.SQLite(t))
	ids := make(map[string]bool)
	for name, do := range map[string]func() (*http.Response, error){
		"an error": func() (*http.Response, error) {
			return s.Client.Post(s.URL+"/graphql", "text/plain", strings.NewReader("x"))
		},
		"a wrong method": func() (*http.Response, error) { return s.Client.Head(s.URL + "/graphql") },
		"no such page":   func() (*http.Response, error) { return s.Client.Get(s.URL + "/nothing") },
		"GraphiQL":       func() (*http.Response, error) { return s.Client.Get(s.URL + "/") },
		"readyz":         func() (*http.Response, error) { return s.Client.Get(s.URL + "/readyz") },
		"metrics":        func() (*http.Response, error) { return s.Client.Get(s.URL + "/metrics") },
	} {
		response, err := do()
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if id := response.Header.Get("X-Request-Id"); id == "" || ids[id] {
			t.Errorf("%s: X-Request-Id is %q", name, id)
		} else {
			ids[id] = true
		}
	}
	// The server replaces an id that could forge a log line.
	for _, given := range []string{"a b", `a","msg":"forged`, strings.Repeat("x", 65), "é"} {
		a := s.Post(t, `{ limits { maxPageSize } }`, nil, "X-Request-Id", given)
		if a.Header.Get("X-Request-Id") == given || a.Header.Get("X-Request-Id") == "" {
			t.Errorf("%q: %q", given, a.Header.Get("X-Request-Id"))
		}
	}
	// Package graph tests the response to an internal error.
}

// TestLogs_AnonymousFlood floods the server without credentials. The number of log lines is bounded, and
// summary lines account for the omitted ones.
func TestLogs_AnonymousFlood(t *testing.T) {
	t.Parallel()
	s := apitest.ServeDemo(t, storetest.SQLite(t))
	for range 400 {
		s.Do(t, http.MethodPost, "/graphql", strings.NewReader("{"), "Content-Type", "application/json")
		s.Do(t, http.MethodGet, "/nothing", nil)
	}
	for range 150 {
		s.Create(t, apitest.Events(1))
	}
	s.Stop(t)
	requests, users, omitted := 0, 0, 0
	for line := range strings.Lines(s.Log.String()) {
		var entry struct {
			Msg, User, Code string
			Lines           int
			Status          int
		}
		if err := json.Unmarshal([]byte(line), &entry); err != nil {
			t.Fatal(err)
		}
		omitted += entry.Lines
		if entry.Msg == "request" {
			requests++
			if entry.User != "" && entry.Code == "" {
				users++
			}
			if entry.Status == http.StatusBadRequest && entry.Code != apierr.BadRequest.Code() {
				t.Errorf("a rejected request without its code: %s", line)
			}
		}
	}
	if users != 151 || requests+omitted != 951 || requests > 151+300 {
		t.Errorf("%d lines of requests, %d of them users' successes, %d summed up", requests, users, omitted)
	}
}
