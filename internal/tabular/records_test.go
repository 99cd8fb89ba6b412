package tabular

import (
	"encoding/csv"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

// TestRecords_LikeEncodingCSV compares with encoding/csv on random well-formed files, read at once and byte
// by byte.
func TestRecords_LikeEncodingCSV(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	parts := []string{"a", "ü", "\"", ",", ";", "\t", "\n", "\r\n", " ", "x y", ""}
	for range 3000 {
		records := [][]string{{"h1", "h2", "h3"}}
		for range random.IntN(5) {
			record := make([]string, 3)
			for i := range record {
				for range random.IntN(4) {
					record[i] += parts[random.IntN(len(parts))]
				}
			}
			records = append(records, record)
		}
		var text strings.Builder
		writer := csv.NewWriter(&text)
		writer.Comma = []rune{',', ';', '\t'}[random.IntN(3)]
		writer.UseCRLF = random.IntN(2) == 0
		if err := writer.WriteAll(records); err != nil {
			t.Fatal(err)
		}
		reader := csv.NewReader(strings.NewReader(text.String()))
		reader.Comma = writer.Comma
		want, err := reader.ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		for _, input := range []io.Reader{
			strings.NewReader(text.String()),
			iotest.OneByteReader(strings.NewReader(text.String())),
		} {
			got, err := readRecords(t, input)
			if err != nil || !slices.EqualFunc(got, want, slices.Equal) {
				t.Fatalf("%q: %q, not %q (%v)", text.String(), got, want, err)
			}
		}
	}
}

func readRecords(t *testing.T, input io.Reader) ([][]string, error) {
	t.Helper()
	records, err := NewRecords(input, 1000)
	if err != nil {
		return nil, err
	}
	all, last := [][]string{records.Header}, 0
	for {
		line, record, fault, err := records.Next()
		switch {
		case err == io.EOF:
			return all, nil
		case err != nil:
			return nil, err
		case fault != nil:
			return nil, fault
		case line <= last:
			t.Fatalf("line %d after %d", line, last)
		}
		last = line
		all = append(all, slices.Clone(record))
	}
}
