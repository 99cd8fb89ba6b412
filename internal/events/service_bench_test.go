package events_test

import (
	"fmt"
	"strings"
	"testing"

	"customer-events/internal/strictjson"
)

// BenchmarkCall decodes and creates 1000 events. The store is in memory, so that the database is left out.
func BenchmarkCall(b *testing.B) {
	for _, c := range []struct {
		name  string
		event func(i int) eventJSON
	}{
		{"minimal", func(int) eventJSON { return minimalEvent() }},
		{"all fields", func(i int) eventJSON { return fullEventJSON().withReference("s", fmt.Sprint(i)) }},
		{"access tokens", func(int) eventJSON { return token(`{"authenticationCode":"maria-code"}`) }},
	} {
		b.Run(c.name, func(b *testing.B) {
			texts := make([]string, 1000)
			for i := range texts {
				texts[i] = c.event(i).withIdentifier(fmt.Sprint(i)).String()
			}
			text, decoder := "["+strings.Join(texts, ",")+"]", newDecoder()
			b.ReportAllocs()
			for b.Loop() {
				s := newTestService(b)
				request := s.request(b, "")
				var err error
				if request.Events, err = decoder.DecodeBatch(strictjson.New(text)); err != nil {
					b.Fatal(err)
				}
				out, err := s.CreateWebCustomerEvents(b.Context(), request)
				if err != nil || out.Summary.Processed != len(texts) {
					b.Fatal(out.Summary, err)
				}
			}
		})
	}
}
