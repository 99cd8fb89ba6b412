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

// errRefused starts a pass over without an event that the database has just refused: one fewer each time, which ends, but not
// always before the caller's patience does.
var errRefused = errors.New("the database refuses more events than could be sorted out in time")

// try runs one pass until it is through, the caller's patience is over, or it fails for good. Nothing is stored by a pass
// that returns an error, except where the error is ErrOutcomeUnknown.
func (b *batch) try(ctx context.Context, pass func() error) error {
	for stale, tries := 0, 0; ; {
		err := pass()
		switch {
		case errors.Is(err, models.ErrStale):
			b.again(CauseStale)
			// Once is usual: somebody else was faster, and has written by now. More often means that what
			// was written cannot be read yet, as on another node of a cluster: it needs time.
			if stale > 0 && !b.pause(ctx, stale-1) {
				return fmt.Errorf("%w (%w)", ErrUnavailable, err)
			}
			stale++
		case errors.Is(err, errRefused) && time.Now().Before(b.deadline):
			b.again(CauseRefused)
		case errors.Is(err, models.ErrRerun) || errors.Is(err, models.ErrAway):
			if errors.Is(err, models.ErrAway) {
				b.again(CauseAway)
			} else {
				b.again(CauseGivenUp)
			}
			if !b.pause(ctx, tries) {
				return fmt.Errorf("%w (%w)", ErrUnavailable, err)
			}
			tries++
		default:
			return err
		}
	}
}

// record writes the events that are whole and new, in one transaction. Its ids are made once: when the outcome of a COMMIT is
// unknown, only writing the very same again can tell, because the ledger's unique keys then decide. Looking first cannot:
// the lost COMMIT may still be under way.
func (b *batch) record(ctx context.Context) error {
	entry, fresh := b.entry()
	if len(entry.Events) == 0 && !b.mustRemember(entry) {
		return nil
	}
	err := b.Ledger.Record(ctx, entry)
	if errors.Is(err, models.ErrUnknown) {
		err = b.recordAgain(context.WithoutCancel(ctx), entry)
	}
	var refused *models.RefusedError
	if errors.As(err, &refused) {
		b.Log.ErrorContext(ctx, "the database refuses an event that our checks had let pass", "error", refused.Err)
		in := fresh[refused.Index].in
		in.Faults = append(in.Faults, models.Fault{Code: models.Invalid, What: "The Event Is Not Valid: the database refuses one of its values."})
		return errRefused
	}
	if err != nil {
		return err
	}
	for i, it := range fresh {
		it.recorded = models.RecordedAs{ID: entry.Events[i].ID, Number: entry.Events[i].Number}
	}
	return nil
}

// recordAgain writes an entry whose COMMIT may have succeeded until the ledger says what is so: that it is written, or that it
// is not and cannot be. Any other error tells of the new try only, even ErrLocked, since the twin may be the lost COMMIT. The
// caller's going away does not end that; his patience does, after one try at the least, and then nobody knows.
func (b *batch) recordAgain(ctx context.Context, entry models.Entry) error {
	var refused *models.RefusedError
	for tries := 0; b.pause(ctx, tries) || tries == 0; tries++ {
		b.again(CauseUnknown)
		err := b.Ledger.Record(ctx, entry)
		if err == nil || errors.Is(err, models.ErrStale) || errors.As(err, &refused) {
			return err
		}
		b.Log.WarnContext(ctx, "whether a COMMIT has succeeded is still unknown", "error", err)
	}
	return ErrOutcomeUnknown
}

// mustRemember reports whether an entry without events is to be written nevertheless, for its call: because
// that is not remembered yet, or not with all its replays, or because its retention time is to begin again.
func (b *batch) mustRemember(entry models.Entry) bool {
	return b.call != nil &&
		(b.callKey == 0 || len(entry.Replays) > 0 || b.at.Sub(b.usedAt) >= models.KeyRenewal)
}

// entry is what is to be written, and whose rows they are.
func (b *batch) entry() (entry models.Entry, fresh []*item) {
	entry = models.Entry{CallKey: b.callKey, At: b.at, Unchecked: b.unchecked}
	if b.call != nil {
		entry.Call = &b.call.Call
	}
	for i := range b.items {
		it := &b.items[i]
		if !it.whole() {
			continue
		}
		if it.replayed {
			if b.call != nil && !it.remembered {
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
		if b.call != nil {
			entry.RequestHashes = append(entry.RequestHashes, b.requestHash(it))
		}
		if it.token != 0 && !slices.Contains(entry.Spent, it.token) {
			entry.Spent = append(entry.Spent, it.token)
		}
		fresh = append(fresh, it)
	}
	return entry, fresh
}

// original is the event that a replay was recorded as: by an earlier event of this call, or before it.
func (it *item) original() *models.WebCustomerEvent {
	if it.twin != nil {
		return &it.twin.in.Row
	}
	return it.holder
}

// pause waits a little before the next try, longer each time and never the same as others wait. It reports false if there is
// no time left for another.
func (b *batch) pause(ctx context.Context, tries int) bool {
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
