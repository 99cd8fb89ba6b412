package models

import (
	"math/rand/v2"
	"testing"
	"time"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func one(failed bool, budgets ...Limit) Attempts {
	return Attempts{List: []Attempt{{Limits: budgets, Failed: failed}}, At: noon}
}

// Whatever the times of the guesses, no window of a rolling budget holds more than it may, and none of a plain one more than twice that.
func TestNoWindowHoldsMoreThanItsBudget(t *testing.T) {
	t.Parallel()
	for _, rolling := range []bool{true, false} {
		tally, random := Counters{}, rand.New(rand.NewPCG(1, 2))
		var counted []time.Time
		at := noon
		for range 20_000 {
			at = at.Add(time.Duration(random.ExpFloat64() * float64(4*time.Minute)))
			guesses := one(true, Limit{CounterKey: "s", Max: 5, SlidingWindow: rolling})
			guesses.At = at
			if until, _ := tally.Evaluate(guesses); until[0].IsZero() {
				counted = append(counted, at)
			} else if !until[0].After(at) {
				t.Fatalf("refused until %s at %s", until[0], at)
			}
		}
		most := 5
		if !rolling {
			most = 10
		}
		if len(counted) < 1000 {
			t.Fatalf("only %d guesses of 20,000 were let through", len(counted))
		}
		for i := most; i < len(counted); i++ {
			if between := counted[i].Sub(counted[i-most]); between < LockoutWindow {
				t.Fatalf("rolling %t: %d guesses within %s", rolling, most+1, between)
			}
		}
	}
}

func TestARightGuessIsRefusedLikeAWrongOneAndCountsNothing(t *testing.T) {
	t.Parallel()
	budget := Limit{CounterKey: "s", Max: 2}
	tally := Counters{}
	for range 3 {
		if until, changed := tally.Evaluate(one(false, budget)); !until[0].IsZero() || len(changed) != 0 {
			t.Fatal("a right guess is refused, or counted")
		}
	}
	for range 2 {
		if until, changed := tally.Evaluate(one(true, budget)); !until[0].IsZero() || !changed["s"] {
			t.Fatal("a wrong guess is refused, or not counted")
		}
	}
	for _, failed := range []bool{true, false} {
		if until, changed := tally.Evaluate(one(failed, budget)); !until[0].Equal(noon.Add(LockoutWindow)) || len(changed) != 0 {
			t.Errorf("failed %t: until %s, changed %v", failed, until[0], changed)
		}
	}
	late := one(false, budget)
	late.At = noon.Add(LockoutWindow)
	if until, _ := tally.Evaluate(late); !until[0].IsZero() {
		t.Error("the window does not end")
	}
}

// What becomes of a probe behind guesses that are refused must not tell how many of those were right.
func TestRefusedGuessesWeighAlikeWhateverTheyAre(t *testing.T) {
	t.Parallel()
	locked, free := Limit{CounterKey: "locked", Max: 5}, Limit{CounterKey: "free", Max: 1000}
	for right := range 20 {
		tally := Counters{"locked": {Count: 5, Until: noon.Add(time.Minute)}}
		guesses := Attempts{MaxFailed: 20, At: noon}
		for i := range 20 {
			guesses.List = append(guesses.List, Attempt{Limits: []Limit{free, locked}, Failed: i >= right})
		}
		guesses.List = append(guesses.List, Attempt{Limits: []Limit{free}})
		until, changed := tally.Evaluate(guesses)
		if until[20].IsZero() || len(changed) != 0 {
			t.Errorf("%d of the refused were right, and the probe says so", right)
		}
	}
}
