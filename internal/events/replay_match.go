package events

import (
	"context"

	"customer-events/models"
)

// matchReplays finds the events that repeat a recorded event, by their external references. What was
// processed stays processed, whatever the clock, the reference data or an access token say now.
//
// An identifier refers to the same record as in the recorded event in two cases: it is the identifier that
// the recorded event was sent with, by its hash, or it matches that record now. So an event stays the same
// event if a name becomes ambiguous or goes to another record, if a participant moves, or if a token gets
// new secrets.
//
// A credential is the same only if its hash is. A wrong credential with otherwise equal content is therefore
// no replay: it is looked up like that of any event, and counts as a failed attempt. The hash of a one-time
// password gives access to nothing, because the event has used the password up: its replay is no attempt. A
// pass code or an authentication code may still be valid: checkLockout and checkReplayLockout limit guesses
// at a recorded event.
func (b *batch) matchReplays(ctx context.Context) error {
	if err := b.lookUpLikelyReplays(ctx); err != nil {
		return err
	}
	return b.matchRecorded(ctx)
}

// matchRecorded compares the events with those recorded with the same external reference, if these were
// looked up.
func (b *batch) matchRecorded(ctx context.Context) error {
	if err := b.matchIdentifiers(ctx); err != nil {
		return err
	}
	for i := range b.items {
		it := &b.items[i]
		if it.recorded == nil || it.replayed {
			continue
		}
		c, row, caller := &it.credential, it.recorded, &b.request.Caller
		own := row.CreatedByKey == caller.UserKey
		if c.sent { // the credential is compared separately
			it.row.AccountKey, it.row.ParticipantKey = row.AccountKey, row.ParticipantKey
		}
		equal := it.valid() && (c.sent || it.sameRecord[customerIdentifier]) &&
			it.sameRecord[classificationIdentifier] && it.sameRecord[unitIdentifier] &&
			len(differences(it.row, row, b.request.FieldNames)) == 0 && (own || caller.MayUse(row.UnitKey))
		c.repeatsContent = equal && own && c.sent
		switch equal = equal && it.sameRecord[customerIdentifier]; {
		case equal && c.sent && (!own || !it.sentOneTimePassword()):
			c.repeatsEvent = true // a replay, unless the lockout forbids to answer it
		case equal:
			it.replay(row)
		case c.sent:
			// The content differs. The answer depends only on what the credential is worth now.
			it.sameRecord[customerIdentifier] = false
			it.row.AccountKey, it.row.ParticipantKey = 0, nil
		}
	}
	return nil
}

// matchIdentifiers finds the identifiers that refer to the same record as in the recorded event, and copies
// the keys of these records into the item's row.
func (b *batch) matchIdentifiers(ctx context.Context) error {
	if err := b.findSameRecords(ctx); err != nil {
		return err
	}
	for i := range b.items {
		it := &b.items[i]
		if it.recorded == nil || it.replayed {
			continue
		}
		if it.sameRecord[customerIdentifier] {
			it.row.AccountKey, it.row.ParticipantKey = it.recorded.AccountKey, it.recorded.ParticipantKey
		}
		if it.sameRecord[classificationIdentifier] {
			it.row.ClassificationKey = it.recorded.ClassificationKey
		}
		if it.sameRecord[unitIdentifier] {
			it.row.UnitKey = it.recorded.UnitKey
		}
	}
	return nil
}

// findSameRecords sets item.sameRecord. One query covers all ambiguous identifiers.
func (b *batch) findSameRecords(ctx context.Context) error {
	var candidates []models.Candidate
	var results []*bool
	for i := range b.items {
		it := &b.items[i]
		if it.recorded == nil || it.replayed {
			continue
		}
		keys := it.recordedKeys()
		for which, ref := range it.in.references() {
			switch key := keys[which]; {
			case b.sentWith(it.recorded, which, ref):
				it.sameRecord[which] = true
			case !ref.Given:
				it.sameRecord[which] = which == classificationIdentifier && key == nil
			case key == nil || ref.Target.Kind == models.AccessTokens:
			case b.found.match(ref).Count == 1:
				it.sameRecord[which] = b.found.match(ref).Key == *key
			case b.found.match(ref).Count > 1:
				candidates = append(candidates, models.Candidate{Reference: ref.Target, Key: *key})
				results = append(results, &it.sameRecord[which])
			}
		}
	}
	if len(candidates) == 0 {
		return nil
	}
	among, err := b.References.Among(ctx, candidates)
	if err != nil {
		return err
	}
	for i, matches := range among {
		*results[i] = matches
	}
	return nil
}

// recordedKeys returns the keys of the records that the recorded event has, by identifier. The customer's is
// that of an account or of a participant, as the event was sent; nil if the recorded event has none of that
// kind.
func (it *item) recordedKeys() [3]*int64 {
	row := it.recorded
	keys := [3]*int64{row.ParticipantKey, row.ClassificationKey, &row.UnitKey}
	if it.in.Customer.Target.Kind == models.Accounts {
		keys[customerIdentifier] = nil
		if row.ParticipantKey == nil {
			keys[customerIdentifier] = &row.AccountKey
		}
	}
	return keys
}
