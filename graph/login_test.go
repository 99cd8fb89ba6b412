package graph_test

import (
	"strings"
	"testing"

	"customer-events/internal/api"
	"customer-events/internal/events"
	"customer-events/models"
)

// TestMutation_LoginAndLogout checks that a login and a logout run in their order among the other fields.
// Both are non-null: if one fails, GraphQL discards the data of the request.
func TestMutation_LoginAndLogout(t *testing.T) {
	t.Parallel()
	const create = ` x: createWebCustomerEvents(input: $a)` + counts
	const head = `mutation ($a: CreateWebCustomerEventsInput!) {`
	const login = ` login(input: {username: "demo", password: "demo-password"}) { token } `
	for _, c := range []struct {
		name, query, want string
		status            int
		data              string // its beginning
	}{
		{"logged out before", head + ` logout` + create + `}`, "UNAUTHENTICATED", 200,
			`{"logout":true,"x":null}`},
		{"logged out after", head + create + ` logout }`, "", 200, `{"x":{"processed`},
		{"logged in before", head + login + create + `}`, "", 200, `{"login":{"token":"`},
		{"a login that fails", head + create + strings.Replace(login, "demo-password", "wrong", 1) + `}`,
			"UNAUTHENTICATED", 401, `null`},
		{"two logins", head + ` a:` + login + ` b:` + login + `}`, "BAD_REQUEST", 400, ""},
		{"two logouts", head + ` a: logout b: logout }`, "BAD_REQUEST", 400, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := newAPI(t, nil)
			query := c.query
			if strings.HasPrefix(c.name, "two") {
				query = strings.Replace(query, "($a: CreateWebCustomerEventsInput!)", "", 1)
			}
			r := a.post(t, query, inputs("", 1), "Accept", newMedia)
			data := ""
			if _, after, found := strings.Cut(r.text, `"data":`); found {
				data = after
			}
			if r.code() != c.want || r.status != c.status || !strings.HasPrefix(data, c.data) ||
				c.data == "" && data != "" {
				t.Errorf("%s: %d %s", c.name, r.status, r.text)
			}
		})
	}
}

// TestMutation_Metrics checks that the log and the metrics count the events of all fields.
func TestMutation_Metrics(t *testing.T) {
	t.Parallel()
	var request api.Request
	for range 2 {
		request.Count(&events.Outcome{Summary: events.BatchSummary{Received: 3, Replayed: 1},
			UnprocessedCustomerEventsSet: []events.UnprocessedCustomerEvent{{ErrorCode: models.NotFound}}})
	}
	if request.Events != 6 || request.Replayed != 2 || request.Unprocessed[models.NotFound] != 2 {
		t.Errorf("%d %d %v", request.Events, request.Replayed, request.Unprocessed)
	}
}
