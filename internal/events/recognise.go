package events

import (
	"context"

	"customer-events/models"
)

// recognise finds the events that have been recorded already, by their external references, before anything
// else is judged: what was processed stays processed, whatever the clock, the reference data or an access
// token say by now.
//
// An identifier of an event means the record that the recorded event has if it is the very identifier that
// this one was sent with, by its hash, or if that record is among those that it matches now. So neither a
// name that others have as well, nor one that was given to another record, nor a participant's move, nor a
// new one-time password or pass code makes another event of it.
//
// A credential is told apart by its hash exactly, so that a wrong one with otherwise equal content is no
// replay: it is looked for like that of any event, and counted as a failed attempt. The hash of a one-time
// password opens nothing, since the event has used it up: its replay is no attempt at all. A pass code or an
// authentication code may be good still: admit and admitReplays see to it that they cannot be tried out at a
// recorded event without end.
func (b *batch) recognise(ctx context.Context, f *found) error {
	if err := b.identify(ctx, f); err != nil {
		return err
	}
	for i := range b.items {
		it := &b.items[i]
		if it.holder == nil || it.replayed {
			continue
		}
		row, caller := it.holder, &b.request.Caller
		token, own := it.in.Customer.Target.Kind == models.AccessTokens, row.CreatedByKey == caller.UserKey
		if token { // a credential is compared by itself
			it.in.Row.AccountKey, it.in.Row.ParticipantKey = row.AccountKey, row.ParticipantKey
		}
		same := it.valid() && (token || it.means[customerLink]) && it.means[classificationLink] &&
			it.means[unitLink] && len(differences(&it.in.Row, row, b.request.FieldNames)) == 0 &&
			(own || caller.MayUse(row.UnitKey))
		it.resent = same && own && token
		switch same = same && it.means[customerLink]; {
		case same && token && (!own || it.in.Customer.Target.By != models.ByOneTimePassword):
			it.attested = true
		case same:
			it.replay(row)
		case token:
			// Of an event with other content nothing is told but what its credential is worth now.
			it.means[customerLink] = false
			it.in.Row.AccountKey, it.in.Row.ParticipantKey = 0, nil
		}
	}
	return nil
}

// lookUpDoubtful looks up, in a pass that supposes no external reference to be taken, the references of
// those events that would be refused, since they might have been recorded. Those of the others are looked up
// by recording them.
func (b *batch) lookUpDoubtful(ctx context.Context, f *found) error {
	if !b.unchecked {
		return nil
	}
	err := b.lookUp(ctx, func(it *item) bool { return !it.replayed && it.valid() && b.doubtful(it, f) })
	if err != nil {
		return err
	}
	for i := range b.items {
		if it := &b.items[i]; it.holder != nil {
			b.openBy(it, f) // who is meant by a one-time password hangs on the recorded event
		}
	}
	return nil
}

// lookUpRefused looks up, in such a pass, the references of those events whose credentials are locked.
func (b *batch) lookUpRefused(ctx context.Context, f *found) error {
	if !b.unchecked {
		return nil
	}
	some := false
	err := b.lookUp(ctx, func(it *item) bool {
		asked := it.lockedOut && !it.replayed && it.holder == nil && it.valid()
		some = some || asked
		return asked
	})
	if err != nil || !some {
		return err
	}
	return b.recognise(ctx, f)
}

func (b *batch) doubtful(it *item, f *found) bool {
	if it.tooFarAhead {
		return true
	}
	for _, link := range it.in.links() {
		switch {
		case !link.Given:
		case link.Target.Kind == models.AccessTokens:
			if it.token == nil || it.tokenExpired {
				return true
			}
		default:
			match := f.match(link)
			if match.Count != 1 || link.Target.Kind == models.Units && !b.request.Caller.MayUse(match.Key) {
				return true
			}
		}
	}
	return false
}

// identify finds out which identifiers mean the records of the recorded event, and gives those to the event.
func (b *batch) identify(ctx context.Context, f *found) error {
	var candidates []models.Candidate
	var asked []*bool
	for i := range b.items {
		it := &b.items[i]
		if it.holder == nil || it.replayed {
			continue
		}
		keys := [3]*int64{it.holder.ParticipantKey, it.holder.ClassificationKey, &it.holder.UnitKey}
		if it.in.Customer.Target.Kind == models.Accounts && it.holder.ParticipantKey == nil {
			keys[customerLink] = &it.holder.AccountKey
		} else if it.in.Customer.Target.Kind == models.Accounts {
			keys[customerLink] = nil
		}
		for which, link := range it.in.links() {
			switch key := keys[which]; {
			case b.sentWith(it.holder, which, link):
				it.means[which] = true
			case !link.Given:
				it.means[which] = which == classificationLink && key == nil
			case key == nil || link.Target.Kind == models.AccessTokens:
			case f.match(link).Count == 1:
				it.means[which] = f.match(link).Key == *key
			case f.match(link).Count > 1:
				candidates = append(candidates, models.Candidate{Reference: link.Target, Key: *key})
				asked = append(asked, &it.means[which])
			}
		}
	}
	if len(candidates) > 0 {
		among, err := b.References.Among(ctx, candidates)
		if err != nil {
			return err
		}
		for i, is := range among {
			*asked[i] = is
		}
	}
	for i := range b.items {
		it := &b.items[i]
		if it.holder == nil || it.replayed {
			continue
		}
		row := &it.in.Row
		if it.means[customerLink] {
			row.AccountKey, row.ParticipantKey = it.holder.AccountKey, it.holder.ParticipantKey
		}
		if it.means[classificationLink] {
			row.ClassificationKey = it.holder.ClassificationKey
		}
		if it.means[unitLink] {
			row.UnitKey = it.holder.UnitKey
		}
	}
	return nil
}
