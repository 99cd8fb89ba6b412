package main

import (
	"context"
	"fmt"
	"sync"
)

// sameKey sends a call with an idempotency key to two servers at the same time, from eight pairs of
// clients. Both responses must be the same, and the call must be recorded once.
func sameKey(s options) runFunc {
	s.servers = 2
	return func(ctx context.Context, h *harness, name string, n int) (*deployment, result, error) {
		var o result
		d, err := h.newDeployment(ctx, name, s)
		if err != nil {
			return d, o, err
		}
		ctx, cancel := context.WithTimeout(ctx, 10*completionTimeout)
		defer cancel()
		const pairs = 8
		var wait sync.WaitGroup
		for pair := range pairs {
			one, two := d.newClient(fmt.Sprintf("one%d", pair), loadOptions{maxBatch: 3}),
				d.newClient(fmt.Sprintf("two%d", pair), loadOptions{maxBatch: 3})
			one.addresses, two.addresses = one.addresses[:1], two.addresses[1:]
			wait.Go(func() {
				for i := pair; i < n; i += pairs {
					events := make([]event, 1+one.random.IntN(3))
					for k := range events {
						events[k] = newEvent(one.random, fmt.Sprintf("pair%d-%d", i, k), 10, false)
					}
					call := newCall(fmt.Sprintf("pair %d", i), events)
					var both sync.WaitGroup
					both.Go(func() { one.sendUntilAnswered(ctx, call) })
					both.Go(func() { two.sendUntilAnswered(ctx, call) })
					both.Wait()
				}
			})
		}
		wait.Wait()
		o.injected = n
		var calls int
		if err := d.db.QueryRowContext(ctx, "SELECT COUNT(*) FROM idempotent_calls").Scan(
			&calls); err != nil {
			return d, o, err
		}
		if calls != n {
			o.addFailure("%d keys were sent and %d are recorded", n, calls)
		}
		o.remarks = fmt.Sprintf("%d effects of %d pairs; errors at clients: %s", calls, n,
			d.history.errorSummary())
		return d, o, nil
	}
}
