package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"customer-events/internal/store/storetest"
	"customer-events/test/apitest"
)

// TestImport_BesideCallers compares the rate of a sequential caller on SQLite with and without an import
// of many rows. The import may halve the rate at most. Other tests may load the machine, so that the best
// of three measurements counts.
func TestImport_BesideCallers(t *testing.T) {
	if testing.Short() {
		t.Skip("it measures for seconds")
	}
	const rows, windows, leastCalls = 150_000, 3, 100
	database := storetest.SQLite(t)
	s := apitest.ServeDemo(t, database)
	calls := 0
	call := func() time.Duration {
		calls++
		begin := time.Now()
		got := s.Create(t, []apitest.Object{apitest.Event(fmt.Sprint("r", calls), nil)})
		if got.Summary.Processed != 1 {
			t.Fatalf("%+v", got)
		}
		return time.Since(begin)
	}
	// during calls until the channel is closed, or for a second without one. It returns the number of calls,
	// the calls per second and their 99th percentile.
	during := func(done <-chan struct{}) (n int, rate float64, p99 time.Duration) {
		var took []time.Duration
		begin := time.Now()
		for running := true; running; {
			took = append(took, call())
			select {
			case <-done:
				running = false
			default:
				running = done != nil || time.Since(begin) < time.Second
			}
		}
		slices.Sort(took)
		return len(took), float64(len(took)) / time.Since(begin).Seconds(), took[len(took)*99/100]
	}
	during(nil)
	best := 0.0
	for window := range windows {
		path := filepath.Join(t.TempDir(), "accounts.csv")
		var text strings.Builder
		text.WriteString("number,name\n")
		for i := range rows {
			fmt.Fprintf(&text, "W%d-%d,Customer\n", window, i)
		}
		if err := os.WriteFile(path, []byte(text.String()), 0o600); err != nil {
			t.Fatal(err)
		}
		_, calm, calmP99 := during(nil)
		done := make(chan struct{})
		var stdout string
		go func() {
			defer close(done)
			_, stdout, _ = apitest.Command(t, "", "import", "accounts-receivable", path, "--database",
				database, "--secret-key", apitest.SecretKey)
		}()
		n, beside, p99 := during(done)
		if n < leastCalls {
			t.Fatalf("%d calls during an import of %d rows are too few for a rate", n, rows)
		}
		if !strings.Contains(stdout, fmt.Sprintf("%d added", rows)) {
			t.Fatal(stdout)
		}
		t.Logf("calm %.0f calls/s, p99 %s; beside the import %.0f calls/s, p99 %s: %.2f; %s", calm, calmP99,
			beside, p99, beside/calm, stdout)
		if best = max(best, beside/calm); best >= 0.5 {
			return
		}
	}
	t.Errorf("beside an import a caller gets %.2f of the calls per second", best)
}
