package main

import (
	"context"
	"fmt"
	"net/http"
	"sync/atomic"
	"time"
)

// restart stops servers with SIGTERM, one after the other, and starts them again, while clients post;
// every second client opens a connection for each call. No request may fail, even if a repetition would
// succeed. Servers with a shared socket have one address; otherwise a balancer picks a ready server.
func restart(s options) runFunc {
	s.env = append(s.env, "CRM_DRAIN=300ms")
	return func(ctx context.Context, h *harness, name string, n int) (*deployment, result, error) {
		var o result
		d, err := h.newDeployment(ctx, name, s)
		if err != nil {
			return d, o, err
		}
		if !s.sharedSocket {
			d.balancer = d.startBalancer(ctx)
			defer d.balancer.stop()
		}
		random, l := d.newRandom("faults"), d.startLoad(ctx, loadOptions{clients: 8, maxBatch: 10,
			newConnections: true})
		defer l.stop()
		for i := range n {
			if _, err := l.waitForEveryClient(ctx); err != nil {
				return d, o, err
			}
			if err := pause(ctx, time.Duration(random.IntN(20_000))*time.Microsecond); err != nil {
				return d, o, err
			}
			server := d.servers[i%len(d.servers)]
			if err := server.terminate(); err != nil {
				return d, o, err
			}
			if err := server.start(ctx); err != nil {
				return d, o, err
			}
			if err := d.balancer.waitUntilReady(ctx, len(d.servers)); err != nil {
				return d, o, err
			}
			o.injected++
		}
		l.stop()
		if failed := d.history.errorCount(); failed > 0 {
			o.addFailure("%d of %d calls failed: %s, at last by %v", failed, d.history.sends.Load(),
				d.history.errorSummary(), d.history.lastErr)
		}
		o.remarks = fmt.Sprintf("%d calls, %d failed without being sent again", d.history.sends.Load(),
			d.history.errorCount())
		return d, o, nil
	}
}

// balancer polls the servers' /readyz, as a load balancer does, and picks ready servers.
type balancer struct {
	ready  atomic.Pointer[[]string]
	cancel context.CancelFunc
}

// checkEvery is the polling interval: several polls fit into a server's drain.
const checkEvery = 50 * time.Millisecond

func (d *deployment) startBalancer(ctx context.Context) *balancer {
	ctx, cancel := context.WithCancel(ctx)
	b := &balancer{cancel: cancel}
	check := func() {
		var ready []string
		for _, s := range d.servers {
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

// address returns a server that was ready at the last poll. Without one it returns an address where no
// server listens, so that the call fails.
func (b *balancer) address(i int) string {
	ready := *b.ready.Load()
	if len(ready) == 0 {
		return "127.0.0.1:1"
	}
	return ready[i%len(ready)]
}

// waitUntilReady waits until this number of servers is ready, so that the next one may be stopped.
func (b *balancer) waitUntilReady(ctx context.Context, servers int) error {
	for b != nil && len(*b.ready.Load()) < servers {
		if err := pause(ctx, time.Millisecond); err != nil {
			return err
		}
	}
	return nil
}

func (b *balancer) stop() { b.cancel() }
