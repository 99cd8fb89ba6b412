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
	s, _ := demoWithTLS(t, storetest.SQLite(t)) // which has the metric of its certificate, too
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

	var exprs []string
	for _, rule := range readAlerts(t) {
		exprs = append(exprs, rule.Expr)
	}
	for _, panel := range readDashboard(t).Panels {
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
				if !strings.Contains(string(text), label[1]+`="`+value+`"`) {
					t.Errorf("%s uses %s=%s, which the program does not export", expr, label[1], value)
				}
			}
		}
	}
}

type alertRule struct{ Alert, Expr string }

func readAlerts(t *testing.T) []alertRule {
	t.Helper()
	var file struct{ Groups []struct{ Rules []alertRule } }
	readDeployed(t, "deploy/alerts.yaml", yaml.Unmarshal, &file)
	return file.Groups[0].Rules
}

// dashboard is what the tests read of a Grafana dashboard.
type dashboard struct {
	Templating struct{ List []struct{ Name, Type string } }
	Panels     []struct {
		Type, Title string
		Datasource  struct{ UID string }
		Targets     []struct{ Expr string }
	}
}

func readDashboard(t *testing.T) (d dashboard) {
	t.Helper()
	readDeployed(t, "deploy/grafana/customer-events.json", json.Unmarshal, &d)
	return d
}

func readDeployed(t *testing.T, name string, unmarshal func([]byte, any) error, into any) {
	t.Helper()
	text, err := os.ReadFile(apitest.File(name))
	if err == nil {
		err = unmarshal(text, into)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// make alerts-check runs the cases of deploy/alerts_test.yaml. Each alert must have one in which it
// fires, and one in which it does not.
func TestDeploy_EveryAlertHasCases(t *testing.T) {
	t.Parallel()
	var cases struct {
		Tests []struct {
			AlertRuleTest []struct {
				Alertname string
				Expected  []any `yaml:"exp_alerts"`
			} `yaml:"alert_rule_test"`
		}
	}
	readDeployed(t, "deploy/alerts_test.yaml", yaml.Unmarshal, &cases)
	fires, silent := map[string]bool{}, map[string]bool{}
	for _, c := range cases.Tests {
		for _, test := range c.AlertRuleTest {
			fires[test.Alertname] = fires[test.Alertname] || len(test.Expected) > 0
			silent[test.Alertname] = silent[test.Alertname] || len(test.Expected) == 0
		}
	}
	text, err := os.ReadFile(apitest.File("docs/monitoring.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, rule := range readAlerts(t) {
		if !fires[rule.Alert] || !silent[rule.Alert] {
			t.Errorf("%s has no case in which it fires, or none in which it does not", rule.Alert)
		}
		if !strings.Contains(string(text), "`"+rule.Alert+"`") {
			t.Errorf("docs/monitoring.md does not explain %s", rule.Alert)
		}
	}
}

// The dashboard must work with any data source of Grafana, and for one server among several.
func TestDeploy_DashboardVariables(t *testing.T) {
	t.Parallel()
	d := readDashboard(t)
	types := map[string]string{}
	for _, variable := range d.Templating.List {
		types[variable.Name] = variable.Type
	}
	if types["datasource"] != "datasource" || types["instance"] != "query" {
		t.Errorf("the variables are %v", types)
	}
	for _, panel := range d.Panels {
		if panel.Type == "row" {
			continue
		}
		if panel.Datasource.UID != "${datasource}" {
			t.Errorf("%s asks the data source %q", panel.Title, panel.Datasource.UID)
		}
		for _, target := range panel.Targets {
			if !strings.Contains(target.Expr, `instance=~"$instance"`) {
				t.Errorf("%s does not ask for one server: %s", panel.Title, target.Expr)
			}
		}
	}
}
