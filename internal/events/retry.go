package events

import (
	"context"
	"errors"
	"fmt"
	"time"

	"customer-events/internal/backoff"
	"customer-events/models"
)

// retry runs passes over the batch until one succeeds, the deadline ends, or an error is final. A pass that
// returns an error has stored nothing, unless the error is ErrOutcomeUnknown.
//
// Each kind of error has its own rule for the next attempt. That is why the loop is written out, and not a
// call of github.com/cenkalti/backoff, which has one rule for all.
func (b *batch) retry(ctx context.Context, pass func() error) error {
	for conflicts, failures := 0, 0; ; {
		err := pass()
		switch {
		case errors.Is(err, models.ErrConflict):
			b.countRetry(RetryConflict)
			// One conflict is normal: another call was faster, and the next pass reads what it wrote. More
			// conflicts mean that this cannot be read yet, for example on another node of a cluster.
			if conflicts > 0 && !b.backoff(ctx, conflicts-1) {
				return fmt.Errorf("%w (%w)", ErrUnavailable, err)
			}
			conflicts++
		case errors.Is(err, errRowRejected) && time.Now().Before(b.deadline):
			b.countRetry(RetryRowRejected)
		case errors.Is(err, models.ErrAborted) || errors.Is(err, models.ErrUnavailable):
			if errors.Is(err, models.ErrUnavailable) {
				b.countRetry(RetryUnavailable)
			} else {
				b.countRetry(RetryAborted)
			}
			if !b.backoff(ctx, failures) {
				return fmt.Errorf("%w (%w)", ErrUnavailable, err)
			}
			failures++
		default:
			return err
		}
	}
}

// resolveUnknownCommit writes a set whose COMMIT may have succeeded again, until the store says that it is
// written, or that it is not and never will be. Any other error concerns the new attempt only; even
// ErrInProgress, because the other transaction may be the lost COMMIT. The caller's disconnect does not stop
// the attempts. The deadline does, after at least one attempt; the outcome is then unknown.
func (b *batch) resolveUnknownCommit(ctx context.Context, set models.WriteSet) error {
	var rejected *models.RowRejectedError
	for tries := 0; b.backoff(ctx, tries) || tries == 0; tries++ {
		b.countRetry(RetryCommitUnknown)
		err := b.Store.Record(ctx, set)
		if err == nil || errors.Is(err, models.ErrConflict) || errors.As(err, &rejected) {
			return err
		}
		b.Log.WarnContext(ctx, "the outcome of a COMMIT is still unknown", "error", err)
	}
	return ErrOutcomeUnknown
}

// between is the wait between two attempts.
var between = backoff.Exponential{First: 10 * time.Millisecond, Longest: 500 * time.Millisecond}

// backoff waits before the next attempt. It returns false if the deadline leaves no time for another attempt.
func (b *batch) backoff(ctx context.Context, tries int) bool {
	wait := between.Delay(tries)
	return time.Until(b.deadline) >= wait && backoff.Sleep(ctx, wait) == nil
}
