package main

import (
	"context"
	"fmt"
	"strings"
	"sync"
)

// sameKeyTwice sends a call with an idempotency key to two servers at the same time, from eight pairs of clients. Both must be
// answered alike, and the call must have been done once.
func sameKeyTwice(s setting) func(context.Context, *rig, string, int) (*world, outcome, error) {
	s.servers = 2
	return func(ctx context.Context, r *rig, name string, n int) (*world, outcome, error) {
		var o outcome
		w, err := r.newWorld(ctx, name, s)
		if err != nil {
			return w, o, err
		}
		ctx, cancel := context.WithTimeout(ctx, 10*patience)
		defer cancel()
		const lanes = 8
		var wait sync.WaitGroup
		for lane := range lanes {
			one, two := w.newClient(fmt.Sprintf("one%d", lane), kind{batch: 3}), w.newClient(fmt.Sprintf("two%d", lane), kind{batch: 3})
			one.addresses, two.addresses = one.addresses[:1], two.addresses[1:]
			wait.Go(func() {
				for i := lane; i < n; i += lanes {
					events := make([]event, 1+one.random.IntN(3))
					for k := range events {
						events[k] = newEvent(one.random, fmt.Sprintf("pair%d-%d", i, k), 10, false)
					}
					call := newCall(fmt.Sprintf("pair %d", i), events)
					var both sync.WaitGroup
					both.Go(func() { one.deliver(ctx, call) })
					both.Go(func() { two.deliver(ctx, call) })
					both.Wait()
				}
			})
		}
		wait.Wait()
		o.injected = n
		var calls int
		if err := w.db.QueryRowContext(ctx, "SELECT COUNT(*) FROM idempotent_calls").Scan(&calls); err != nil {
			return w, o, err
		}
		if calls != n {
			o.fail("%d keys were sent and %d are remembered", n, calls)
		}
		o.remarks = fmt.Sprintf("%d effects of %d pairs; shown to clients: %s", calls, n, strings.TrimSpace(w.ledger.shown()))
		return w, o, nil
	}
}
