package events

import "context"

// Watch is told what calls go through, for metrics and traces. It must be safe for concurrent use.
type Watch interface {
	// Pass tells that a call begins a pass that asks the database: settle, resolve or record. The pass runs under the context that is returned, and
	// end is called when it is over.
	Pass(ctx context.Context, name string) (_ context.Context, end func(error))
	// Rerun tells that a call starts over, or writes the same once more, and why.
	Rerun(cause Cause)
}

// Cause is why a call had to try again.
type Cause string

// All causes there are.
const (
	// CauseStale: something was recorded since the call looked, such as its external reference.
	CauseStale Cause = "stale"
	// CauseGivenUp: the transaction was given up, by a deadlock, a lock's time-out, or a connection that broke.
	CauseGivenUp Cause = "given-up"
	// CauseAway: the database could not take the call.
	CauseAway Cause = "away"
	// CauseUnknown: the answer to a COMMIT was lost.
	CauseUnknown Cause = "unknown"
	// CauseRefused: the database refused an event that our own checks had let pass.
	CauseRefused Cause = "refused"
)

// Causes are all of them, for those who count.
var Causes = []Cause{CauseStale, CauseGivenUp, CauseAway, CauseUnknown, CauseRefused}

func (b *batch) pass(ctx context.Context, name string, run func(context.Context) error) error {
	if b.Watch == nil {
		return run(ctx)
	}
	ctx, end := b.Watch.Pass(ctx, name)
	err := run(ctx)
	end(err)
	return err
}

func (b *batch) again(cause Cause) {
	if b.Watch != nil {
		b.Watch.Rerun(cause)
	}
}
