package importer_test

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"testing"

	"customer-events/internal/importer"
	"customer-events/internal/store/storetest"
)

// BenchmarkImport imports b.N accounts from a CSV file, into an empty database and again without changes. A
// useful run is
//
//	go test ./internal/importer -run '^$' -bench Import -benchtime 1000000x
//
// The database server is durable. peak-MB is the peak memory of the process (Linux only); with SQLite it
// includes the database.
func BenchmarkImport(b *testing.B) {
	server, err := storetest.Start(b.Context(), storetest.Options{Durable: true})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = server.Close() })
	for _, name := range []string{"SQLite", "MySQL"} {
		for _, again := range []bool{false, true} {
			b.Run(fmt.Sprintf("%s/again=%t", name, again), func(b *testing.B) {
				url := storetest.SQLite(b)
				if name == "MySQL" {
					if url, err = server.URL(fmt.Sprintf("bench_%t_%d", again, b.N)); err != nil {
						b.Fatal(err)
					}
				}
				to := open(b, url)
				file := accountsFile(b, b.N)
				options := importer.Options{Kind: "accounts-receivable", File: file, To: to.store}
				if again {
					if _, err := importer.Run(b.Context(), options); err != nil {
						b.Fatal(err)
					}
				}
				runtime.GC()
				b.ReportAllocs()
				b.ResetTimer()
				result, err := importer.Run(b.Context(), options)
				if err != nil || result.Good != b.N {
					b.Fatalf("%+v, %v", result, err)
				}
				b.ReportMetric(float64(b.N)/result.Took.Seconds(), "rows/s")
				b.ReportMetric(peakMB(), "peak-MB")
			})
		}
	}
}

func accountsFile(tb testing.TB, rows int) string {
	path := filepath.Join(tb.TempDir(), "accounts.csv")
	file, err := os.Create(path)
	if err != nil {
		tb.Fatal(err)
	}
	w := bufio.NewWriter(file)
	fmt.Fprintln(w, "number,name")
	for i := range rows {
		fmt.Fprintf(w, "ACR%010d,Customer %d\n", i, i)
	}
	if err := w.Flush(); err != nil {
		tb.Fatal(err)
	}
	if err := file.Close(); err != nil {
		tb.Fatal(err)
	}
	return path
}

// peakMB returns the peak memory of the process, or 0 if the system does not report it.
func peakMB() float64 {
	status, _ := os.ReadFile("/proc/self/status")
	if found := regexp.MustCompile(`VmHWM:\s+(\d+) kB`).FindSubmatch(status); found != nil {
		kB, _ := strconv.ParseFloat(string(found[1]), 64)
		return kB / 1024
	}
	return 0
}
