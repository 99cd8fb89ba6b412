package events_test

import (
	"fmt"
	"testing"
)

// BenchmarkCreate measures a call of 1000 events without the database: the store is in memory.
func BenchmarkCreate(b *testing.B) {
	for _, c := range []struct {
		name  string
		event func(i int) eventJSON
	}{
		{"accounts", func(int) eventJSON { return minimalEvent() }},
		{"participants with references", func(i int) eventJSON {
			return minimalEvent().forParticipant(`{"number":"RP0000000019"}`).
				withReference("s", fmt.Sprint(i))
		}},
		{"access tokens", func(int) eventJSON { return token(`{"authenticationCode":"maria-code"}`) }},
	} {
		b.Run(c.name, func(b *testing.B) {
			s := newTestService(b)
			list := make([]eventJSON, 1000)
			for i := range list {
				list[i] = c.event(i).withIdentifier(fmt.Sprint(i))
			}
			for b.Loop() {
				b.StopTimer()
				request := s.request(b, "", list...)
				s = newTestService(b)
				b.StartTimer()
				if _, err := s.CreateWebCustomerEvents(b.Context(), request); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
