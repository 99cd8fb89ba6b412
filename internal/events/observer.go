package events

import "context"

// Observer receives the phases and retries of calls, for metrics and traces. It must be safe for concurrent
// use.
type Observer interface {
	// StartPhase is called at the start of each phase that queries the database: "settle" (find replays),
	// "resolve" (with the credentials), "record" (write), and "pass" (all three, of a small call). The phase
	// runs under the returned context, and calls end when it is done.
	StartPhase(ctx context.Context, name string) (_ context.Context, end func(error))
	// Retry is called when a batch starts over, or writes the same rows again.
	Retry(reason RetryReason)
}

// RetryReason is the reason for another attempt.
type RetryReason string

// The reasons for another attempt.
const (
	// RetryConflict: another call recorded something since the lookups, for example one of the external
	// references.
	RetryConflict RetryReason = "stale"
	// RetryAborted: the transaction was rolled back, after a deadlock, a lock timeout or a lost connection.
	RetryAborted RetryReason = "given-up"
	// RetryUnavailable: the database could not accept the call.
	RetryUnavailable RetryReason = "away"
	// RetryCommitUnknown: the response to a COMMIT was lost.
	RetryCommitUnknown RetryReason = "unknown"
	// RetryRowRejected: the database rejected an event that had passed all checks.
	RetryRowRejected RetryReason = "refused"
)

// RetryReasons lists all reasons, for counters.
var RetryReasons = []RetryReason{
	RetryConflict, RetryAborted, RetryUnavailable, RetryCommitUnknown, RetryRowRejected,
}

func (b *batch) phase(ctx context.Context, name string, run func(context.Context) error) error {
	if b.Observer == nil {
		return run(ctx)
	}
	ctx, end := b.Observer.StartPhase(ctx, name)
	err := run(ctx)
	end(err)
	return err
}

func (b *batch) countRetry(reason RetryReason) {
	if b.Observer != nil {
		b.Observer.Retry(reason)
	}
}
