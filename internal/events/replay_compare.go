package events

import (
	"fmt"

	"customer-events/models"
)

// compareWithRecorded compares each event with the one that has the same external reference: a recorded
// event, or an earlier event of this call. Equal events are replays; an event that differs is rejected.
func (b *batch) compareWithRecorded() {
	var first map[models.ExternalReference]*item
	for i := range b.items {
		it := &b.items[i]
		ref, ok := it.row.ExternalReference()
		if !ok || it.replayed || !it.comparable() {
			continue
		}
		if it.recorded != nil {
			if b.equalsRecorded(it, it.recorded) {
				it.replay(it.recorded)
			}
			continue
		}
		if !it.valid() {
			continue
		}
		earlier := first[ref]
		switch {
		case earlier != nil:
			if b.equalsRecorded(it, earlier.row) {
				it.replayed, it.duplicateOf = true, earlier
			}
			continue
		case first == nil:
			first = make(map[models.ExternalReference]*item, len(b.items)-i)
		}
		first[ref] = it
	}
}

// comparable reports whether enough of the event is known to compare it. Two problems do not matter: an
// expired or used one-time password still identifies its participant, so that an event can be replayed after
// it has used its password; and a date too far in the future may have been allowed when the event was
// recorded.
func (it *item) comparable() bool {
	allowed := 0
	if it.credential.onlyExpired() {
		allowed++
	}
	if it.tooFarAhead {
		allowed++
	}
	return it.validInput() && len(it.problems) == allowed
}

// equalsRecorded reports whether the event equals the recorded one, and adds a problem for each difference.
// It adds none if the one-time password has expired, so that the answer does not reveal whether the password
// ever existed.
func (b *batch) equalsRecorded(it *item, row *models.WebCustomerEvent) bool {
	names := differences(it.row, row, b.request.FieldNames)
	if it.credential.onlyExpired() {
		return len(names) == 0
	}
	if !b.request.Caller.MayUse(row.UnitKey) {
		// The caller may not read the recorded event, so the answer must not reveal which fields are equal.
		// It has to name the unit: an external reference identifies one event across all units.
		names = []string{b.field("performedByUnitIdentifier")}
	}
	ref, _ := it.row.ExternalReference()
	for _, name := range names {
		it.addProblem(models.Duplicate, fmt.Sprintf(
			"%s Differs From The Event That Has The External Reference (%s) Of %s: "+
				"an external reference always names the same event.",
			name, models.Sanitize(ref.Number), models.Sanitize(ref.System)), name)
	}
	return len(names) == 0
}
