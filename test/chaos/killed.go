package main

import (
	"context"
	"fmt"
	"time"
)

// killServer ends the server with SIGKILL while clients post, and starts it again.
func killServer(s options, k loadOptions) runFunc {
	return func(ctx context.Context, h *harness, name string, n int) (*deployment, result, error) {
		var o result
		d, err := h.newDeployment(ctx, name, s)
		if err != nil {
			return d, o, err
		}
		random, l := d.newRandom("faults"), d.startLoad(ctx, k)
		defer l.stop()
		for range n {
			if err := d.waitForCalls(ctx, 1+random.IntN(20)); err != nil {
				return d, o, err
			}
			if err := pause(ctx, time.Duration(random.IntN(10_000))*time.Microsecond); err != nil {
				return d, o, err
			}
			if err := d.servers[0].kill(); err != nil {
				return d, o, err
			}
			if err := d.servers[0].start(ctx); err != nil {
				return d, o, err
			}
			if err := d.checkIntegrity(ctx); err != nil {
				return d, o, err
			}
			o.injected++
		}
		return d, o, nil
	}
}

// killDatabase alternately kills and stops the database until n COMMITs lost their response, which the
// proxy counts.
func killDatabase(k loadOptions) runFunc {
	k.abandonsCalls = true
	return func(ctx context.Context, h *harness, name string, n int) (*deployment, result, error) {
		return killDatabaseUnder(ctx, h, name, n, k)
	}
}

func killDatabaseUnder(
	ctx context.Context, h *harness, name string, n int, k loadOptions,
) (*deployment, result, error) {
	var o result
	d, err := h.newDeployment(ctx, name, options{proxied: true})
	if err != nil {
		return d, o, err
	}
	random, l := d.newRandom("faults"), d.startLoad(ctx, k)
	defer l.stop()
	var slowest time.Duration
	for o.injected < n || int(d.proxy.unknownCommits.Load()) < n && o.injected < 10*n+10 {
		if err := d.waitForCalls(ctx, 1+random.IntN(40)); err != nil {
			return d, o, err
		}
		if err := pause(ctx, time.Duration(random.IntN(20_000))*time.Microsecond); err != nil {
			return d, o, err
		}
		end := d.databaseServer.Kill
		if o.injected%2 == 1 {
			end = d.databaseServer.Stop
		}
		if err := end(); err != nil {
			return d, o, err
		}
		if err := d.databaseServer.Restart(ctx); err != nil {
			return d, o, err
		}
		took, err := l.waitForEveryClient(ctx)
		if err != nil {
			return d, o, err
		}
		slowest = max(slowest, took)
		o.injected++
	}
	hit := int(d.proxy.unknownCommits.Load())
	if hit < n {
		o.addFailure("only %d of %d COMMITs lost their response", hit, n)
	}
	o.remarks = fmt.Sprintf("%d COMMITs without a response, slowest recovery %.1f s", hit, slowest.Seconds())
	return d, o, d.servers[0].alive()
}
