package events

import (
	"context"

	"customer-events/models"
)

// maxSmallCall is the largest number of events in a small call. Small calls share transactions (see
// models.WriteSet.Unchecked).
const maxSmallCall = 100

// findReplays finds the events that an earlier call recorded: by the call's idempotency key, and by external
// reference. The latter are candidates only, until matchReplays and compareWithRecorded have compared them.
//
// The first pass of a large call assumes that its external references are new, and does not look them up.
// Looking up a thousand references costs the database a tenth of the time that writing them takes
// (test/bench/README.md). If one exists, the unique key rejects the write and the batch starts over with the
// lookup.
//
// Two kinds of calls look first. A used one-time password is valid only for the event that used it, so the
// reference decides. And a small call shares its transaction with others: an existing reference would roll
// back all of them.
func (b *batch) findReplays(ctx context.Context) error {
	if err := b.findReplaysByKey(ctx); err != nil {
		return err
	}
	b.recordedByReference, b.unchecked, b.skipReferenceLookup = nil, b.skipReferenceLookup, false
	if b.unchecked {
		return nil
	}
	return b.lookUpReferences(ctx, func(it *item) bool { return !it.replayed })
}

// mustLookUpReferences reports whether the first pass must look up the external references of the call.
func mustLookUpReferences(list []WebCustomerEventInput) bool {
	if len(list) <= maxSmallCall {
		return true
	}
	for i := range list {
		if list[i].Customer.Target.By == models.ByOneTimePassword {
			return true
		}
	}
	return false
}

// externalReferences returns the external references of the selected items, each once.
func (b *batch) externalReferences(selected func(*item) bool) (refs []models.ExternalReference) {
	listed := make(map[models.ExternalReference]bool)
	for i := range b.items {
		if ref, ok := b.items[i].row.ExternalReference(); ok && !listed[ref] && selected(&b.items[i]) {
			listed[ref] = true
			refs = append(refs, ref)
		}
	}
	return refs
}

// lookUpReferences fetches the recorded events that have the external references of the selected items.
func (b *batch) lookUpReferences(ctx context.Context, selected func(*item) bool) error {
	refs := b.externalReferences(selected)
	if len(refs) == 0 {
		return nil
	}
	var err error
	if b.recordedByReference, err = b.Store.ByExternalReference(ctx, refs); err != nil {
		return err
	}
	for i := range b.items {
		it := &b.items[i]
		if ref, ok := it.row.ExternalReference(); ok && !it.replayed {
			if row, found := b.recordedByReference[ref]; found {
				it.recorded = &row
			}
		}
	}
	return nil
}

// lookUpLikelyReplays looks up external references in a pass that has skipped the lookup: those of the
// events that would be rejected, because an event that was recorded before must not be rejected. For all
// others the write decides.
func (b *batch) lookUpLikelyReplays(ctx context.Context) error {
	if !b.unchecked {
		return nil
	}
	err := b.lookUpReferences(ctx, func(it *item) bool {
		return !it.replayed && it.valid() && b.wouldBeRejected(it)
	})
	if err != nil {
		return err
	}
	for i := range b.items {
		if it := &b.items[i]; it.recorded != nil {
			b.matchToken(it) // which token a one-time password belongs to depends on the recorded event
		}
	}
	return nil
}

// wouldBeRejected reports whether the event, if it is new, has a problem that resolving has found.
func (b *batch) wouldBeRejected(it *item) bool {
	if it.tooFarAhead {
		return true
	}
	for _, ref := range it.in.references() {
		switch {
		case !ref.Given:
		case ref.Target.Kind == models.AccessTokens:
			if !it.credential.accepted() {
				return true
			}
		default:
			match := b.found.match(ref)
			if match.Count != 1 || ref.Target.Kind == models.Units && !b.request.Caller.MayUse(match.Key) {
				return true
			}
		}
	}
	return false
}
