package sender

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"
)

// retry calls try until it succeeds, fails permanently, or RetryTimeout expires. The end of ctx ends a wait
// between two tries. It does not cancel a try, and not the first one: a request that was started may have an
// effect, so retry waits for its response until r.work ends.
func (r *run) retry(ctx context.Context, purpose string, try func(context.Context) error) error {
	const minWait, maxWait, reportInterval = 500 * time.Millisecond, 30 * time.Second, 10 * time.Second
	start := r.Now()
	for wait := minWait; ; wait = min(2*wait, maxWait) {
		err := try(r.work)
		if err != nil && r.work.Err() != nil {
			return errInterrupted
		}
		if err == nil || !retryable(err) {
			return err
		}
		next := withJitter(max(wait, retryAfter(err)))
		if r.Now().Add(next).Sub(start) > r.RetryTimeout {
			return fmt.Errorf("%w (given up after %s, see --patience)", err, r.RetryTimeout)
		}
		if now := r.Now().UnixNano(); now-r.lastReport.Load() > int64(reportInterval) {
			r.lastReport.Store(now)
			r.report(fmt.Sprintf("%s: %v: trying again, for at most %s", purpose, err, r.RetryTimeout))
		}
		if err := sleep(ctx, next); err != nil {
			return err
		}
	}
}

// withJitter extends a wait by a random time of up to half of it, so that calls that were refused at the
// same time are not repeated at the same time.
func withJitter(d time.Duration) time.Duration { return d + rand.N(d/2+1) }

// sleep waits for a time, or until the context ends.
func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
