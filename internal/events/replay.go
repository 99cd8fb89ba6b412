package events

import (
	"bytes"
	"context"
	"fmt"

	"customer-events/models"
)

// smallCall is up to how many events a call is small. Small calls share transactions (see
// models.Entry.Unchecked).
const smallCall = 100

// findReplays looks up what has been recorded already: the events of an earlier call with the same key are replayed as they are,
// and the events that bear this call's external references are fetched for recognise and compare.
//
// A first try of recording a large call hopes that no reference is taken, and does not look: asking for a
// thousand references costs the database a tenth of what writing them does (bench/README.md), and if one is
// taken the unique key says so and the batch starts over, looking. One-time passwords are an exception:
// whether a password that is spent may pass hangs on the reference. Small calls look: a look costs them
// little, and a taken reference would undo the transaction that they share with others.
func (b *batch) findReplays(ctx context.Context) error {
	if err := b.replayByKey(ctx); err != nil {
		return err
	}
	b.recorded, b.unchecked, b.skipReferenceLookup = nil, b.skipReferenceLookup, false
	if b.unchecked {
		return nil
	}
	return b.lookUp(ctx, func(it *item) bool { return !it.replayed })
}

// lookUp fetches the events that have the external references of some items.
func (b *batch) lookUp(ctx context.Context, which func(*item) bool) error {
	var refs []models.ExternalReference
	asked := make(map[models.ExternalReference]bool)
	for i := range b.items {
		if ref, ok := b.items[i].in.Row.ExternalReference(); ok && !asked[ref] && which(&b.items[i]) {
			asked[ref] = true
			refs = append(refs, ref)
		}
	}
	if len(refs) == 0 {
		return nil
	}
	var err error
	if b.recorded, err = b.Store.ByExternalReference(ctx, refs); err != nil {
		return err
	}
	for i := range b.items {
		it := &b.items[i]
		if ref, ok := it.in.Row.ExternalReference(); ok && !it.replayed {
			if row, taken := b.recorded[ref]; taken {
				it.holder = &row
			}
		}
	}
	return nil
}

func (b *batch) replayByKey(ctx context.Context) error {
	if b.recordKey = 0; len(b.keys) == 0 {
		return nil
	}
	var remembered *models.IdempotencyRecord
	for i := range b.keys {
		var err error
		b.key = &b.keys[i]
		if remembered, err = b.Store.IdempotencyRecord(ctx, b.key.IdempotencyKey); err != nil {
			return err
		}
		if remembered != nil {
			break
		}
	}
	if remembered == nil {
		b.key = &b.keys[0]
		return nil
	}
	if !bytes.Equal(remembered.Fingerprint, b.key.Fingerprint) {
		return ErrKeyReused
	}
	b.recordKey, b.usedAt = remembered.Key, remembered.UsedAt
	for i := range b.items {
		if it := &b.items[i]; it.valid() {
			it.ref, it.remembered = remembered.Events[string(b.requestHash(it))]
			it.replayed = it.remembered
		}
	}
	return nil
}

func (b *batch) requestHash(it *item) []byte {
	return b.key.hasher.RequestIdentifier(*it.in.RequestUniqueIdentifier)
}

// matchRecorded holds events against the recorded ones that bear the same external reference, and against earlier events of this
// call: equal ones are replays, others are refused.
func (b *batch) matchRecorded() {
	first := make(map[models.ExternalReference]*item, len(b.items))
	for i := range b.items {
		it := &b.items[i]
		ref, ok := it.in.Row.ExternalReference()
		if !ok || it.replayed || !it.comparable() {
			continue
		}
		if it.holder != nil {
			if b.equalsRecorded(it, it.holder) {
				it.replay(it.holder)
			}
			continue
		}
		if !it.valid() {
			continue
		}
		if twin := first[ref]; twin == nil {
			first[ref] = it
		} else if b.equalsRecorded(it, &twin.in.Row) {
			it.replayed, it.duplicateOf = true, twin
		}
	}
}

// comparable reports whether the event's content is known as far as it needs to be for comparing. A one-time password that is
// spent or expired still tells whose it was, so that an event can be replayed after it has used its password up; and a date that is
// too far ahead of the clock now was not so when the event was recorded. No other fault is forgiven.
func (it *item) comparable() bool {
	forgiven := 0
	for _, forgivable := range []bool{it.tokenExpired, it.tooFarAhead} {
		if forgivable {
			forgiven++
		}
	}
	return len(it.in.Problems) == 0 && len(it.problems) == forgiven
}

// equalsRecorded reports whether the event is the recorded one, and complains if it is not; except about one whose one-time password is
// over, since it would then be told more than one whose password is nobody's.
func (b *batch) equalsRecorded(it *item, row *models.WebCustomerEvent) bool {
	names := differences(&it.in.Row, row, b.request.FieldNames)
	if it.tokenExpired {
		return len(names) == 0
	}
	if !b.request.Caller.MayUse(row.UnitKey) {
		// The caller may not read the recorded event, and would by being told which of its fields he has guessed. That it is another
		// unit's he must be told: a reference names one event in all units.
		names = []string{b.field("performedByUnitIdentifier")}
	}
	ref, _ := it.in.Row.ExternalReference()
	for _, name := range names {
		it.addProblem(models.Duplicate, fmt.Sprintf("%s Differs From The Event That Has The External Reference (%s) Of %s: an external reference names one event for ever.",
			name, models.Sanitize(ref.Number), models.Sanitize(ref.System)), name)
	}
	return len(names) == 0
}
