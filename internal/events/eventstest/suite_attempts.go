package eventstest

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"customer-events/models"
)

var attemptObligations = []obligation{
	{"are counted, and locked out beyond the limit, correct or not", func(f *fixture) {
		limit := limitOf("secret", 5)
		for range 5 {
			f.mustAllow(oneAttempt(now, false, limit)) // a correct one counts nothing
			f.mustAllow(oneAttempt(now, true, limit))
		}
		f.mustLockOut(oneAttempt(now, true, limit))
		f.mustLockOut(oneAttempt(now, false, limit))
		f.mustAllow(oneAttempt(now, true, limitOf("another", 5)))
		f.mustLockOut(oneAttempt(now.Add(models.LockoutWindow-time.Microsecond), false, limit))
		f.mustAllow(oneAttempt(now.Add(models.LockoutWindow), false, limit))
	}},
	{"expire one window after the first, or after the last in a sliding window", func(f *fixture) {
		fixed, sliding := limitOf("fixed", 2), limitOf("sliding", 2)
		sliding.SlidingWindow = true
		for _, at := range []time.Time{now, now.Add(10 * time.Minute)} {
			f.mustAllow(oneAttempt(at, true, fixed))
			f.mustAllow(oneAttempt(at, true, sliding))
		}
		f.mustAllow(oneAttempt(now.Add(models.LockoutWindow), true, fixed))
		f.mustLockOut(oneAttempt(now.Add(models.LockoutWindow), true, sliding))
		f.mustAllow(oneAttempt(now.Add(10*time.Minute+models.LockoutWindow), true, sliding))
	}},
	{"count for all their limits, and for none if they are locked out", func(f *fixture) {
		small, large := limitOf("small", 1), limitOf("large", 2)
		f.mustAllow(oneAttempt(now, true, small, large))
		for range 3 {
			f.mustLockOut(oneAttempt(now, true, small, large))
		}
		f.mustAllow(oneAttempt(now, true, large))
		f.mustLockOut(oneAttempt(now, true, large))
	}},
	{"are evaluated in the order of their call, until its limit", func(f *fixture) {
		call := models.Attempts{At: now, MaxFailed: 4}
		for i := range 10 {
			call.List = append(
				call.List,
				models.Attempt{Limits: []models.Limit{limitOf(fmt.Sprint(i%2), 2)}, Failed: i != 1},
			)
		}
		until, err := f.CountAttempts(f.Context(), call)
		if err != nil || len(until) != 10 {
			f.Fatalf("%d results, %v", len(until), err)
		}
		for i := range until { // 0, 2 and 3 fail, 1 is correct, 4 is the fourth that is locked out
			if want := i > 3; until[i].IsZero() == want {
				f.Errorf("attempt %d: locked out %t, want %t", i, !until[i].IsZero(), want)
			}
		}
		f.mustAllow(oneAttempt(now, false, limitOf("1", 2)))
		f.mustLockOut(oneAttempt(now, false, limitOf("0", 2)))
	}},
	{"do not exceed the limit if they are concurrent", func(f *fixture) {
		const atOnce, secrets = 32, 3
		var all sync.WaitGroup
		var mu sync.Mutex
		var allowed [secrets]int
		for i := range atOnce {
			all.Go(func() {
				call := models.Attempts{At: now, MaxFailed: 20}
				for secret := range secrets { // each call has another order, so that deadlocks are possible
					call.List = append(
						call.List,
						models.Attempt{
							Failed: true,
							Limits: []models.Limit{
								limitOf("all", 1000),
								limitOf(fmt.Sprint((secret+i)%secrets), 5),
							},
						},
					)
				}
				until := f.countAttempts(call)
				mu.Lock()
				defer mu.Unlock()
				for secret := range secrets {
					if until[secret].IsZero() {
						allowed[(secret+i)%secrets]++
					}
				}
			})
		}
		all.Wait()
		if allowed != [secrets]int{5, 5, 5} {
			f.Errorf("allowed: %v, want 5 of each", allowed)
		}
	}},
}

func limitOf(subject string, maxFailed int) models.Limit {
	return models.Limit{CounterKey: string(testHash(subject)), Max: maxFailed}
}

func oneAttempt(at time.Time, failed bool, limits ...models.Limit) models.Attempts {
	return models.Attempts{At: at, List: []models.Attempt{{Limits: limits, Failed: failed}}}
}

// countAttempts counts again if the database aborted the transaction, as the service does.
func (f *fixture) countAttempts(call models.Attempts) []time.Time {
	f.Helper()
	for tries := 0; ; tries++ {
		until, err := f.CountAttempts(f.Context(), call)
		if err == nil {
			return until
		}
		if !errors.Is(err, models.ErrAborted) || tries == 100 {
			f.Errorf("CountAttempts: %v", err)
			return make([]time.Time, len(call.List))
		}
		time.Sleep(time.Duration(tries) * time.Millisecond)
	}
}

func (f *fixture) mustAllow(call models.Attempts) {
	f.Helper()
	if until := f.countAttempts(call); !until[0].IsZero() {
		f.Errorf("locked out until %s", until[0])
	}
}

func (f *fixture) mustLockOut(call models.Attempts) {
	f.Helper()
	if until := f.countAttempts(call); until[0].IsZero() {
		f.Error("not locked out")
	}
}
