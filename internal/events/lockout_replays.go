package events

import (
	"context"

	"customer-events/models"
)

// checkReplayLockout allows replays of events that the caller recorded with a pass code or an authentication
// code, although that credential is locked out: what was processed stays processed. In this state,
// credentials of events with such content have counters of their own, as strict as the others. So a lock
// that new events or other users have caused does not stop a caller from repeating a call. And guessing
// credentials of recorded events gives as many attempts again, and no more.
func (b *batch) checkReplayLockout(ctx context.Context) error {
	var unchecked []credential
	failed := make(map[credential]bool)
	for i := range b.items {
		it := &b.items[i]
		if it.replayed || !it.lockedReplay() {
			continue
		}
		c := it.sentCredential()
		wrong, listed := failed[c]
		if _, checked := b.replayVerdicts[c]; !checked && !listed {
			unchecked = append(unchecked, c)
		}
		// The attempt is correct if the credential is that of one of the events.
		failed[c] = (wrong || !listed) && !it.credential.repeatsEvent
	}
	locked, err := b.countAttempts(ctx, unchecked, failed, b.replayLimits, MaxFailedPerCall)
	if err != nil {
		return err
	}
	if b.replayVerdicts == nil {
		b.replayVerdicts = make(map[credential]bool)
	}
	for i, c := range unchecked {
		b.replayVerdicts[c] = locked[i]
	}
	for i := range b.items {
		if it := &b.items[i]; !it.replayed && it.lockedReplay() && it.credential.repeatsEvent {
			it.credential.lockedOut = b.replayVerdicts[it.sentCredential()]
		}
	}
	return nil
}

// matchLockedOut looks up the external references of the events whose credentials are locked out, in a pass
// that has skipped the lookup: if these events repeat recorded ones, their answer is that of
// checkReplayLockout.
func (b *batch) matchLockedOut(ctx context.Context) error {
	if !b.unchecked {
		return nil
	}
	some := false
	err := b.lookUpReferences(ctx, func(it *item) bool {
		locked := it.credential.lockedOut && !it.replayed && it.recorded == nil && it.valid()
		some = some || locked
		return locked
	})
	if err != nil || !some {
		return err
	}
	return b.matchRecorded(ctx)
}

// replayLimits returns the limits that a failed attempt at a recorded event counts towards, while its
// credential is locked out.
func (b *batch) replayLimits(c credential) []models.Limit {
	return b.secretLimits(c, "replays of all", "replays of a user", "replays of an identifier")
}
