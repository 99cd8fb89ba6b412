package importer_test

import (
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"customer-events/internal/importer"
	"customer-events/internal/store"
)

// TestRun_Concurrent runs imports of equal and of contradicting records at the same time, each with its own
// store, like processes of their own.
func TestRun_Concurrent(t *testing.T) {
	t.Parallel()
	const imports, rows = 3, 2500
	onEach(t, func(t *testing.T, to database) {
		var wait sync.WaitGroup
		for i := range imports {
			own, err := store.Open(t.Context(), to.url, slog.New(slog.DiscardHandler))
			if err != nil {
				t.Fatal(err)
			}
			defer own.Close()
			var text strings.Builder
			text.WriteString("number,name,id\n")
			for _, n := range rand.New(rand.NewPCG(1, uint64(i))).Perm(rows) {
				id := fmt.Sprintf("id%d", n)
				if n%2 == 0 {
					id = "" // the first import generates it
				}
				fmt.Fprintf(&text, "ACR%d,of %d,%s\n", n, i, id)
			}
			// All imports use the last id, each for its own number.
			fmt.Fprintf(&text, "OWN%d,of %d,wanted\n", i, i)
			wait.Go(func() {
				var report strings.Builder
				result, err := importer.Run(t.Context(), importer.Options{
					Kind:   accounts,
					Input:  strings.NewReader(text.String()),
					To:     own,
					Report: &report,
				})
				if err != nil || result.Good < rows || strings.Count(report.String(), "\n") != result.Bad ||
					result.Bad > 0 && !strings.Contains(report.String(), "id (wanted) is taken") {
					t.Errorf("%+v, %v\n%s", result, err, &report)
				}
			})
		}
		wait.Wait()
		const count = "SELECT COUNT(*) FROM accounts_receivable"
		for where, want := range map[string]int{
			"": rows + 1,
			" WHERE number LIKE 'ACR%' AND name LIKE 'of %'":             rows,
			" WHERE id LIKE 'id%' AND SUBSTR(number, 4) = SUBSTR(id, 3)": rows / 2,
			" WHERE id = 'wanted' AND number LIKE 'OWN%'":                1,
		} {
			if got := to.table(t, count+where)[0]; got != fmt.Sprint(want) {
				t.Errorf("%s: got %s, want %d", count+where, got, want)
			}
		}
	})
}
