package models

import (
	"math/rand/v2"
	"testing"
	"time"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func singleAttempt(failed bool, limits ...Limit) Attempts {
	return Attempts{List: []Attempt{{Limits: limits, Failed: failed}}, At: noon}
}

// For random times of attempts, no window contains more failures than a sliding limit allows, or more than
// twice as many as a fixed limit allows.
func TestEvaluate_LimitHoldsInEveryWindow(t *testing.T) {
	t.Parallel()
	for _, sliding := range []bool{true, false} {
		counters, random := Counters{}, rand.New(rand.NewPCG(1, 2))
		var counted []time.Time
		at := noon
		for range 20_000 {
			at = at.Add(time.Duration(random.ExpFloat64() * float64(4*time.Minute)))
			attempts := singleAttempt(true, Limit{CounterKey: "s", Max: 5, SlidingWindow: sliding})
			attempts.At = at
			if until, _ := counters.Evaluate(attempts); until[0].IsZero() {
				counted = append(counted, at)
			} else if !until[0].After(at) {
				t.Fatalf("locked out until %s at %s", until[0], at)
			}
		}
		limit := 5
		if !sliding {
			limit = 10
		}
		if len(counted) < 1000 {
			t.Fatalf("only %d attempts of 20,000 were counted", len(counted))
		}
		for i := limit; i < len(counted); i++ {
			if between := counted[i].Sub(counted[i-limit]); between < LockoutWindow {
				t.Fatalf("sliding %t: %d attempts within %s", sliding, limit+1, between)
			}
		}
	}
}

func TestEvaluate_LockoutIgnoresTheResult(t *testing.T) {
	t.Parallel()
	limit := Limit{CounterKey: "s", Max: 2}
	counters := Counters{}
	for range 3 {
		until, changed := counters.Evaluate(singleAttempt(false, limit))
		if !until[0].IsZero() || len(changed) != 0 {
			t.Fatal("a successful attempt is locked out, or counted")
		}
	}
	for range 2 {
		until, changed := counters.Evaluate(singleAttempt(true, limit))
		if !until[0].IsZero() || !changed["s"] {
			t.Fatal("a failed attempt is locked out, or not counted")
		}
	}
	for _, failed := range []bool{true, false} {
		until, changed := counters.Evaluate(singleAttempt(failed, limit))
		if !until[0].Equal(noon.Add(LockoutWindow)) || len(changed) != 0 {
			t.Errorf("failed %t: until %s, changed %v", failed, until[0], changed)
		}
	}
	late := singleAttempt(false, limit)
	late.At = noon.Add(LockoutWindow)
	if until, _ := counters.Evaluate(late); !until[0].IsZero() {
		t.Error("the window does not end")
	}
}

// The result of an attempt after attempts that are locked out must not reveal how many of those were right.
func TestEvaluate_LockedOutAttemptsCountAlike(t *testing.T) {
	t.Parallel()
	locked, free := Limit{CounterKey: "locked", Max: 5}, Limit{CounterKey: "free", Max: 1000}
	for right := range 20 {
		counters := Counters{"locked": {Count: 5, Until: noon.Add(time.Minute)}}
		attempts := Attempts{MaxFailed: 20, At: noon}
		for i := range 20 {
			attempts.List = append(attempts.List, Attempt{Limits: []Limit{free, locked}, Failed: i >= right})
		}
		attempts.List = append(attempts.List, Attempt{Limits: []Limit{free}})
		until, changed := counters.Evaluate(attempts)
		if until[20].IsZero() || len(changed) != 0 {
			t.Errorf("%d of the locked-out attempts were right, and the last attempt reveals it", right)
		}
	}
}
