package main

import (
	"fmt"
	"strings"
	"testing"

	"customer-events/store/storetest"
)

// A local time that the server's zone skips is an invalid value of its event, in every field, in variables and literals and
// by both protocols; one that occurs twice means the first occurrence.
func TestCreate_LocalTimesOfTheZone(t *testing.T) {
	t.Parallel()
	s := demoOn(t, storetest.SQLite(t), "--zone", "Europe/Nicosia")
	const skipped, twice, first = "2016-03-27T03:30:00", "2016-10-30T03:30", "2016-10-30T00:30:00Z"
	const remedy = "this local time does not exist in the time zone Europe/Nicosia, whose clocks skip it"
	fields := []string{"performedOn", "udfDate1", "udfDate2", "udfDate3", "udfDate4"}
	var set []object
	for _, field := range fields {
		set = append(set, event(field+" skipped", object{field: skipped}), event(field+" twice", object{field: twice}))
	}
	a := s.create(t, set)
	if a.Summary.Processed != len(fields) || len(a.UnprocessedCustomerEventsSet) != len(fields) {
		t.Fatalf("%+v", a)
	}
	for i, u := range a.UnprocessedCustomerEventsSet {
		want := fmt.Sprintf("Error:%s (%s) Is Not Valid: %s", fields[i], skipped, remedy)
		if u.ErrorCode != "InvalidAPIValueException" || u.RequestUniqueIdentifier != fields[i]+" skipped" || !strings.HasPrefix(u.ErrorDescription, want) {
			t.Errorf("%s: %+v", fields[i], u)
		}
	}
	for _, e := range s.page(t, object{}) {
		found := false
		for _, field := range fields {
			found = found || e[field] == first
		}
		if !found {
			t.Errorf("not the first occurrence: %v", e)
		}
	}
	literal := s.post(t, `mutation { createWebCustomerEvents(input: {webCustomerEventsSet: [{requestUniqueIdentifier: "l", accountsReceivableIdentifier: {number: "ACR0000000020"}, `+
		`performedByUnitIdentifier: {name: "Admin Unit"}, performedOn: "`+skipped+`", website: "www.crm.com"}]}) { unprocessedCustomerEventsSet { errorCode errorDescription } } }`, nil)
	if len(literal.Errors) > 0 || !strings.Contains(literal.Text, remedy) {
		t.Errorf("a literal: %s", literal.Text)
	}
	web := s.web(t, webCreate, strings.NewReader(`{"web_customer_events_set":[`+strings.Replace(webEvent("w"), "2016-06-22T15:00:00", skipped, 1)+`},`+
		webEvent("d")+`,"udf_date_4":"`+skipped+`"},`+webEvent("ok")+`,"udf_date_4":"`+twice+`"}]}`), "Authorization", "Bearer "+s.token)
	if web.Code != "OK" || strings.Count(web.Text, remedy) < 2 || !strings.Contains(web.Text, `"request_unique_identifier":"ok"}]},"status"`) {
		t.Errorf("the Web API: %s", web.Text)
	}
	// In a filter it is an error of the call.
	for _, field := range []string{"performedFrom", "performedTo", "createdFrom", "createdTo"} {
		const query = `query ($filter: WebCustomerEventFilter) { webCustomerEvents(filter: $filter) { nodes { id } } }`
		for _, got := range []answer{s.post(t, query, object{"filter": object{field: skipped}}), s.post(t, `{ webCustomerEvents(filter: {`+field+`: "`+skipped+`"}) { nodes { id } } }`, nil)} {
			if got.code() != "BAD_REQUEST" || !strings.Contains(got.Text, remedy) {
				t.Errorf("%s: %d %s", field, got.Status, got.Text)
			}
		}
		if got := s.post(t, query, object{"filter": object{field: "2016-06-22T15:00:60Z"}}); got.code() != "BAD_REQUEST" || !strings.Contains(got.Text, "leap seconds are not kept") {
			t.Errorf("%s: %d %s", field, got.Status, got.Text)
		}
	}
	if got := s.page(t, object{"performedFrom": twice, "performedTo": "2016-10-30T00:30:00.000001Z"}); len(got) != 1 || got[0]["performedOn"] != first {
		t.Errorf("the first occurrence by a filter: %v", got)
	}
}

// Digits beyond microseconds are dropped before anything is compared: events that differ only there are the same by key and
// by reference, and filters find what was stored.
func TestCreate_DecimalsBeyondMicroseconds(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *server) {
		same := func(date string) []object {
			return []object{event("key", object{"performedOn": date, "udfDate1": date}),
				event("reference", object{"performedOn": date, "udfDate1": date, "externalSystem": "S", "externalSystemReferenceNumber": "1"})}
		}
		var ids []string
		for i, date := range []string{"2016-06-22T15:00:00.123456789Z", "2016-06-22T15:00:00.123456Z", "2016-06-22T15:00:00.1234561", "2016-06-22T18:00:00.1234569999999999999999+03:00"} {
			a := s.create(t, same(date), "Idempotency-Key", "decimals")
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
			if a := s.create(t, same(date)[1:]); len(a.ProcessedCustomerEventsSet) != 1 || a.ProcessedCustomerEventsSet[0].ID != ids[1] || !a.ProcessedCustomerEventsSet[0].Replayed {
				t.Errorf("%s by the reference: %+v", date, a)
			}
		}
		if got := s.page(t, object{"performedFrom": "2016-06-22T15:00:00.1234569Z", "performedTo": "2016-06-22T15:00:00.1234571Z"}); len(got) != 2 || got[0]["udfDate1"] != "2016-06-22T15:00:00.123456Z" {
			t.Errorf("by a filter: %v", got)
		}
	})
}
