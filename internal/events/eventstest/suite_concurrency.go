package eventstest

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/google/go-cmp/cmp"

	"customer-events/models"
)

var usedTokenObligations = []obligation{
	{"are used with the set, at its time", func(f *fixture) {
		used, other := f.newPassword("otp"), f.newPassword("another")
		at := now.Add(42 * time.Microsecond)
		f.mustRecord(models.WriteSet{Events: f.newEvents(1), UsedTokens: []int64{used.Key}, At: at})
		if got := f.passwordUsedAt(used); got == nil || !got.Equal(at) {
			f.Errorf("used at %v, want %s", got, at)
		}
		if got := f.passwordUsedAt(other); got != nil {
			f.Errorf("another was used at %s", got)
		}
	}},
	{"are used several at once", func(f *fixture) {
		tokens := []models.AccessToken{f.newPassword("1"), f.newPassword("2"), f.newPassword("3")}
		f.mustRecord(
			models.WriteSet{
				Events:     f.newEvents(1),
				UsedTokens: []int64{tokens[2].Key, tokens[0].Key, tokens[1].Key},
				At:         now,
			},
		)
		for _, token := range tokens {
			if at := f.passwordUsedAt(token); at == nil {
				f.Errorf("%s is not used", token.Number)
			}
		}
	}},
	{"are used once only, and all of the set or nothing", func(f *fixture) {
		used, call := f.newPassword("otp"), f.idempotencyKey("key", "1")
		f.mustRecord(models.WriteSet{Events: f.newEvents(1), UsedTokens: []int64{used.Key}, At: now})
		fresh := f.newPassword("fresh")
		set := setWithKey(call, f.newReferenced("s", "1"), f.newReferenced("s", "2"))
		set.UsedTokens, set.At = []int64{fresh.Key, used.Key}, now.Add(time.Hour)
		f.mustConflict(set)
		f.mustHaveWrittenNothing(call, fresh, "1", "2")
		if at := f.passwordUsedAt(used); at == nil || !at.Equal(now) {
			f.Errorf("used at %v, want %s", at, now)
		}
	}},
}

var concurrencyObligations = []obligation{
	{"sets have distinct numbers that ascend in each set", func(f *fixture) {
		sets := make([]models.WriteSet, 8)
		for i := range sets {
			sets[i] = models.WriteSet{Events: f.newEvents(20), At: now}
		}
		var all []int64
		for i, err := range f.recordConcurrently(sets...) {
			if err != nil {
				f.Fatalf("set %d: %v", i, err)
			}
			f.mustAscend(numbersOf(sets[i].Events))
			all = append(all, numbersOf(sets[i].Events)...)
		}
		slices.Sort(all)
		if different := slices.Compact(slices.Clone(all)); len(different) != len(all) {
			f.Errorf("%d events have %d numbers", len(all), len(different))
		}
	}},
	{"sets with one idempotency key: one succeeds", func(f *fixture) {
		call := f.idempotencyKey("key", "1")
		sets := make([]models.WriteSet, 4)
		for i := range sets {
			sets[i] = setWithKey(call, f.newEvents(5)...)
		}
		recorded := f.mustSucceedOnce(f.recordConcurrently(sets...))
		f.mustHaveKeyRecord(call, sets[recorded].Events...)
	}},
	{"sets with the same references in any order: one succeeds", func(f *fixture) {
		sets := make([]models.WriteSet, 6)
		for i := range sets {
			for n := range 20 {
				if i%2 == 1 {
					n = 19 - n
				}
				sets[i].Events = append(sets[i].Events, f.newReferenced("s", fmt.Sprint(n)))
			}
			sets[i].At = now
		}
		recorded := f.mustSucceedOnce(f.recordConcurrently(sets...))
		for _, event := range sets[recorded].Events {
			if stored, ok := f.recorded("s", *event.ExternalSystemReferenceNumber); !ok ||
				stored.ID != event.ID {
				f.Errorf("%+v, %v has the reference of %s", stored, ok, event.ID)
			}
		}
	}},
	{"sets with one recorded idempotency key: one succeeds", func(f *fixture) {
		call := f.idempotencyKey("key", "1")
		f.mustRecord(models.WriteSet{Key: &call, At: now})
		key := f.keyRecord(call).Key
		sets := make([]models.WriteSet, 4)
		for i := range sets {
			sets[i] = setWithKey(call, f.newEvents(3)...)
			sets[i].RecordKey = key
		}
		recorded := f.mustSucceedOnce(f.recordConcurrently(sets...))
		f.mustHaveKeyRecord(call, sets[recorded].Events...)
	}},
	{"sets that use one password: one succeeds", func(f *fixture) {
		token := f.newPassword("otp")
		sets := make([]models.WriteSet, 4)
		for i := range sets {
			sets[i] = models.WriteSet{
				Events:     []*models.WebCustomerEvent{f.newReferenced("s", fmt.Sprint(i))},
				UsedTokens: []int64{token.Key},
				At:         now.Add(time.Duration(i) * time.Second),
			}
		}
		recorded := f.mustSucceedOnce(f.recordConcurrently(sets...))
		for i := range sets {
			if _, ok := f.recorded("s", fmt.Sprint(i)); ok != (i == recorded) {
				f.Errorf("event %d is recorded: %v, want that of set %d", i, ok, recorded)
			}
		}
		if at := f.passwordUsedAt(token); at == nil || !at.Equal(sets[recorded].At) {
			f.Errorf("used at %v, want %s", at, sets[recorded].At)
		}
	}},
	{"sets that use two passwords in opposite order: one succeeds", func(f *fixture) {
		a, b := f.newPassword("a"), f.newPassword("b")
		f.mustSucceedOnce(f.recordConcurrently(
			models.WriteSet{Events: f.newEvents(1), UsedTokens: []int64{a.Key, b.Key}, At: now},
			models.WriteSet{Events: f.newEvents(1), UsedTokens: []int64{b.Key, a.Key}, At: now}))
	}},
	{
		"the same set, as when a lost COMMIT is still in progress, has one effect and one result",
		func(f *fixture) {
			token := f.newPassword("otp")
			set := setWithKey(
				f.idempotencyKey("key", "1"),
				f.newReferenced("s", "1"),
				f.newEvent(),
				f.newReferenced("s", "2"),
			)
			set.UsedTokens = []int64{token.Key}
			sets := []models.WriteSet{set, unrecordedCopy(set), unrecordedCopy(set)}
			for i, err := range f.recordConcurrently(sets...) {
				if err != nil {
					f.Errorf("set %d: %v", i, err)
				}
				if diff := cmp.Diff(numbersOf(set.Events), numbersOf(sets[i].Events)); diff != "" {
					f.Error(diff)
				}
			}
			f.mustHaveKeyRecord(*set.Key, set.Events...)
		},
	},
	{"reads succeed during writes", func(f *fixture) {
		f.mustRecord(models.WriteSet{Events: []*models.WebCustomerEvent{f.newReferenced("s", "0")}, At: now})
		stop, reading := make(chan struct{}), sync.WaitGroup{}
		for range 4 {
			reading.Go(func() {
				for {
					select {
					case <-stop:
						return
					default:
					}
					found, err := f.ByExternalReference(
						f.Context(),
						[]models.ExternalReference{{System: "s", Number: "0"}},
					)
					if err != nil || len(found) != 1 {
						f.Errorf("ByExternalReference: %d, %v", len(found), err)
						return
					}
				}
			})
		}
		for i := range 10 {
			f.mustRecord(
				models.WriteSet{
					Events: []*models.WebCustomerEvent{f.newReferenced("s", fmt.Sprint(i+1))},
					At:     now,
				},
			)
		}
		close(stop)
		reading.Wait()
	}},
}
