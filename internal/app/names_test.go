package app_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"customer-events/internal/store/storetest"
	"customer-events/models"
	"customer-events/test/apitest"
)

// TestNameSharedByMany checks that a name of 40,000 accounts makes an event unprocessed, and that filtering
// by the name finds the events of all of them, both in time.
func TestNameSharedByMany(t *testing.T) {
	t.Parallel()
	s, _, db := onFaulty(t, storetest.SQLite(t))
	for from := 0; from < 40_000; from += 2000 {
		accounts := make([]models.Upsert, 2000)
		for i := range accounts {
			number := fmt.Sprint("N", from+i)
			accounts[i] = models.Upsert{Values: []any{number, number, "Unknown Customer"}}
		}
		if _, err := db.Upsert(t.Context(), models.Accounts, accounts, nil); err != nil {
			t.Fatal(err)
		}
	}
	byName := apitest.Object{"accountsReceivableIdentifier": apitest.Object{"name": "Unknown Customer"}}
	byNumber := apitest.Object{"accountsReceivableIdentifier": apitest.Object{"number": "N39999"}}
	begin := time.Now()
	made := s.Create(t, []apitest.Object{apitest.Event("a", byName), apitest.Event("b", byNumber)})
	if made.Summary.Processed != 1 ||
		made.UnprocessedCustomerEventsSet[0].ErrorCode != "AmbiguousAPIValueException" ||
		!strings.Contains(made.UnprocessedCustomerEventsSet[0].ErrorDescription, "(Unknown Customer)") {
		t.Errorf("%+v", made)
	}
	page := apitest.Ask[struct{ Nodes []struct{ ID string } }](t, s, "webCustomerEvents",
		`{ webCustomerEvents(filter: {accountsReceivable: {name: "Unknown Customer"}}) { nodes { id } } }`,
		nil)
	if len(page.Nodes) != 1 || page.Nodes[0].ID != made.ProcessedCustomerEventsSet[0].ID {
		t.Errorf("the filter finds %+v", page)
	}
	if took := time.Since(begin); took > 2*time.Second {
		t.Errorf("both took %v", took)
	}
}
