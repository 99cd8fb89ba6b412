package events

import (
	"context"
	"fmt"

	"customer-events/models"
)

// lookups holds what the references of a call match.
type lookups struct {
	records, tokens referenceSet
	// matches are those of records, and tokenMatches those of tokens.
	matches      []models.Match
	tokenMatches [][]models.AccessToken
}

func (l *lookups) match(ref *Reference) models.Match { return l.matches[l.records.index[ref.Target]] }

// accessTokens returns the tokens that a reference matches, by its current hash or by one of an older key.
func (l *lookups) accessTokens(ref *Reference) []models.AccessToken {
	tokens := l.tokenMatches[l.tokens.index[ref.Target]]
	for _, previous := range ref.Previous {
		tokens = append(tokens[:len(tokens):len(tokens)], l.tokenMatches[l.tokens.index[previous]]...)
	}
	return tokens
}

// referenceSet is a list of references without duplicates.
type referenceSet struct {
	list  []models.Reference
	index map[models.Reference]int
}

func (s *referenceSet) add(ref models.Reference) {
	if s.index == nil {
		s.index = make(map[models.Reference]int)
	}
	if _, exists := s.index[ref]; !exists {
		s.index[ref] = len(s.list)
		s.list = append(s.list, ref)
	}
}

// collectReferences collects the distinct references of the batch. It includes the events that have a problem
// already, so that the caller learns all problems at once, but no replays.
func (b *batch) collectReferences() {
	b.found = lookups{records: referenceSet{index: make(map[models.Reference]int, len(b.items))}}
	found := &b.found
	for i := range b.items {
		it := &b.items[i]
		if it.replayed {
			continue
		}
		for _, ref := range it.in.references() {
			switch {
			case !ref.Given:
			case ref.Target.Kind == models.AccessTokens:
				found.tokens.add(ref.Target)
				for _, previous := range ref.Previous {
					found.tokens.add(previous)
				}
			default:
				found.records.add(ref.Target)
			}
		}
	}
}

// resolve looks up what the references of the batch match.
func (b *batch) resolve(ctx context.Context) (err error) {
	b.collectReferences()
	found := &b.found
	if len(found.records.list) > 0 {
		if found.matches, err = b.References.Find(ctx, found.records.list); err != nil {
			return err
		}
	}
	if len(found.tokens.list) == 0 {
		return nil
	}
	if found.tokenMatches, err = b.References.AccessTokens(ctx, found.tokens.list); err != nil {
		return err
	}
	for i := range b.items {
		b.matchToken(&b.items[i])
	}
	return nil
}

// applyMatches copies the keys of the matching records into the rows, and adds a problem for each reference
// without exactly one match. It leaves the keys that matchReplays has set.
func (b *batch) applyMatches() {
	for i := range b.items {
		it := &b.items[i]
		if it.replayed {
			continue
		}
		b.addTooFarAhead(it)
		b.applyCustomer(it)
		if ref := &it.in.Classification; ref.Given && !it.sameRecord[classificationIdentifier] {
			if match, ok := it.singleMatch(ref, b.found.match(ref)); ok {
				it.row.ClassificationKey = &match.Key
			}
		}
		b.applyUnit(it)
	}
}

func (b *batch) applyCustomer(it *item) {
	ref := &it.in.Customer
	if !ref.Given || it.sameRecord[customerIdentifier] {
		return
	}
	if ref.Target.Kind == models.AccessTokens {
		it.applyToken()
		return
	}
	match, ok := it.singleMatch(ref, b.found.match(ref))
	switch {
	case !ok:
	case ref.Target.Kind == models.Accounts:
		it.row.AccountKey, it.row.ParticipantKey = match.Key, nil
	default:
		it.row.AccountKey, it.row.ParticipantKey = match.AccountKey, &match.Key
	}
}

func (b *batch) applyUnit(it *item) {
	ref := &it.in.Unit
	if !ref.Given {
		return
	}
	if !it.sameRecord[unitIdentifier] {
		match, ok := it.singleMatch(ref, b.found.match(ref))
		it.row.UnitKey = match.Key
		if !ok {
			return
		}
	}
	if !b.request.Caller.MayUse(it.row.UnitKey) {
		it.addProblem(models.Forbidden,
			fmt.Sprintf("Unit (%s) Is Not Permitted.", models.Sanitize(ref.Target.Value)), ref.Path...)
	}
}

// singleMatch returns the match if it is exactly one record, and adds a problem otherwise.
func (it *item) singleMatch(ref *Reference, match models.Match) (models.Match, bool) {
	kind, value := ref.Target.Kind, ref.Target.Value
	switch match.Count {
	case 1:
		return match, true
	case 0:
		it.addProblem(models.NotFound,
			fmt.Sprintf("%s (%s) Not Found.", kind, models.Sanitize(value)), ref.Path...)
	default:
		it.addProblem(models.Ambiguous,
			fmt.Sprintf("%s (%s) Is Ambiguous: several records have it, use the id or number.",
				kind, models.Sanitize(value)), ref.Path...)
	}
	return models.Match{}, false
}
