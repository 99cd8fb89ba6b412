package e2e

import (
	"fmt"
	"net/http"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"customer-events/internal/store/storetest"
	"customer-events/test/apitest"
)

func TestCreate_AllFieldsRoundTrip(t *testing.T) {
	t.Parallel()
	given := apitest.Object{
		"accountsReceivableIdentifier":  nil,
		"rewardsParticipantIdentifier":  apitest.Object{"number": "RP0000000019"},
		"classificationIdentifier":      apitest.Object{"alternativeCode": "NL"},
		"performedByUnitIdentifier":     apitest.Object{"id": "1"},
		"performedOn":                   "2016-06-22T18:00:00.123456+03:00",
		"website":                       "https://example.com/ein?süßer=pfad&🛒=1#𝄞",
		"description":                   "line one\nline two\t\"quoted\" \\ 😀 𝄞 '; DROP TABLE units; --",
		"externalSystem":                "shop 🛍",
		"externalSystemReferenceNumber": "№ 1 ",
		"udfString1":                    "plain",
		"udfString2":                    "",
		"udfString3":                    " blanks around ",
		"udfString4":                    "😀😀",
		"udfString5":                    "ﷺ ﬀ e\u0301 é",
		"udfString6":                    "%s ? \\' \" `",
		"udfString7":                    "null",
		"udfString8":                    "日本語",
		"udfFloat1":                     0.1,
		"udfFloat2":                     -1.7976931348623157e308,
		"udfFloat3":                     2.2250738585072014e-308,
		"udfFloat4":                     9007199254740993.0,
		"udfDate1":                      "2016-06-22T15:00:00",
		"udfDate2":                      "1000-01-01T00:00:00Z",
		"udfDate3":                      "9999-12-31T23:59:59.999999Z",
		"udfDate4":                      "2024-02-29T00:30:00.5+05:30",
	}
	want := apitest.Object{
		"type":           "WEB",
		"lifeCycleState": "POSTED",
		"createdBy":      "demo",
		"performedOn":    "2016-06-22T15:00:00.123456Z",
		"udfDate1":       "2016-06-22T15:00:00Z",
		"udfDate4":       "2024-02-28T19:00:00.5Z",
	}
	for field, value := range given {
		if _, changed := want[field]; !changed && value != nil {
			want[field] = value
		}
	}
	for _, union := range []string{
		"rewardsParticipantIdentifier", "classificationIdentifier", "performedByUnitIdentifier",
	} {
		delete(want, union)
	}
	apitest.OnEachDatabase(t, func(t *testing.T, s *apitest.Server) {
		created := apitest.Ask[apitest.Outcome](t, s, "createWebCustomerEvents",
			`mutation ($input: CreateWebCustomerEventsInput!) { createWebCustomerEvents(input: $input) {
			processedCustomerEventsSet { id number event {`+apitest.EventFields+
				`} } unprocessedCustomerEventsSet { errorDescription } } }`,
			apitest.CreateInput([]apitest.Object{apitest.Event("1", given), apitest.Event("2", nil)}))
		if len(created.ProcessedCustomerEventsSet) != 2 {
			t.Fatalf("%+v", created.UnprocessedCustomerEventsSet)
		}
		full, bare := created.ProcessedCustomerEventsSet[0], created.ProcessedCustomerEventsSet[1]
		const by = `query ($by: WebCustomerEventBy!) { webCustomerEvent(by: $by) {` + apitest.EventFields +
			`} }`
		listed := s.Page(t, apitest.Object{})
		for from, got := range map[string]apitest.Object{
			"mutation": full.Event,
			"by id": apitest.Ask[apitest.Object](t, s, "webCustomerEvent", by,
				apitest.Object{"by": apitest.Object{"id": full.ID}}),
			"by number": apitest.Ask[apitest.Object](t, s, "webCustomerEvent", by,
				apitest.Object{"by": apitest.Object{"number": full.Number}}),
			"page": listed[1],
		} {
			for field, value := range want {
				if diff := cmp.Diff(value, got[field]); diff != "" {
					t.Errorf("%s, %s (-want +got):\n%s", from, field, diff)
				}
			}
			account, participant := got["accountsReceivable"].(apitest.Object),
				got["rewardsParticipant"].(apitest.Object)
			classification, unit := got["classification"].(apitest.Object),
				got["performedByUnit"].(apitest.Object)
			if account["number"] != "ACR0000000020" || account["name"] != "Maria Stone" ||
				participant["number"] != "RP0000000019" ||
				classification["name"] != "Newsletter" || classification["alternativeCode"] != "NL" ||
				unit["id"] != "1" || unit["name"] != "Admin Unit" || unit["alternativeCode"] != "adminunit" {
				t.Errorf("%s, records: %v %v %v %v", from, account, participant, classification, unit)
			}
			if got["id"] != full.ID || got["number"] != full.Number {
				t.Errorf("%s is %v %v, want %s %s", from, got["id"], got["number"], full.ID, full.Number)
			}
		}
		for field, value := range bare.Event {
			mandatory := slices.Contains([]string{
				"id", "number", "type", "lifeCycleState", "accountsReceivable", "performedByUnit",
				"performedOn", "website", "createdAt", "createdBy",
			}, field)
			if mandatory != (value != nil) {
				t.Errorf("the bare event's %s is %v", field, value)
			}
		}
		for _, by := range []apitest.Object{
			{"number": "007"},
			{"number": "999999"},
			{"id": "x"},
			{"id": fmt.Sprintf("%032x", 1)},
		} {
			a := s.Post(t, `query ($by: WebCustomerEventBy!) { webCustomerEvent(by: $by) { id } }`,
				apitest.Object{"by": by})
			if a.Status != http.StatusOK || len(a.Errors) > 0 ||
				string(a.Data["webCustomerEvent"]) != "null" {
				t.Errorf("%v: %s", by, a.Text)
			}
		}
	})
}

func TestCreate_DateWithoutZone(t *testing.T) {
	t.Parallel()
	s := apitest.ServeDemo(t, storetest.SQLite(t), "--zone", "Europe/Nicosia")
	s.Create(t, []apitest.Object{apitest.Event("1", apitest.Object{
		"performedOn": "2016-06-22T15:00:00",
		"udfDate1":    "2016-12-22T15:00:00",
		"udfDate2":    "2016-06-22T15:00:00Z",
	})})
	for _, filter := range []apitest.Object{
		{"performedFrom": "2016-06-22T15:00:00", "performedTo": "2016-06-22T15:00:00.000001"},
		{"performedFrom": "2016-06-22T12:00:00Z"},
	} {
		got := s.Page(t, filter)
		if len(got) != 1 || got[0]["performedOn"] != "2016-06-22T12:00:00Z" ||
			got[0]["udfDate1"] != "2016-12-22T13:00:00Z" || got[0]["udfDate2"] != "2016-06-22T15:00:00Z" {
			t.Errorf("%v: %v", filter, got)
		}
	}
}

func TestFind_Pages(t *testing.T) {
	t.Parallel()
	apitest.OnEachDatabase(t, func(t *testing.T, s *apitest.Server) {
		created := s.Create(t, apitest.Events(12))
		var want, got []string
		for _, p := range slices.Backward(created.ProcessedCustomerEventsSet) {
			want = append(want, p.Number)
		}
		variables := apitest.Object{"first": 5}
		for i, size := range []int{5, 5, 2} {
			page := s.Connection(t, variables)
			if len(page.Nodes) != size || len(page.Edges) != size || page.PageInfo.HasNextPage != (i < 2) ||
				page.PageInfo.HasPreviousPage != (i > 0) ||
				*page.PageInfo.StartCursor != page.Edges[0].Cursor ||
				*page.PageInfo.EndCursor != page.Edges[size-1].Cursor {
				t.Fatalf("page %d: %+v", i, page)
			}
			for _, node := range page.Nodes {
				got = append(got, node["number"].(string))
			}
			variables["after"] = *page.PageInfo.EndCursor
			// Newer events must not move the pages.
			s.Create(t, []apitest.Object{apitest.Event("newer", nil)})
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		last := s.Connection(t, variables)
		if len(last.Nodes) != 0 || last.PageInfo.HasNextPage || last.PageInfo.StartCursor != nil ||
			last.PageInfo.EndCursor != nil {
			t.Errorf("behind the last: %+v", last)
		}
		for _, wrong := range []apitest.Object{
			{"first": 0},
			{"first": -1},
			{"first": 501},
			{"after": "nonsense"},
			{"after": ""},
		} {
			a := s.Post(t, `query ($first: Int, $after: String) { webCustomerEvents(first: $first, after: `+
				`$after) { nodes { id } } }`, wrong)
			if a.Code() != "BAD_REQUEST" {
				t.Errorf("%v: %s", wrong, a.Text)
			}
		}
	})
}
