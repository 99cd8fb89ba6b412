package e2e

import (
	"encoding/json"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"customer-events/internal/store/storetest"
	"customer-events/test/apitest"
)

// TestDeploy_MetricsExist checks that the program exports every metric, label and label value that an
// alert or the dashboard uses.
func TestDeploy_MetricsExist(t *testing.T) {
	t.Parallel()
	s := apitest.ServeDemo(t, storetest.SQLite(t))
	s.Post(t, `mutation { createWebCustomerEvents(input: {webCustomerEventsSet: []}) { summary { received `+
		`} } }`, nil)
	event := apitest.Object{
		"requestUniqueIdentifier":      "1",
		"accountsReceivableIdentifier": apitest.Object{"number": "ACR0000000020"},
		"performedByUnitIdentifier":    apitest.Object{"name": "Web Shop"},
		"performedOn":                  "2026-01-01T00:00:00Z",
		"website":                      "www.crm.com",
	}
	s.Post(t, `mutation M($e: [WebCustomerEventInput!]!) { createWebCustomerEvents(input: `+
		`{webCustomerEventsSet: $e}) { summary { received } } }`,
		apitest.Object{"e": []apitest.Object{event, {"requestUniqueIdentifier": "2"}}})
	s.Do(t, http.MethodPost, "/crmapi/rest/v2/customer_events/bulk/web/create",
		strings.NewReader(`{"web_customer_events_set": []}`), "Authorization", "Bearer "+s.Token)
	_, _, text := s.Do(t, http.MethodGet, "/metrics", nil)
	exported := map[string]bool{"up": true} // Prometheus's own
	for _, line := range strings.Split(string(text), "\n") {
		if name := regexp.MustCompile(`^[a-z_]+`).FindString(line); name != "" {
			exported[name] = true
		}
	}

	var rules struct {
		Groups []struct{ Rules []struct{ Expr string } }
	}
	read, err := os.ReadFile(apitest.File("deploy/alerts.yaml"))
	if err == nil {
		err = yaml.Unmarshal(read, &rules)
	}
	if err != nil {
		t.Fatal(err)
	}
	var exprs []string
	for _, rule := range rules.Groups[0].Rules {
		exprs = append(exprs, rule.Expr)
	}
	var dashboard struct {
		Panels []struct{ Targets []struct{ Expr string } }
	}
	if read, err = os.ReadFile(apitest.File("deploy/grafana/customer-events.json")); err == nil {
		err = json.Unmarshal(read, &dashboard)
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, panel := range dashboard.Panels {
		for _, target := range panel.Targets {
			exprs = append(exprs, target.Expr)
		}
	}
	if len(exprs) < 20 {
		t.Fatalf("only %d expressions were found", len(exprs))
	}
	protocols, names := regexp.MustCompile(`customer_events_\(graphql\|webapi\)(_[a-z_]+)`),
		regexp.MustCompile(`\b(?:customer_events|go|process)_[a-z_]+`)
	for _, expr := range exprs {
		asked := names.FindAllString(protocols.ReplaceAllString(expr,
			"customer_events_graphql$1 customer_events_webapi$1"), -1)
		if len(asked) == 0 && !strings.HasPrefix(expr, "up{") {
			t.Errorf("%s uses no metric", expr)
		}
		for _, name := range asked {
			if !exported[name] && !slices.Contains([]string{"customer_events"}, name) {
				t.Errorf("%s uses %s, which the program does not export", expr, name)
			}
		}
		for _, label := range regexp.MustCompile(
			`(operation|outcome|code|cause|status|db_name)=~?"([^"]+)"`).FindAllStringSubmatch(expr, -1) {
			for _, value := range strings.Split(label[2], "|") {
				// these values do not occur in this test
				rare := []string{
					"INTERNAL_SERVER_ERROR", "OUTCOME_UNKNOWN", "TooManyAttemptsAPIException", "503",
				}
				if !strings.Contains(string(text), label[1]+`="`+value+`"`) &&
					!slices.Contains(rare, value) {
					t.Errorf("%s uses %s=%s, which the program does not export", expr, label[1], value)
				}
			}
		}
	}
}
