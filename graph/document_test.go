package graph_test

import (
	"strings"
	"testing"

	"customer-events/graph"
)

func TestDocument_Limits(t *testing.T) {
	t.Parallel()
	a := newAPI(t, nil)
	deep := strings.Repeat("{ nodes ", 30) + "{ id }" + strings.Repeat(" }", 30)
	long := `{ limits { maxPageSize } } #` + strings.Repeat("x", graph.MaxQueryBytes)
	const failed = "GRAPHQL_VALIDATION_FAILED"
	for _, c := range []struct{ name, query, want string }{
		{"the longest", long[:graph.MaxQueryBytes], ""},
		{"too long", long[:graph.MaxQueryBytes+1], failed},
		{"many tokens", "{ limits {" + strings.Repeat(" maxPageSize", 1000) + " } }",
			"GRAPHQL_PARSE_FAILED"},
		{"the same field often", "{ limits {" + strings.Repeat(" maxPageSize", 900) + " } }", ""},
		{"deep", "{ webCustomerEvents " + deep + " }", failed},
		{"very deep", strings.Repeat("{a", 7000), "GRAPHQL_PARSE_FAILED"},
		{"deep brackets", "{ webCustomerEvent(by: " + strings.Repeat("[", 490) + strings.Repeat("]", 490) +
			") { id } }", failed},
		{"deep objects", "{ webCustomerEvent(by: " + strings.Repeat("{id:", 240) + "1" +
			strings.Repeat("}", 240) + ") { id } }", failed},
		{"a fragment of itself", "{ limits { ...f } } fragment f on Limits { ...f }", failed},
		{"two fragments of each other", "{ limits { ...f } } fragment f on Limits { ...g } fragment g on " +
			"Limits { ...f }", failed},
		{"many directives", "{ limits {" + strings.Repeat(" maxPageSize @skip(if: false)", 31) + " } }",
			failed},
		{"directives on one field", "{ limits { maxPageSize" + strings.Repeat(" @skip(if: false)", 31) +
			" } }", failed},
		{"several operations, none named",
			"query a { limits { maxPageSize } } query b { limits { maxPageSize } }", failed},
		{"no operation", "fragment f on Limits { maxPageSize }", failed},
		{"no parse", "{ limits { ", "GRAPHQL_PARSE_FAILED"},
		{"an unknown field", "{ nothing }", failed},
		{"a subscription", "subscription { limits { maxPageSize } }", failed},
		{"a number out of range", `{ webCustomerEvents(first: ` + strings.Repeat("9", 400) +
			`) { nodes { id } } }`, failed},
		{"pages", "{ a: webCustomerEvents(first: 500) { nodes { id } } b: webCustomerEvents(first: 500) " +
			"{ nodes { id } } }", ""},
		{"too many pages", "{ a: webCustomerEvents(first: 500) { nodes { id } } b: " +
			"webCustomerEvents(first: 500) { nodes { id } } c: webCustomerEvents(first: 1) { nodes { id " +
			"} } }", "BAD_REQUEST"},
		{"too many pages by default", "{" + aliases(21, "webCustomerEvents { nodes { id } }") + "}",
			"BAD_REQUEST"},
		{"many aliases", "{" + aliases(31, "limits { maxPageSize }") + "}", failed},
		{"logins by aliases", "mutation {" +
			aliases(2, `login(input: {username: "a", password: "b"}) { token }`) + "}", "BAD_REQUEST"},
		{"logins by a fragment", "mutation { ...f " +
			aliases(1, `login(input: {username: "a", password: "b"}) { token }`) +
			"} fragment f on Mutation { login(input: {username: \"a\", password: \"b\"}) { token } }",
			"BAD_REQUEST"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := a.post(t, c.query, "", "Accept", newMedia)
			if r.code() != c.want || r.Data != nil && c.want != "" {
				t.Errorf("%s: want %s, got %d %.300s", c.name, c.want, r.status, r.text)
			}
		})
	}
	r := a.send(t, `{"query":"query a { limits { maxPageSize } } query b { limits { maxBodyBytes } `+
		`}","operationName":"b"}`)
	if !strings.Contains(r.text, "maxBodyBytes") || strings.Contains(r.text, "maxPageSize") {
		t.Errorf("two operations, one named: %s", r.text)
	}
	r = a.send(t, `{"query":"query a { limits { maxPageSize } }","operationName":"c"}`)
	if r.code() != failed {
		t.Errorf("a name that is not there: %s", r.text)
	}
}
