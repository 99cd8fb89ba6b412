package eventstest

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"customer-events/models"
)

var attemptPromises = []obligation{
	{"are counted, and beyond the budget refused, right or wrong", func(s *scene) {
		budget := budgetOf("secret", 5)
		for range 5 {
			s.mustAllow(guesses(now, false, budget)) // a right one counts nothing
			s.mustAllow(guesses(now, true, budget))
		}
		s.mustRefuseGuess(guesses(now, true, budget))
		s.mustRefuseGuess(guesses(now, false, budget))
		s.mustAllow(guesses(now, true, budgetOf("another", 5)))
		s.mustRefuseGuess(guesses(now.Add(models.LockoutWindow-time.Microsecond), false, budget))
		s.mustAllow(guesses(now.Add(models.LockoutWindow), false, budget))
	}},
	{"are forgiven a window after the first, or, rolling, after the last", func(s *scene) {
		plain, rolling := budgetOf("plain", 2), budgetOf("rolling", 2)
		rolling.SlidingWindow = true
		for _, at := range []time.Time{now, now.Add(10 * time.Minute)} {
			s.mustAllow(guesses(at, true, plain))
			s.mustAllow(guesses(at, true, rolling))
		}
		s.mustAllow(guesses(now.Add(models.LockoutWindow), true, plain))
		s.mustRefuseGuess(guesses(now.Add(models.LockoutWindow), true, rolling))
		s.mustAllow(guesses(now.Add(10*time.Minute+models.LockoutWindow), true, rolling))
	}},
	{"are held against all that they count for, and none of it if they are refused", func(s *scene) {
		small, large := budgetOf("small", 1), budgetOf("large", 2)
		s.mustAllow(guesses(now, true, small, large))
		for range 3 {
			s.mustRefuseGuess(guesses(now, true, small, large))
		}
		s.mustAllow(guesses(now, true, large))
		s.mustRefuseGuess(guesses(now, true, large))
	}},
	{"are judged in the order of their call, which ends with the last that it may fail", func(s *scene) {
		call := models.Attempts{At: now, MaxFailed: 4}
		for i := range 10 {
			call.List = append(call.List, models.Attempt{Limits: []models.Limit{budgetOf(fmt.Sprint(i%2), 2)}, Failed: i != 1})
		}
		until, err := s.CountAttempts(s.Context(), call)
		if err != nil || len(until) != 10 {
			s.Fatalf("%d answers, %v", len(until), err)
		}
		for i := range until { // 0, 2 and 3 fail, 1 is right, 4 is refused: the fourth
			if want := i > 3; until[i].IsZero() == want {
				s.Errorf("guess %d: refused %t, want %t", i, !until[i].IsZero(), want)
			}
		}
		s.mustAllow(guesses(now, false, budgetOf("1", 2)))
		s.mustRefuseGuess(guesses(now, false, budgetOf("0", 2)))
	}},
	{"that are made at once are none too many", func(s *scene) {
		const atOnce, secrets = 32, 3
		var all sync.WaitGroup
		var mu sync.Mutex
		var allowed [secrets]int
		for i := range atOnce {
			all.Go(func() {
				call := models.Attempts{At: now, MaxFailed: 20}
				for secret := range secrets { // in orders of their own, so that they might meet
					call.List = append(call.List, models.Attempt{Failed: true, Limits: []models.Limit{budgetOf("all", 1000), budgetOf(fmt.Sprint((secret+i)%secrets), 5)}})
				}
				until := s.attempt(call)
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
			s.Errorf("let through: %v, want 5 of each", allowed)
		}
	}},
}

func budgetOf(subject string, most int) models.Limit {
	return models.Limit{CounterKey: string(hashed(subject)), Max: most}
}

func guesses(at time.Time, failed bool, budgets ...models.Limit) models.Attempts {
	return models.Attempts{At: at, List: []models.Attempt{{Limits: budgets, Failed: failed}}}
}

// attempt does what the service does: what the database has given up is tried again.
func (s *scene) attempt(call models.Attempts) []time.Time {
	s.Helper()
	for tries := 0; ; tries++ {
		until, err := s.CountAttempts(s.Context(), call)
		if err == nil {
			return until
		}
		if !errors.Is(err, models.ErrAborted) || tries == 100 {
			s.Errorf("Attempt: %v", err)
			return make([]time.Time, len(call.List))
		}
		time.Sleep(time.Duration(tries) * time.Millisecond)
	}
}

func (s *scene) mustAllow(call models.Attempts) {
	s.Helper()
	if until := s.attempt(call); !until[0].IsZero() {
		s.Errorf("refused until %s", until[0])
	}
}

func (s *scene) mustRefuseGuess(call models.Attempts) {
	s.Helper()
	if until := s.attempt(call); until[0].IsZero() {
		s.Error("let through")
	}
}
