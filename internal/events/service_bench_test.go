package events_test

import (
	"fmt"
	"testing"
)

// BenchmarkCreate measures a call of 1000 events without the database: the store is in memory.
func BenchmarkCreate(b *testing.B) {
	for _, c := range []struct {
		name  string
		event func(i int) raw
	}{
		{"accounts", func(int) raw { return plain() }},
		{"participants with references", func(i int) raw {
			return plain().by(`{"number":"RP0000000019"}`).referred("s", fmt.Sprint(i))
		}},
		{"access tokens", func(int) raw { return token(`{"authenticationCode":"maria-code"}`) }},
	} {
		b.Run(c.name, func(b *testing.B) {
			s := newShop(b)
			list := make([]raw, 1000)
			for i := range list {
				list[i] = c.event(i).named(fmt.Sprint(i))
			}
			for b.Loop() {
				b.StopTimer()
				request := s.request(b, "", list...)
				s = newShop(b)
				b.StartTimer()
				if _, err := s.CreateWebCustomerEvents(b.Context(), request); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
