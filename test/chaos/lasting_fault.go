package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"time"
)

// action changes a deployment, to begin or end a fault.
type action func(ctx context.Context, d *deployment) error

// lastingFault is a fault with a beginning and an end. It lasts until a client notices it; then the server
// must recover by itself.
type lastingFault struct {
	options options
	load    loadOptions
	begin   action
	end     action
	// tolerated faults must let calls through; blocksCalls faults make them wait. Clients receive errors
	// during the others.
	tolerated, blocksCalls bool
	// nothingStored faults leave no outcome open: clients must learn that nothing is stored.
	nothingStored bool
}

const (
	// maxRecovery limits the time from a fault's end until every client has completed a call.
	maxRecovery = 5 * time.Second
	// detectionTimeout limits the time until a client notices a fault.
	detectionTimeout = 20 * time.Second
)

func (f lastingFault) run(ctx context.Context, h *harness, name string, n int) (*deployment, result, error) {
	var o result
	if f.load.clients == 0 {
		f.load = loadOptions{clients: 8, maxBatch: 10, abandonsCalls: true}
	}
	// A short timeout makes clients notice a fault soon.
	f.options.env = append(f.options.env, "CRM_CALL_TIMEOUT=500ms")
	d, err := h.newDeployment(ctx, name, f.options)
	if err != nil {
		return d, o, err
	}
	random, l := d.newRandom("faults"), d.startLoad(ctx, f.load)
	defer l.stop()
	var slowest time.Duration
	for range n {
		took, err := f.injectOnce(ctx, d, l, random)
		if errors.Is(err, errNoProgress) { // the state of the events matters all the more
			o.addFailure("in fault %d, %v", o.injected+1, err)
			break
		}
		if err != nil {
			return d, o, err
		}
		if slowest = max(slowest, took); took > maxRecovery {
			o.addFailure("after fault %d the clients recovered only after %s", o.injected+1,
				took.Round(time.Millisecond))
		}
		o.injected++
	}
	if l.stop(); f.nothingStored && d.history.countOf("OUTCOME_UNKNOWN") > 0 {
		o.addFailure("%d responses were OUTCOME_UNKNOWN", d.history.countOf("OUTCOME_UNKNOWN"))
	}
	o.remarks = fmt.Sprintf("slowest recovery %.1f s; errors at clients: %s", slowest.Seconds(),
		d.history.errorSummary())
	return d, o, d.servers[0].alive()
}

// injectOnce injects the fault once. It returns how long the clients waited after its end, or after its
// beginning if the server must tolerate it.
func (f lastingFault) injectOnce(
	ctx context.Context, d *deployment, l *load, random *rand.Rand,
) (took time.Duration, err error) {
	if err := d.waitForCalls(ctx, 10+random.IntN(20)); err != nil {
		return 0, err
	}
	errorsBefore := d.history.errorCount()
	err = f.begin(ctx, d)
	switch {
	case err != nil:
	case f.tolerated:
		took, err = l.waitForEveryClient(ctx)
	case f.blocksCalls:
		err = pause(ctx, 300*time.Millisecond)
	default:
		for start := time.Now(); d.history.errorCount() == errorsBefore && err == nil; {
			if err = pause(ctx, time.Millisecond); err == nil && time.Since(start) > detectionTimeout {
				err = errors.New("no client received an error: the fault has no effect")
			}
		}
		if err == nil {
			err = d.servers[0].waitForReadyz(ctx, http.StatusServiceUnavailable)
		}
		if err == nil {
			err = pause(ctx, time.Duration(random.IntN(500))*time.Millisecond)
		}
	}
	if err = errors.Join(err, f.end(ctx, d)); err != nil {
		return 0, err
	}
	start := time.Now()
	if _, err = l.waitForEveryClient(ctx); err == nil {
		err = d.servers[0].waitForReadyz(ctx, http.StatusOK)
	}
	return max(took, time.Since(start)), err
}
