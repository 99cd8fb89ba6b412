package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"time"
)

// held is a fault that lasts: it begins, lasts until it has hurt, and ends; then the server must recover by itself.
type held struct {
	setting setting
	kind    kind
	begin   func(ctx context.Context, w *world) error
	end     func(ctx context.Context, w *world) error
	// harmless faults must let calls through while they last; quiet ones make calls wait. Others are seen by clients.
	harmless, quiet bool
	// certain faults leave no outcome open: clients must be told that nothing is stored.
	certain bool
}

const (
	// recoverIn is how soon after a fault's end every client must have got a call through.
	recoverIn = 5 * time.Second
	// bitesIn is how long a fault is waited for to be seen.
	bitesIn = 20 * time.Second
)

func (h held) run(ctx context.Context, r *rig, name string, n int) (*world, outcome, error) {
	var o outcome
	if h.kind.clients == 0 {
		h.kind = kind{clients: 8, batch: 10, givesUp: true}
	}
	// Short, so that a fault need not last long until clients are told of it.
	h.setting.env = append(h.setting.env, "CRM_CALL_TIMEOUT=500ms")
	w, err := r.newWorld(ctx, name, h.setting)
	if err != nil {
		return w, o, err
	}
	random, l := w.random("faults"), w.load(ctx, h.kind)
	defer l.end()
	var slowest time.Duration
	for range n {
		took, err := h.once(ctx, w, l, random)
		if errors.Is(err, errStuck) { // what has become of the events is of all the more interest
			o.fail("in fault %d, %v", o.injected+1, err)
			break
		}
		if err != nil {
			return w, o, err
		}
		if slowest = max(slowest, took); took > recoverIn {
			o.fail("after fault %d the clients were let through after %s only", o.injected+1, took.Round(time.Millisecond))
		}
		o.injected++
	}
	if l.end(); h.certain && w.ledger.times("OUTCOME_UNKNOWN") > 0 {
		o.fail("%d calls were answered OUTCOME_UNKNOWN", w.ledger.times("OUTCOME_UNKNOWN"))
	}
	o.remarks = fmt.Sprintf("slowest recovery %.1f s; shown to clients: %s", slowest.Seconds(), w.ledger.shown())
	return w, o, w.servers[0].alive()
}

// once makes the fault once and returns how long its end, or its beginning if it is harmless, kept the clients waiting.
func (h held) once(ctx context.Context, w *world, l *load, random *rand.Rand) (took time.Duration, err error) {
	if err := w.progress(ctx, 10+random.IntN(20)); err != nil {
		return 0, err
	}
	errorsBefore := w.ledger.errors()
	err = h.begin(ctx, w)
	switch {
	case err != nil:
	case h.harmless:
		took, err = l.everyone(ctx)
	case h.quiet:
		err = pause(ctx, 300*time.Millisecond)
	default:
		for start := time.Now(); w.ledger.errors() == errorsBefore && err == nil; {
			if err = pause(ctx, time.Millisecond); err == nil && time.Since(start) > bitesIn {
				err = errors.New("the fault hurts nobody: it is no fault")
			}
		}
		if err == nil {
			err = w.servers[0].says(ctx, http.StatusServiceUnavailable)
		}
		if err == nil {
			err = pause(ctx, time.Duration(random.IntN(500))*time.Millisecond)
		}
	}
	if err = errors.Join(err, h.end(ctx, w)); err != nil {
		return 0, err
	}
	start := time.Now()
	if _, err = l.everyone(ctx); err == nil {
		err = w.servers[0].says(ctx, http.StatusOK)
	}
	return max(took, time.Since(start)), err
}
