package main

import (
	"context"
	"fmt"
	"net/http"
	"sync/atomic"
	"time"
)

// restarted tells servers to end, by SIGTERM and in turn, and starts them again, while clients post of which every second opens a connection for
// each call. No call may fail, however it would have ended if it had been sent again. Servers with a shared socket are all at its
// address; of others a balancer picks those that are ready.
func restarted(s setting) func(context.Context, *rig, string, int) (*world, outcome, error) {
	s.env = append(s.env, "CRM_DRAIN=300ms")
	return func(ctx context.Context, r *rig, name string, n int) (*world, outcome, error) {
		var o outcome
		w, err := r.newWorld(ctx, name, s)
		if err != nil {
			return w, o, err
		}
		if !s.shared {
			w.balancer = w.balance(ctx)
			defer w.balancer.stop()
		}
		random, l := w.random("faults"), w.load(ctx, kind{clients: 8, batch: 10, anew: true})
		defer l.end()
		for i := range n {
			if _, err := l.everyone(ctx); err != nil {
				return w, o, err
			}
			if err := pause(ctx, time.Duration(random.IntN(20_000))*time.Microsecond); err != nil {
				return w, o, err
			}
			server := w.servers[i%len(w.servers)]
			if err := server.terminate(); err != nil {
				return w, o, err
			}
			if err := server.start(ctx); err != nil {
				return w, o, err
			}
			if err := w.balancer.noticed(ctx, len(w.servers)); err != nil {
				return w, o, err
			}
			o.injected++
		}
		l.end()
		if failed := w.ledger.errors(); failed > 0 {
			o.fail("%d of %d calls failed: %s, at last by %v", failed, w.ledger.sends.Load(), w.ledger.shown(), w.ledger.lastErr)
		}
		o.remarks = fmt.Sprintf("%d calls, %d failed without being sent again", w.ledger.sends.Load(), w.ledger.errors())
		return w, o, nil
	}
}

// balancer asks servers whether they take calls, as a load balancer does, and picks those that do.
type balancer struct {
	ready  atomic.Pointer[[]string]
	cancel context.CancelFunc
}

// checkEvery is how often the balancer asks: several times while a server drains.
const checkEvery = 50 * time.Millisecond

func (w *world) balance(ctx context.Context) *balancer {
	ctx, cancel := context.WithCancel(ctx)
	b := &balancer{cancel: cancel}
	check := func() {
		var ready []string
		for _, s := range w.servers {
			if response, err := http.Get("http://" + s.address + "/readyz"); err == nil {
				_ = response.Body.Close()
				if response.StatusCode == http.StatusOK {
					ready = append(ready, s.address)
				}
			}
		}
		b.ready.Store(&ready)
	}
	check()
	go func() {
		for pause(ctx, checkEvery) == nil {
			check()
		}
	}()
	return b
}

// pick is a server that was ready when it was last asked. None is an address that nobody is at, so that the call fails.
func (b *balancer) pick(i int) string {
	ready := *b.ready.Load()
	if len(ready) == 0 {
		return "127.0.0.1:1"
	}
	return ready[i%len(ready)]
}

// noticed waits until so many servers are known to be ready, so that the next one may end.
func (b *balancer) noticed(ctx context.Context, servers int) error {
	for b != nil && len(*b.ready.Load()) < servers {
		if err := pause(ctx, time.Millisecond); err != nil {
			return err
		}
	}
	return nil
}

func (b *balancer) stop() { b.cancel() }
