package events

import "context"

// Observer is told what calls go through, for metrics and traces. It must be safe for concurrent use.
type Observer interface {
	// StartPhase tells that a call begins a pass that asks the database: settle, resolve or record. The pass runs under the context that is returned, and
	// end is called when it is over.
	StartPhase(ctx context.Context, name string) (_ context.Context, end func(error))
	// Retry tells that a call starts over, or writes the same once more, and why.
	Retry(cause RetryReason)
}

// RetryReason is why a call had to try again.
type RetryReason string

// All causes there are.
const (
	// CauseStale: something was recorded since the call looked, such as its external reference.
	RetryConflict RetryReason = "stale"
	// CauseGivenUp: the transaction was given up, by a deadlock, a lock's time-out, or a connection that broke.
	RetryAborted RetryReason = "given-up"
	// CauseAway: the database could not take the call.
	RetryUnavailable RetryReason = "away"
	// CauseUnknown: the answer to a COMMIT was lost.
	RetryCommitUnknown RetryReason = "unknown"
	// CauseRefused: the database refused an event that our own checks had let pass.
	RetryRowRejected RetryReason = "refused"
)

// RetryReasons are all of them, for those who count.
var RetryReasons = []RetryReason{RetryConflict, RetryAborted, RetryUnavailable, RetryCommitUnknown, RetryRowRejected}

func (b *batch) phase(ctx context.Context, name string, run func(context.Context) error) error {
	if b.Observer == nil {
		return run(ctx)
	}
	ctx, end := b.Observer.StartPhase(ctx, name)
	err := run(ctx)
	end(err)
	return err
}

func (b *batch) countRetry(cause RetryReason) {
	if b.Observer != nil {
		b.Observer.Retry(cause)
	}
}
