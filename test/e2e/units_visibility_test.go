package e2e

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"customer-events/test/apitest"
)

func TestUnits_LimitedUser(t *testing.T) {
	t.Parallel()
	for name, database := range apitest.Databases(t) {
		t.Run(name, func(t *testing.T) {
			s := apitest.ServeDemo(t, database)
			apitest.MustCommand(t, "limited-password\n", "user", "add", "limited", "--unit", "1",
				"--database", database, "--secret-key", apitest.SecretKey)
			theirs := apitest.Event("theirs", apitest.Object{
				"performedByUnitIdentifier":     apitest.Object{"name": "Web Shop"},
				"externalSystem":                "x",
				"externalSystemReferenceNumber": "1",
			})
			foreign := s.Create(t, []apitest.Object{theirs}).ProcessedCustomerEventsSet[0]
			s.Token = s.Login(t, "limited", "limited-password")
			webShop := apitest.Object{
				"performedByUnitIdentifier": apitest.Object{"alternativeCode": "webshop"},
			}
			got := s.Create(t, []apitest.Object{apitest.Event("own", nil), apitest.Event("other", webShop),
				theirs})
			if len(got.ProcessedCustomerEventsSet) != 1 || len(got.UnprocessedCustomerEventsSet) != 2 {
				t.Fatalf("%+v", got)
			}
			rejected := got.UnprocessedCustomerEventsSet[0]
			if rejected.ErrorCode != "ForbiddenAPIValueException" ||
				!strings.HasPrefix(rejected.ErrorDescription, "Error:Unit (webshop)") ||
				!strings.HasSuffix(rejected.ErrorDescription,
					" - Description:The specified API value is not permitted for this user.") {
				t.Errorf("%+v", rejected)
			}
			// The answer does not reveal that another unit's event exists.
			u := got.UnprocessedCustomerEventsSet[1]
			if u.ErrorCode != "ForbiddenAPIValueException" || len(u.Problems) != 1 {
				t.Errorf("%+v", u)
			}
			nodes := s.Page(t, nil)
			if len(nodes) != 1 || nodes[0]["id"] != got.ProcessedCustomerEventsSet[0].ID ||
				nodes[0]["createdBy"] != "limited" {
				t.Errorf("%v", nodes)
			}
			n := len(s.Page(t, apitest.Object{"performedByUnit": apitest.Object{"name": "Web Shop"}}))
			if n != 0 {
				t.Errorf("%d events of the other unit", n)
			}
			for _, by := range []apitest.Object{{"id": foreign.ID}, {"number": foreign.Number}} {
				a := s.Post(t, `query ($by: WebCustomerEventBy!) { webCustomerEvent(by: $by) { id } }`,
					apitest.Object{"by": by})
				if string(a.Data["webCustomerEvent"]) != "null" {
					t.Errorf("%v: %s", by, a.Text)
				}
			}
		})
	}
}

// TestUnits_TakenReference checks that a reference used by another unit's event reveals nothing about that
// event: the answer does not depend on the input.
func TestUnits_TakenReference(t *testing.T) {
	t.Parallel()
	for name, database := range apitest.Databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := apitest.ServeDemo(t, database)
			s.Create(t, []apitest.Object{apitest.Event("1", apitest.Object{
				"externalSystem":                "s",
				"externalSystemReferenceNumber": "1",
				"description":                   "theirs",
				"udfFloat1":                     4711,
				"performedByUnitIdentifier":     apitest.Object{"name": "Web Shop"},
			})})
			apitest.MustCommand(t, "a password\n", "user", "add", "limited", "--unit", "1", "--database",
				database, "--secret-key", apitest.SecretKey)
			s.Token = s.Login(t, "limited", "a password")
			answers := map[string]bool{}
			for _, changes := range []apitest.Object{
				{},
				{"description": "theirs"},
				{"description": "other"},
				{"udfFloat1": 4711, "description": "theirs"},
				{"accountsReceivableIdentifier": apitest.Object{"number": "ACR0000000077"}},
			} {
				changes["externalSystem"], changes["externalSystemReferenceNumber"] = "s", "1"
				a := s.Post(t, apitest.CreateQuery,
					apitest.CreateInput([]apitest.Object{apitest.Event("1", changes)}))
				answers[a.Text] = true
			}
			if len(answers) != 1 || !strings.Contains(slices.Collect(maps.Keys(answers))[0],
				"DuplicateAPIValueException") {
				t.Errorf("%d different answers: %v", len(answers), answers)
			}
		})
	}
}
