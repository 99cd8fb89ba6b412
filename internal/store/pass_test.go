package store

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"customer-events/internal/events"
	"customer-events/models"
)

// howManyChanges is raised to 10,000 for a thorough run: go test ./internal/store -run NextCall -args -changes 10000
var howManyChanges = flag.Int("changes", 200, "how many changes TestPass_NextCallSeesChanges makes")

// TestPass_SameReferenceInOnePass expects one of two calls with the same external reference to be recorded.
// The other one is a replay of it, or differs from it.
func TestPass_SameReferenceInOnePass(t *testing.T) {
	t.Parallel()
	for name, url := range databases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newPassWorld(t, url)
			for _, c := range []struct {
				name, account string
				want          events.BatchSummary
			}{
				{"equal", "ACR1", events.BatchSummary{Received: 1, Processed: 1, Replayed: 1}},
				{"other content", "ACR2", events.BatchSummary{Received: 1, Unprocessed: 1}},
			} {
				reference := w.newReference()
				first := w.call(w.token, event("1", "ACR1", "Admin Unit", reference))
				second := w.call(w.token, event("1", c.account, "Admin Unit", reference))
				got := w.inOnePass(
					func() result { return w.run(t.Context(), first) },
					func() result { return w.run(t.Context(), second) },
				)
				if got[0].Outcome.Summary != (events.BatchSummary{Received: 1, Processed: 1}) ||
					got[1].Outcome.Summary != c.want {
					t.Errorf("%s: %+v", c.name, got)
				}
			}
		})
	}
}

// TestPass_RejectedRow puts a call whose event the database rejects between good ones.
func TestPass_RejectedRow(t *testing.T) {
	t.Parallel()
	w := newPassWorld(t, databases["MySQL"])
	errs := make([]error, 5)
	var calls []func() result
	var sets []models.WriteSet
	for i := range errs {
		set := entryOf(w.newReference())
		set.Key, set.RequestHashes = nil, nil
		if i == 2 {
			long := strings.Repeat("x", 70_000) // package events would reject it
			set.Events[0].Description = &long
		}
		sets = append(sets, set)
		calls = append(calls, func() result {
			errs[i] = w.store.Pass(t.Context(), &models.PassMember{
				TokenHash: w.token, At: set.At, Events: 1,
				Judge: func(models.Findings) models.WriteSet { return set },
			})
			return result{}
		})
	}
	w.inOnePass(calls...)
	for i, err := range errs {
		var rejected *models.RowRejectedError
		if i == 2 && !errors.As(err, &rejected) || i != 2 && (err != nil || sets[i].Events[0].Number == 0) {
			t.Errorf("call %d has the number %d: %v", i, sets[i].Events[0].Number, err)
		}
	}
}

// TestPass_HeldLock holds the lock of an external reference in another transaction. Only the call with this
// reference must wait for it, also if it shares its pass with others.
func TestPass_HeldLock(t *testing.T) {
	t.Parallel()
	w := newPassWorld(t, databases["MySQL"])
	// InnoDB also makes those wait who insert directly before the key that a statement waits for. No other
	// reference of this test comes before this one.
	locked := "a reference"
	tx, err := w.store.writer().BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	set := entryOf(locked)
	if err := w.store.dialect.insertEvents(t.Context(), tx, set.Events); err != nil {
		t.Fatal(err)
	}
	waits := make(chan result, 1)
	var longest atomic.Int64
	good := func() result {
		start := time.Now()
		r := w.run(t.Context(), w.call(w.token, event("1", "ACR1", "Admin Unit", w.newReference())))
		took := int64(time.Since(start))
		for old := longest.Load(); took > old && !longest.CompareAndSwap(old, took); {
			old = longest.Load()
		}
		return r
	}
	calls := []func() result{good, good, func() result {
		go func() {
			waits <- w.run(t.Context(), w.call(w.token, event("1", "ACR1", "Admin Unit", locked)))
		}()
		return result{}
	}, good}
	var all sync.WaitGroup
	for range 50 { // passes of all sizes, with the locked call in one of them
		for _, call := range calls {
			all.Go(func() { call() })
		}
		calls = slices.Repeat([]func() result{good}, 4)
		time.Sleep(2 * time.Millisecond)
	}
	all.Wait()
	select {
	case r := <-waits:
		t.Errorf("the call did not wait for the lock: %+v", r)
	default:
	}
	t.Logf("the slowest of the other calls took %s", time.Duration(longest.Load()))
	if time.Duration(longest.Load()) > 2*time.Second { // the lock is waited for up to 5 s
		t.Error("other calls have waited for the lock")
	}
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	if r := <-waits; r.Outcome.Summary.Processed != 1 {
		t.Errorf("%+v", r)
	}
}

// TestPass_NextCallSeesChanges changes sessions, users and units while other calls run without a pause. The
// next call must see each change.
func TestPass_NextCallSeesChanges(t *testing.T) {
	t.Parallel()
	for name, url := range databases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newPassWorld(t, url)
			ctx, cancel := context.WithCancel(t.Context())
			var load sync.WaitGroup
			for range 8 {
				load.Go(func() {
					for ctx.Err() == nil {
						w.run(t.Context(), w.call(w.token, event("1", "ACR1", "Admin Unit", w.newReference())))
					}
				})
			}
			defer load.Wait()
			defer cancel()
			exec := func(query string, args ...any) {
				t.Helper()
				if _, err := w.store.writer().ExecContext(t.Context(), query, args...); err != nil {
					t.Fatal(err)
				}
			}
			call := func(token []byte, unit string) result {
				return w.run(t.Context(), w.call(token, event("1", "ACR1", unit, w.newReference())))
			}
			user := models.User{Key: 1, PasswordHash: "-"}
			for i := range *howManyChanges {
				token, renamed := w.login(user), fmt.Sprint("unit ", i)
				if r := call(token, "Web Shop"); r.Outcome.Summary.Processed != 1 {
					t.Fatalf("before the changes: %+v", r)
				}
				exec("INSERT INTO disabled_users (user_key, disabled_at) VALUES (2, ?)", time.Now().UTC())
				if r := call(w.limited, "Web Shop"); r.Error != errNoToken.Error() {
					t.Fatalf("a disabled user: %+v", r)
				}
				exec("DELETE FROM disabled_users WHERE user_key = 2")
				if r := call(w.limited, "Web Shop"); r.Outcome.Summary.Processed != 1 {
					t.Fatalf("an enabled user: %+v", r)
				}
				exec("UPDATE units SET name = ? WHERE id = 'U1'", renamed)
				if r := call(token, renamed); r.Outcome.Summary.Processed != 1 {
					t.Fatalf("the new name: %+v", r)
				}
				exec("UPDATE units SET name = 'Admin Unit' WHERE id = 'U1'")
				if r := call(token, renamed); r.Outcome.Summary.Unprocessed != 1 {
					t.Fatalf("the old name: %+v", r)
				}
				if err := w.store.EndSession(t.Context(), token); err != nil {
					t.Fatal(err)
				}
				if r := call(token, "Web Shop"); r.Error != errNoToken.Error() {
					t.Fatalf("an ended session: %+v", r)
				}
			}
		})
	}
}

// TestPassQueue_Leave expects a call whose context ends to leave while it waits, and also in a pass until it
// is judged, but not if it must run the pass.
func TestPassQueue_Leave(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		q := &passQueue{}
		join := func(ctx context.Context) (*member, chan passResult) {
			own, returned := newMember(&models.PassMember{Events: 1}, models.WriteSet{}), make(chan passResult, 1)
			go func() {
				group, err := q.acquire(ctx, own)
				returned <- passResult{group, err}
			}()
			synctest.Wait()
			return own, returned
		}
		first, cancel1 := context.WithCancel(t.Context())
		second, cancel2 := context.WithCancel(t.Context())
		third, cancel3 := context.WithCancel(t.Context())
		defer cancel3()
		leader, led := join(first)
		member2, result2 := join(second)
		_, result3 := join(third)
		_, gone := join(second)
		_ = leader
		q.mu.Lock()
		if len(q.waiting) != 4 {
			t.Errorf("%d calls wait", len(q.waiting))
		}
		q.mu.Unlock()
		q.handOver()
		pass := <-led
		if len(pass.group) != 4 || pass.err != nil {
			t.Fatalf("a pass of %d, %v", len(pass.group), pass.err)
		}
		cancel1() // the leader has the pass already
		cancel2()
		synctest.Wait()
		for _, left := range []chan passResult{result2, gone} {
			if r := <-left; !errors.Is(r.err, context.Canceled) {
				t.Errorf("it left with %v", r.err)
			}
		}
		if member2.state.CompareAndSwap(memberWaiting, memberJudged) {
			t.Error("a call that has left was judged")
		}
		judged := pass.group[2]
		if !judged.state.CompareAndSwap(memberWaiting, memberJudged) {
			t.Error("a call that waits cannot be judged")
		}
		cancel3()
		synctest.Wait()
		select {
		case r := <-result3:
			t.Errorf("a judged call left: %v", r.err)
		default:
		}
		judged.result <- passResult{}
		if r := <-result3; r.err != nil {
			t.Error(r.err)
		}
	})
}

// TestPassQueue_SlowPass expects a pass that is slow to let the next one start, and to give no second slot
// away when it ends.
func TestPassQueue_SlowPass(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		q := &passQueue{free: 1, slow: slowPass}
		state := func() [3]int {
			q.mu.Lock()
			defer q.mu.Unlock()
			return [3]int{q.free, len(q.waiting), q.early}
		}
		must := func(what string, want [3]int) {
			t.Helper()
			if got := state(); got != want {
				t.Errorf("%s: free, waiting, early are %v, want %v", what, got, want)
			}
		}
		var passes atomic.Int64
		run := func(takes time.Duration) {
			group, err := q.acquire(t.Context(), newMember(&models.PassMember{Events: 1}, models.WriteSet{}))
			if err != nil || group == nil {
				return
			}
			done := q.begin()
			passes.Add(1)
			time.Sleep(takes)
			for _, m := range group[1:] {
				m.result <- passResult{}
			}
			done()
		}
		go run(time.Second)
		synctest.Wait()
		go run(time.Millisecond)
		synctest.Wait()
		must("a pass runs, and one call waits", [3]int{0, 1, 0})
		time.Sleep(slowPass)
		synctest.Wait()
		must("the slot is given away", [3]int{0, 0, 1})
		time.Sleep(time.Millisecond)
		synctest.Wait()
		must("the second pass is done", [3]int{1, 0, 1})
		time.Sleep(time.Second)
		synctest.Wait()
		must("both are done", [3]int{1, 0, 0})
		for range maxEarly + 5 {
			go run(time.Second)
			time.Sleep(2 * slowPass)
		}
		synctest.Wait()
		must("many slow passes", [3]int{0, 4, maxEarly})
		time.Sleep(3 * time.Second)
		synctest.Wait()
		must("all are done", [3]int{1, 0, 0})
		if passes.Load() < maxEarly {
			t.Errorf("%d passes ran", passes.Load())
		}
	})
}
