package e2e

import (
	"fmt"
	"strings"
	"testing"

	"customer-events/internal/store/storetest"
	"customer-events/test/apitest"
)

// TestCreate_LocalTimesOfTheZone checks that a local time that the server's zone skips is an invalid value
// of its event, in every field, in variables and literals, through both protocols. A time that occurs
// twice means the first occurrence.
func TestCreate_LocalTimesOfTheZone(t *testing.T) {
	t.Parallel()
	s := apitest.ServeDemo(t, storetest.SQLite(t), "--zone", "Europe/Nicosia")
	const skipped, twice, first = "2016-03-27T03:30:00", "2016-10-30T03:30", "2016-10-30T00:30:00Z"
	const remedy = "this local time does not exist in the time zone Europe/Nicosia, whose clocks skip it"
	fields := []string{"performedOn", "udfDate1", "udfDate2", "udfDate3", "udfDate4"}
	var set []apitest.Object
	for _, field := range fields {
		set = append(set, apitest.Event(field+" skipped", apitest.Object{field: skipped}),
			apitest.Event(field+" twice", apitest.Object{field: twice}))
	}
	a := s.Create(t, set)
	if a.Summary.Processed != len(fields) || len(a.UnprocessedCustomerEventsSet) != len(fields) {
		t.Fatalf("%+v", a)
	}
	for i, u := range a.UnprocessedCustomerEventsSet {
		want := fmt.Sprintf("Error:%s (%s) Is Not Valid: %s", fields[i], skipped, remedy)
		if u.ErrorCode != "InvalidAPIValueException" || u.RequestUniqueIdentifier != fields[i]+" skipped" ||
			!strings.HasPrefix(u.ErrorDescription, want) {
			t.Errorf("%s: %+v", fields[i], u)
		}
	}
	for _, e := range s.Page(t, apitest.Object{}) {
		found := false
		for _, field := range fields {
			found = found || e[field] == first
		}
		if !found {
			t.Errorf("not the first occurrence: %v", e)
		}
	}
	literal := s.Post(t, `mutation { createWebCustomerEvents(input: {webCustomerEventsSet: `+
		`[{requestUniqueIdentifier: "l", accountsReceivableIdentifier: {number: "ACR0000000020"}, `+
		`performedByUnitIdentifier: {name: "Admin Unit"}, performedOn: "`+skipped+
		`", website: "www.crm.com"}]}) { unprocessedCustomerEventsSet { errorCode errorDescription } } }`,
		nil)
	if len(literal.Errors) > 0 || !strings.Contains(literal.Text, remedy) {
		t.Errorf("a literal: %s", literal.Text)
	}
	web := s.WebPost(t, apitest.WebCreatePath, strings.NewReader(`{"web_customer_events_set":[`+
		strings.Replace(apitest.WebEvent("w"), "2016-06-22T15:00:00", skipped, 1)+`},`+
		apitest.WebEvent("d")+`,"udf_date_4":"`+skipped+`"},`+apitest.WebEvent("ok")+`,"udf_date_4":"`+twice+
		`"}]}`), "Authorization", "Bearer "+s.Token)
	if web.Code != "OK" || strings.Count(web.Text, remedy) < 2 ||
		!strings.Contains(web.Text, `"request_unique_identifier":"ok"}]},"status"`) {
		t.Errorf("the Web API: %s", web.Text)
	}
	// In a filter it is an error of the call.
	for _, field := range []string{"performedFrom", "performedTo", "createdFrom", "createdTo"} {
		const query = `query ($filter: WebCustomerEventFilter) { webCustomerEvents(filter: $filter) { ` +
			`nodes { id } } }`
		for _, got := range []apitest.Response{
			s.Post(t, query, apitest.Object{"filter": apitest.Object{field: skipped}}),
			s.Post(t, `{ webCustomerEvents(filter: {`+field+`: "`+skipped+`"}) { nodes { id } } }`, nil),
		} {
			if got.Code() != "BAD_REQUEST" || !strings.Contains(got.Text, remedy) {
				t.Errorf("%s: %d %s", field, got.Status, got.Text)
			}
		}
		got := s.Post(t, query, apitest.Object{"filter": apitest.Object{field: "2016-06-22T15:00:60Z"}})
		if got.Code() != "BAD_REQUEST" || !strings.Contains(got.Text, "leap seconds are not kept") {
			t.Errorf("%s: %d %s", field, got.Status, got.Text)
		}
	}
	got := s.Page(t, apitest.Object{"performedFrom": twice, "performedTo": "2016-10-30T00:30:00.000001Z"})
	if len(got) != 1 || got[0]["performedOn"] != first {
		t.Errorf("the first occurrence by a filter: %v", got)
	}
}

// TestCreate_DecimalsBeyondMicroseconds checks that digits beyond microseconds are dropped before
// comparisons: events that differ only there are the same by key and by reference, and filters find the
// stored values.
func TestCreate_DecimalsBeyondMicroseconds(t *testing.T) {
	t.Parallel()
	apitest.OnEachDatabase(t, func(t *testing.T, s *apitest.Server) {
		same := func(date string) []apitest.Object {
			return []apitest.Object{
				apitest.Event("key", apitest.Object{
					"performedOn": date,
					"udfDate1":    date,
				}),
				apitest.Event("reference", apitest.Object{
					"performedOn":                   date,
					"udfDate1":                      date,
					"externalSystem":                "S",
					"externalSystemReferenceNumber": "1",
				}),
			}
		}
		var ids []string
		for i, date := range []string{
			"2016-06-22T15:00:00.123456789Z",
			"2016-06-22T15:00:00.123456Z",
			"2016-06-22T15:00:00.1234561",
			"2016-06-22T18:00:00.1234569999999999999999+03:00",
		} {
			a := s.Create(t, same(date), "Idempotency-Key", "decimals")
			if len(a.ProcessedCustomerEventsSet) != 2 || a.Summary.Replayed != min(i, 1)*2 {
				t.Fatalf("%s: %+v", date, a)
			}
			for _, p := range a.ProcessedCustomerEventsSet {
				ids = append(ids, p.ID)
			}
			if ids[len(ids)-2] != ids[0] || ids[len(ids)-1] != ids[1] {
				t.Errorf("%s: %v", date, ids)
			}
			// By the reference alone, without the key.
			if a := s.Create(t, same(date)[1:]); len(a.ProcessedCustomerEventsSet) != 1 ||
				a.ProcessedCustomerEventsSet[0].ID != ids[1] || !a.ProcessedCustomerEventsSet[0].Replayed {
				t.Errorf("%s by the reference: %+v", date, a)
			}
		}
		got := s.Page(t, apitest.Object{
			"performedFrom": "2016-06-22T15:00:00.1234569Z",
			"performedTo":   "2016-06-22T15:00:00.1234571Z",
		})
		if len(got) != 2 || got[0]["udfDate1"] != "2016-06-22T15:00:00.123456Z" {
			t.Errorf("by a filter: %v", got)
		}
	})
}
