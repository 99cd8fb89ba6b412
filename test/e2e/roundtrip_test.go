package e2e

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"customer-events/test/apitest"
)

// TestCreate_ValuesExactOrRejected checks that every value is either rejected, with a printable text, or
// read back exactly, through both protocols and on both databases.
func TestCreate_ValuesExactOrRejected(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("long: it runs without the race detector")
	}
	values := append(append(textValues(), numberValues()...), dateValues()...)
	apitest.OnEachDatabase(t, func(t *testing.T, s *apitest.Server) {
		stored, rejected := 0, 0
		// identifies the event, independently of the tested field
		at := time.Date(2001, 1, 1, 0, 0, 0, 0, time.UTC)
		for _, protocol := range []string{"graph", "web"} {
			for chunk := range slices.Chunk(values, 400) {
				first := at
				var text string
				rows := make([]string, len(chunk))
				for i, v := range chunk {
					at = at.Add(time.Second)
					rows[i] = eventWith(protocol, i, at, v)
				}
				if protocol == "graph" {
					text = s.PostBody(t,
						strings.NewReader(`{"query":`+
							strconv.Quote(strings.Join(strings.Fields(apitest.CreateQuery), " "))+
							`,"variables":{"input":{"webCustomerEventsSet":[`+strings.Join(rows, ",")+
							`]}}}`)).Text
				} else {
					text = s.WebPost(t, apitest.WebCreatePath, strings.NewReader(`{"token":"`+s.Token+
						`","web_customer_events_set":[`+strings.Join(rows, ",")+`]}`)).Text
				}
				apitest.MustBePrintable(t, text)
				read := make(map[string]apitest.Object, len(chunk))
				for _, node := range s.Page(t, apitest.Object{
					"performedFrom": first.Format(time.RFC3339),
					"performedTo":   at.Add(time.Second).Format(time.RFC3339),
				}) {
					read[node["performedOn"].(string)] = node
				}
				for i, v := range chunk {
					node := read[first.Add(time.Duration(i+1)*time.Second).Format(time.RFC3339)]
					switch {
					case node == nil && v.want == nil:
						rejected++
					case node == nil || v.want == nil || node[v.field] != v.want:
						t.Errorf("%s, %s %.100q: read back %.100q, want %.100q", protocol, v.field, v.raw,
							fmt.Sprint(node[v.field]), fmt.Sprint(v.want))
					default:
						stored++
					}
				}
				if t.Failed() {
					t.Fatalf("%.1000s", text)
				}
			}
		}
		if stored+rejected != 2*len(values) {
			t.Errorf("%d stored, %d rejected of %d", stored, rejected, 2*len(values))
		}
		t.Logf("%d values through two protocols: %d read back exactly, %d rejected", len(values), stored,
			rejected)
	})
}

// eventWith returns an event with one value.
func eventWith(protocol string, i int, at time.Time, v fieldValue) string {
	website := `,"website":"www.crm.com"`
	if v.field == "website" {
		website = ""
	}
	if protocol == "web" {
		return fmt.Sprintf(`{"request_unique_identifier":"%d",`+
			`"accounts_receivable_identifier":{"number":"ACR0000000020"},`+
			`"performed_by_unit_identifier":{"id":"1"},"performed_on":"%s"%s,"%s":%s}`,
			i, at.Format(time.RFC3339), website, apitest.WireName(v.field), v.raw)
	}
	return fmt.Sprintf(`{"requestUniqueIdentifier":"%d",`+
		`"accountsReceivableIdentifier":{"number":"ACR0000000020"},"performedByUnitIdentifier":{"id":"1"},`+
		`"performedOn":"%s"%s,"%s":%s}`,
		i, at.Format(time.RFC3339), website, v.field, v.raw)
}
