package e2e

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"customer-events/test/apitest"
)

// TestSmallCalls_Statements counts the statements of small calls: two for a call alone, and far fewer for each
// of many concurrent calls, which share them.
func TestSmallCalls_Statements(t *testing.T) {
	t.Parallel()
	database, admin := countedDatabase(t)
	s := apitest.ServeDemo(t, database)
	send := func(name string, n int) {
		list := make([]apitest.Object, n)
		for i := range list {
			list[i] = apitest.Event(fmt.Sprint(name, i), apitest.Object{
				"externalSystem": "shop", "externalSystemReferenceNumber": fmt.Sprint(name, "-", i),
			})
		}
		a := s.Post(t, apitest.CreateQuery, apitest.Object{"input": apitest.Object{"webCustomerEventsSet": list}})
		if !strings.Contains(a.Text, fmt.Sprintf(`"processed":%d,`, n)) {
			t.Errorf("%.500s", a.Text)
		}
	}
	count := func(run func()) int64 {
		before := statementCounts(t, admin)
		run()
		return statementCounts(t, admin)["Questions"] - before["Questions"] - 1 // the counting itself
	}
	for _, n := range []int{1, 10, 100} {
		send(fmt.Sprint("warm-up", n), n)
		if got := count(func() { send(fmt.Sprint("alone", n), n) }); got != 2 {
			t.Errorf("a call of %d events took %d statements, want 2", n, got)
		}
	}
	const clients, calls = 64, 20
	statements := count(func() {
		var all sync.WaitGroup
		for client := range clients {
			all.Go(func() {
				for i := range calls {
					send(fmt.Sprint("client", client, "-", i), 1)
				}
			})
		}
		all.Wait()
	})
	perCall := float64(statements) / (clients * calls)
	t.Logf("%.3f statements per call of %d clients", perCall, clients)
	if perCall > 0.5 { // 0.07 on a quiet machine
		t.Errorf("%.3f statements per call: the calls do not share them", perCall)
	}
}
