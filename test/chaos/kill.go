package main

import (
	"context"
	"fmt"
	"time"
)

// serverKilled ends the server with SIGKILL while eight clients post, and starts it again.
func serverKilled(s setting) func(context.Context, *rig, string, int) (*world, outcome, error) {
	return func(ctx context.Context, r *rig, name string, n int) (*world, outcome, error) {
		var o outcome
		w, err := r.newWorld(ctx, name, s)
		if err != nil {
			return w, o, err
		}
		random, l := w.random("faults"), w.load(ctx, kind{clients: 8, batch: 10})
		defer l.end()
		for range n {
			if err := w.progress(ctx, 1+random.IntN(20)); err != nil {
				return w, o, err
			}
			if err := pause(ctx, time.Duration(random.IntN(10_000))*time.Microsecond); err != nil {
				return w, o, err
			}
			if err := w.servers[0].kill(); err != nil {
				return w, o, err
			}
			if err := w.servers[0].start(ctx); err != nil {
				return w, o, err
			}
			if err := w.intact(ctx); err != nil {
				return w, o, err
			}
			o.injected++
		}
		return w, o, nil
	}
}

// databaseKilled kills the database, and stops it in order, in turns. It goes on until so many COMMITs were hit as the count asks for:
// the proxy knows of those whose answer was lost.
func databaseKilled(ctx context.Context, r *rig, name string, n int) (*world, outcome, error) {
	var o outcome
	w, err := r.newWorld(ctx, name, setting{proxied: true})
	if err != nil {
		return w, o, err
	}
	random, l := w.random("faults"), w.load(ctx, kind{clients: 12, batch: 10, givesUp: true})
	defer l.end()
	var slowest time.Duration
	for o.injected < n || int(w.proxy.unknownCommits.Load()) < n && o.injected < 10*n+10 {
		if err := w.progress(ctx, 1+random.IntN(40)); err != nil {
			return w, o, err
		}
		if err := pause(ctx, time.Duration(random.IntN(20_000))*time.Microsecond); err != nil {
			return w, o, err
		}
		end := w.maria.Kill
		if o.injected%2 == 1 {
			end = w.maria.Stop
		}
		if err := end(); err != nil {
			return w, o, err
		}
		if err := w.maria.Restart(ctx); err != nil {
			return w, o, err
		}
		took, err := l.everyone(ctx)
		if err != nil {
			return w, o, err
		}
		slowest = max(slowest, took)
		o.injected++
	}
	hit := int(w.proxy.unknownCommits.Load())
	if hit < n {
		o.fail("only %d COMMITs were hit, %d were asked for", hit, n)
	}
	o.remarks = fmt.Sprintf("%d unknown COMMITs hit, slowest recovery %.1f s", hit, slowest.Seconds())
	return w, o, w.servers[0].alive()
}
