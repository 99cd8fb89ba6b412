package eventstest

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/google/go-cmp/cmp"

	"customer-events/models"
)

var spendingPromises = []obligation{
	{"happens with the entry, at its time", func(s *scene) {
		spent, other := s.password("otp"), s.password("another")
		at := now.Add(42 * time.Microsecond)
		s.mustRecord(models.WriteSet{Events: s.many(1), UsedTokens: []int64{spent.Key}, At: at})
		if got := s.spentAt(spent); got == nil || !got.Equal(at) {
			s.Errorf("spent at %v, want %s", got, at)
		}
		if got := s.spentAt(other); got != nil {
			s.Errorf("another was spent at %s", got)
		}
	}},
	{"happens to several at once", func(s *scene) {
		tokens := []models.AccessToken{s.password("1"), s.password("2"), s.password("3")}
		s.mustRecord(models.WriteSet{Events: s.many(1), UsedTokens: []int64{tokens[2].Key, tokens[0].Key, tokens[1].Key}, At: now})
		for _, token := range tokens {
			if at := s.spentAt(token); at == nil {
				s.Errorf("%s is not spent", token.Number)
			}
		}
	}},
	{"happens once only, and all of the entry or nothing", func(s *scene) {
		spent, call := s.password("otp"), s.call("key", "1")
		s.mustRecord(models.WriteSet{Events: s.many(1), UsedTokens: []int64{spent.Key}, At: now})
		fresh := s.password("fresh")
		entry := called(call, s.referred("s", "1"), s.referred("s", "2"))
		entry.UsedTokens, entry.At = []int64{fresh.Key, spent.Key}, now.Add(time.Hour)
		s.mustBeStale(entry)
		s.mustHaveNothing(call, fresh, "1", "2")
		if at := s.spentAt(spent); at == nil || !at.Equal(now) {
			s.Errorf("spent at %v, want %s", at, now)
		}
	}},
}

var racePromises = []obligation{
	{"numbers of entries recorded at once are all different, and grow in each", func(s *scene) {
		entries := make([]models.WriteSet, 8)
		for i := range entries {
			entries[i] = models.WriteSet{Events: s.many(20), At: now}
		}
		var all []int64
		for i, err := range s.recordsAtOnce(entries...) {
			if err != nil {
				s.Fatalf("entry %d: %v", i, err)
			}
			s.mustGrow(numbers(entries[i].Events))
			all = append(all, numbers(entries[i].Events)...)
		}
		slices.Sort(all)
		if different := slices.Compact(slices.Clone(all)); len(different) != len(all) {
			s.Errorf("%d events have %d numbers", len(all), len(different))
		}
	}},
	{"of twins of one call, one gets through", func(s *scene) {
		call := s.call("key", "1")
		entries := make([]models.WriteSet, 4)
		for i := range entries {
			entries[i] = called(call, s.many(5)...)
		}
		winner := s.mustHaveOneWinner(s.recordsAtOnce(entries...))
		s.mustRemember(call, entries[winner].Events...)
	}},
	{"of twins with the same references, one gets through, in whatever order they come", func(s *scene) {
		entries := make([]models.WriteSet, 6)
		for i := range entries {
			for n := range 20 {
				if i%2 == 1 {
					n = 19 - n
				}
				entries[i].Events = append(entries[i].Events, s.referred("s", fmt.Sprint(n)))
			}
			entries[i].At = now
		}
		winner := s.mustHaveOneWinner(s.recordsAtOnce(entries...))
		for _, event := range entries[winner].Events {
			if kept, ok := s.taken("s", *event.ExternalSystemReferenceNumber); !ok || kept.ID != event.ID {
				s.Errorf("%+v, %v has the reference of %s", kept, ok, event.ID)
			}
		}
	}},
	{"of twins under a remembered call, one gets through", func(s *scene) {
		call := s.call("key", "1")
		s.mustRecord(models.WriteSet{Key: &call, At: now})
		key := s.remembered(call).Key
		entries := make([]models.WriteSet, 4)
		for i := range entries {
			entries[i] = called(call, s.many(3)...)
			entries[i].RecordKey = key
		}
		winner := s.mustHaveOneWinner(s.recordsAtOnce(entries...))
		s.mustRemember(call, entries[winner].Events...)
	}},
	{"of those who spend one password, one gets through", func(s *scene) {
		token := s.password("otp")
		entries := make([]models.WriteSet, 4)
		for i := range entries {
			entries[i] = models.WriteSet{Events: []*models.WebCustomerEvent{s.referred("s", fmt.Sprint(i))}, UsedTokens: []int64{token.Key}, At: now.Add(time.Duration(i) * time.Second)}
		}
		winner := s.mustHaveOneWinner(s.recordsAtOnce(entries...))
		for i := range entries {
			if _, ok := s.taken("s", fmt.Sprint(i)); ok != (i == winner) {
				s.Errorf("event %d is recorded: %v, the winner is %d", i, ok, winner)
			}
		}
		if at := s.spentAt(token); at == nil || !at.Equal(entries[winner].At) {
			s.Errorf("spent at %v, want %s", at, entries[winner].At)
		}
	}},
	{"several passwords spent crosswise let one through", func(s *scene) {
		a, b := s.password("a"), s.password("b")
		s.mustHaveOneWinner(s.recordsAtOnce(
			models.WriteSet{Events: s.many(1), UsedTokens: []int64{a.Key, b.Key}, At: now},
			models.WriteSet{Events: s.many(1), UsedTokens: []int64{b.Key, a.Key}, At: now}))
	}},
	{"the same entry at once, as when a lost COMMIT is still under way, has one effect and one answer", func(s *scene) {
		token := s.password("otp")
		entry := called(s.call("key", "1"), s.referred("s", "1"), s.event(), s.referred("s", "2"))
		entry.UsedTokens = []int64{token.Key}
		entries := []models.WriteSet{entry, again(entry), again(entry)}
		for i, err := range s.recordsAtOnce(entries...) {
			if err != nil {
				s.Errorf("entry %d: %v", i, err)
			}
			if diff := cmp.Diff(numbers(entry.Events), numbers(entries[i].Events)); diff != "" {
				s.Error(diff)
			}
		}
		s.mustRemember(*entry.Key, entry.Events...)
	}},
	{"reading goes on while others record", func(s *scene) {
		s.mustRecord(models.WriteSet{Events: []*models.WebCustomerEvent{s.referred("s", "0")}, At: now})
		stop, reading := make(chan struct{}), sync.WaitGroup{}
		for range 4 {
			reading.Go(func() {
				for {
					select {
					case <-stop:
						return
					default:
					}
					found, err := s.ByExternalReference(s.Context(), []models.ExternalReference{{System: "s", Number: "0"}})
					if err != nil || len(found) != 1 {
						s.Errorf("Taken: %d, %v", len(found), err)
						return
					}
				}
			})
		}
		for i := range 10 {
			s.mustRecord(models.WriteSet{Events: []*models.WebCustomerEvent{s.referred("s", fmt.Sprint(i+1))}, At: now})
		}
		close(stop)
		reading.Wait()
	}},
}

// password is an access token whose one-time password can be spent.
func (s *scene) password(name string) models.AccessToken {
	return s.token(models.AccessToken{Number: "AT-" + name, State: models.Effective, OneTimePasswordHash: hashed("otp", name)})
}
