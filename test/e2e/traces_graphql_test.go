package e2e

import (
	"net/http"
	"strings"
	"testing"

	"customer-events/internal/crmapi"
	"customer-events/internal/store/storetest"
	"customer-events/test/apitest"
)

// TestTraces_GraphQLConvention checks OpenTelemetry's names for GraphQL, and that no text of a document is
// exported.
func TestTraces_GraphQLConvention(t *testing.T) {
	t.Parallel()
	const login = `mutation L { login(input: {username: \"demo\", password: \"CANARY\"}) { token } }`
	long := strings.Repeat("x", 500)
	for _, c := range []struct{ name, query, span, opType, opName, field string }{
		{"a named query", `query Mine { limits { maxPageSize } }`, "query", "query", "Mine", "limits"},
		{"without a name", `{ limits { maxPageSize } }`, "query", "query", "", "limits"},
		{"several fields", `query Two { limits { maxPageSize } __typename }`, "query", "query", "Two", "query"},
		{"a mutation", `mutation B { logout }`, "mutation", "mutation", "B", "logout"},
		{"a literal", login, "mutation", "mutation", "L", "login"},
		{"a long name", `query ` + long + ` { __typename }`, "query", "query", long[:200], "__typename"},
		{"not GraphQL", `query CANARY {`, "GraphQL Operation", "", "", ""},
		{"not valid", `query CANARY { canary }`, "GraphQL Operation", "", "", ""},
		{"not JSON", `CANARY"`, "GraphQL Operation", "", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			collected := collectSpans(t)
			s := apitest.Serve(t, "--demo", "--database", storetest.SQLite(t), "--secret-key", apitest.SecretKey,
				"--otlp-endpoint", collected.url)
			s.Do(t, http.MethodPost, "/graphql", strings.NewReader(`{"query":"`+c.query+`"}`),
				"Content-Type", "application/json")
			s.Do(t, http.MethodPost, crmapi.Prefix+"authentication/token", strings.NewReader("{}"))
			s.Stop(t)
			got := collected.requests()
			if len(got) != 2 {
				t.Fatalf("%d requests are exported", len(got))
			}
			attributes := attributesOf(got[0])
			if got[0].Name != c.span || attributes["graphql.operation.type"] != c.opType ||
				attributes["graphql.operation.name"] != c.opName || attributes["operation"] != c.field {
				t.Errorf("the span %q has %v", got[0].Name, attributes)
			}
			if _, given := attributes["graphql.operation.name"]; given && c.opName == "" {
				t.Error("there is an empty name")
			}
			for _, unwanted := range []string{"CANARY", "graphql.document"} {
				if strings.Contains(collected.String(), unwanted) {
					t.Errorf("%s is exported", unwanted)
				}
			}
			if _, given := attributesOf(got[1])["graphql.operation.type"]; given ||
				got[1].Name != "POST "+crmapi.Prefix {
				t.Errorf("the span of the Web API is %q", got[1].Name)
			}
		})
	}
}
