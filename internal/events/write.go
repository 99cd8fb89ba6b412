package events

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"customer-events/models"
)

// errRowRejected starts a pass over without an event that the database has just refused: one fewer each time, which ends, but not
// always before the caller's patience does.
var errRowRejected = errors.New("the database refuses more events than could be sorted out in time")

// retry runs one pass until it is through, the caller's patience is over, or it fails for good. Nothing is stored by a pass
// that returns an error, except where the error is ErrOutcomeUnknown.
func (b *batch) retry(ctx context.Context, pass func() error) error {
	for stale, tries := 0, 0; ; {
		err := pass()
		switch {
		case errors.Is(err, models.ErrConflict):
			b.countRetry(RetryConflict)
			// Once is usual: somebody else was faster, and has written by now. More often means that what
			// was written cannot be read yet, as on another node of a cluster: it needs time.
			if stale > 0 && !b.backoff(ctx, stale-1) {
				return fmt.Errorf("%w (%w)", ErrUnavailable, err)
			}
			stale++
		case errors.Is(err, errRowRejected) && time.Now().Before(b.deadline):
			b.countRetry(RetryRowRejected)
		case errors.Is(err, models.ErrAborted) || errors.Is(err, models.ErrUnavailable):
			if errors.Is(err, models.ErrUnavailable) {
				b.countRetry(RetryUnavailable)
			} else {
				b.countRetry(RetryAborted)
			}
			if !b.backoff(ctx, tries) {
				return fmt.Errorf("%w (%w)", ErrUnavailable, err)
			}
			tries++
		default:
			return err
		}
	}
}

// write writes the events that are whole and new, in one transaction. Its ids are made once: when the outcome of a COMMIT is
// unknown, only writing the very same again can tell, because the ledger's unique keys then decide. Looking first cannot:
// the lost COMMIT may still be under way.
func (b *batch) write(ctx context.Context) error {
	entry, fresh := b.writeSet()
	if len(entry.Events) == 0 && !b.mustRemember(entry) {
		return nil
	}
	err := b.Store.Record(ctx, entry)
	if errors.Is(err, models.ErrCommitUnknown) {
		err = b.resolveUnknownCommit(context.WithoutCancel(ctx), entry)
	}
	var refused *models.RowRejectedError
	if errors.As(err, &refused) {
		b.Log.ErrorContext(ctx, "the database refuses an event that our checks had let pass", "error", refused.Err)
		in := fresh[refused.Index].in
		in.Problems = append(in.Problems, models.Problem{Code: models.Invalid, Detail: "The Event Is Not Valid: the database refuses one of its values."})
		return errRowRejected
	}
	if err != nil {
		return err
	}
	for i, it := range fresh {
		it.ref = models.EventRef{ID: entry.Events[i].ID, Number: entry.Events[i].Number}
	}
	return nil
}

// resolveUnknownCommit writes an entry whose COMMIT may have succeeded until the ledger says what is so: that it is written, or that it
// is not and cannot be. Any other error tells of the new try only, even ErrLocked, since the twin may be the lost COMMIT. The
// caller's going away does not end that; his patience does, after one try at the least, and then nobody knows.
func (b *batch) resolveUnknownCommit(ctx context.Context, entry models.WriteSet) error {
	var refused *models.RowRejectedError
	for tries := 0; b.backoff(ctx, tries) || tries == 0; tries++ {
		b.countRetry(RetryCommitUnknown)
		err := b.Store.Record(ctx, entry)
		if err == nil || errors.Is(err, models.ErrConflict) || errors.As(err, &refused) {
			return err
		}
		b.Log.WarnContext(ctx, "whether a COMMIT has succeeded is still unknown", "error", err)
	}
	return ErrOutcomeUnknown
}

// mustRemember reports whether an entry without events is to be written nevertheless, for its call: because
// that is not remembered yet, or not with all its replays, or because its retention time is to begin again.
func (b *batch) mustRemember(entry models.WriteSet) bool {
	return b.key != nil &&
		(b.recordKey == 0 || len(entry.Replays) > 0 || b.at.Sub(b.usedAt) >= models.KeyRenewal)
}

// writeSet is what is to be written, and whose rows they are.
func (b *batch) writeSet() (entry models.WriteSet, fresh []*item) {
	entry = models.WriteSet{RecordKey: b.recordKey, At: b.at, Unchecked: b.unchecked}
	if b.key != nil {
		entry.Key = &b.key.IdempotencyKey
	}
	for i := range b.items {
		it := &b.items[i]
		if !it.valid() {
			continue
		}
		if it.replayed {
			if b.key != nil && !it.remembered {
				replay := models.Replay{RequestHash: b.requestHash(it), Event: it.original()}
				entry.Replays = append(entry.Replays, replay)
			}
			continue
		}
		for len(b.ids) < len(b.items) {
			b.ids = append(b.ids, b.NewID())
		}
		row := &it.in.Row
		row.ID, row.CreatedAt, row.CreatedByKey = b.ids[i], b.at, b.request.Caller.UserKey
		row.IdentifiersHash = b.identifiersHash(it)
		entry.Events = append(entry.Events, row)
		if b.key != nil {
			entry.RequestHashes = append(entry.RequestHashes, b.requestHash(it))
		}
		if it.usedToken != 0 && !slices.Contains(entry.UsedTokens, it.usedToken) {
			entry.UsedTokens = append(entry.UsedTokens, it.usedToken)
		}
		fresh = append(fresh, it)
	}
	return entry, fresh
}

// original is the event that a replay was recorded as: by an earlier event of this call, or before it.
func (it *item) original() *models.WebCustomerEvent {
	if it.duplicateOf != nil {
		return &it.duplicateOf.in.Row
	}
	return it.holder
}

// backoff waits a little before the next try, longer each time and never the same as others wait. It reports false if there is
// no time left for another.
func (b *batch) backoff(ctx context.Context, tries int) bool {
	most := min(10*time.Millisecond<<min(tries, 6), 500*time.Millisecond)
	wait := most/2 + rand.N(most/2)
	if time.Until(b.deadline) < wait {
		return false
	}
	select {
	case <-ctx.Done():
		return false
	case <-time.After(wait):
		return true
	}
}
