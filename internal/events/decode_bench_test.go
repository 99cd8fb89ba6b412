package events_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"customer-events/internal/events"
	"customer-events/internal/strictjson"
	"customer-events/models"
)

// BenchmarkDecodeBatch decodes a call of a thousand events with all fields, and for comparison skips over
// it.
func BenchmarkDecodeBatch(b *testing.B) {
	var text strings.Builder
	for i := range 1000 {
		text.WriteString(map[bool]string{true: "[", false: ","}[i == 0])
		fmt.Fprintf(
			&text,
			`{"requestUniqueIdentifier":"request-%06d","accountsReceivableIdentifier":{"number":"ACR%010d"},`+
				`"classificationIdentifier":{"alternativeCode":"C%03d"},`+
				`"performedByUnitIdentifier":{"name":"Unit %03d"},"performedOn":"2026-01-01T00:00:%02dZ",`+
				`"website":"https://www.example.com/shop/product/12345?campaign=autumn",`+
				`"description":"A visitor looked at product %09d and put it into the basket.",`+
				`"externalSystem":"bench","externalSystemReferenceNumber":"REF-%012d"`,
			i,
			i,
			i%20,
			i%20,
			i%60,
			i,
			i,
		)
		for k := range 8 {
			fmt.Fprintf(&text, `,"udfString%d":"user-defined text %d of event %09d"`, k+1, k+1, i)
		}
		for k := range 4 {
			fmt.Fprintf(
				&text,
				`,"udfFloat%d":%v,"udfDate%d":"2026-0%d-01T00:00:00Z"`,
				k+1,
				float64(i+k)/7,
				k+1,
				k+1,
			)
		}
		text.WriteByte('}')
	}
	text.WriteByte(']')
	d := &events.Decoder{Zone: time.UTC, Hasher: models.NewKeyedHasher([]byte("a key of the benchmark"))}
	b.Run("decode", func(b *testing.B) {
		b.SetBytes(int64(text.Len()))
		b.ReportAllocs()
		for range b.N {
			if set, err := d.DecodeBatch(strictjson.New(text.String())); err != nil ||
				len(set.Events) != 1000 ||
				len(set.Events[999].Problems) > 0 {
				b.Fatal(len(set.Events), err)
			}
		}
	})
	b.Run("skip", func(b *testing.B) {
		b.SetBytes(int64(text.Len()))
		for range b.N {
			if err := strictjson.New(text.String()).Skip(); err != nil {
				b.Fatal(err)
			}
		}
	})
}
