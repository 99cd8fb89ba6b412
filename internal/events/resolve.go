package events

import (
	"context"
	"fmt"
	"slices"

	"customer-events/models"
)

// resolve finds out what the events point at. Equal references are asked once, all of a kind together. Events that have a
// fault already are resolved too, since their sender wants to hear of everything at once; replayed ones are not.
func (b *batch) resolve(ctx context.Context) error {
	var found found
	if err := b.find(ctx, &found); err != nil {
		return err
	}
	if err := b.lookUpDoubtful(ctx, &found); err != nil {
		return err
	}
	if err := b.recognise(ctx, &found); err != nil {
		return err
	}
	if len(found.tokens.list) > 0 {
		if err := b.checkLockout(ctx); err != nil {
			return err
		}
		if err := b.lookUpRefused(ctx, &found); err != nil {
			return err
		}
		if err := b.admitReplays(ctx); err != nil {
			return err
		}
	}
	for i := range b.items {
		it := &b.items[i]
		if it.attested && it.lockedOut {
			it.means[customerLink] = false
		} else if it.attested {
			it.replay(it.holder)
		}
		if it.replayed {
			continue
		}
		b.addTooFarAhead(it)
		row, customer := &it.in.Row, &it.in.Customer
		switch {
		case !customer.Given || it.means[customerLink]:
		case customer.Target.Kind == models.AccessTokens:
			it.applyToken()
		default:
			if match, ok := it.applyMatch(customer, found.match(customer)); ok && customer.Target.Kind == models.Accounts {
				row.AccountKey, row.ParticipantKey = match.Key, nil
			} else if ok {
				row.AccountKey, row.ParticipantKey = match.AccountKey, &match.Key
			}
		}
		if link := &it.in.Classification; link.Given && !it.means[classificationLink] {
			if match, ok := it.applyMatch(link, found.match(link)); ok {
				row.ClassificationKey = &match.Key
			}
		}
		if link := &it.in.Unit; link.Given {
			ok := it.means[unitLink]
			if !ok {
				var match models.Match
				match, ok = it.applyMatch(link, found.match(link))
				row.UnitKey = match.Key
			}
			if ok && !b.request.Caller.MayUse(row.UnitKey) {
				it.addProblem(models.Forbidden, fmt.Sprintf("Unit (%s) Is Not Permitted.", models.Sanitize(link.Target.Value)), link.Path...)
			}
		}
	}
	return nil
}

// found is what the references of a batch match.
type found struct {
	records, tokens references
	matches         []models.Match
	candidates      [][]models.AccessToken
}

func (f *found) match(link *Reference) models.Match { return f.matches[f.records.at[link.Target]] }

// find asks the directory for everything that the events point at, and opens their access tokens.
func (b *batch) find(ctx context.Context, f *found) (err error) {
	f.records.at = make(map[models.Reference]int, len(b.items))
	for i := range b.items {
		it := &b.items[i]
		if it.replayed {
			continue
		}
		for _, link := range it.in.links() {
			switch {
			case !link.Given:
			case link.Target.Kind == models.AccessTokens:
				f.tokens.add(link.Target)
				for _, older := range link.Previous {
					f.tokens.add(older)
				}
			default:
				f.records.add(link.Target)
			}
		}
	}
	if len(f.records.list) > 0 {
		if f.matches, err = b.References.Find(ctx, f.records.list); err != nil {
			return err
		}
	}
	if len(f.tokens.list) > 0 {
		if f.candidates, err = b.References.AccessTokens(ctx, f.tokens.list); err != nil {
			return err
		}
		for i := range b.items {
			b.openBy(&b.items[i], f)
		}
	}
	return nil
}

// openBy looks for the token that an event's credential opens, if it has one.
func (b *batch) openBy(it *item, f *found) {
	link := &it.in.Customer
	if it.replayed || !link.Given || link.Target.Kind != models.AccessTokens {
		return
	}
	candidates := f.candidates[f.tokens.at[link.Target]]
	for _, older := range link.Previous {
		candidates = append(candidates[:len(candidates):len(candidates)], f.candidates[f.tokens.at[older]]...)
	}
	b.matchToken(it, candidates)
}

// references is a list without repetition.
type references struct {
	list []models.Reference
	at   map[models.Reference]int
}

func (r *references) add(ref models.Reference) {
	if r.at == nil {
		r.at = make(map[models.Reference]int)
	}
	if _, known := r.at[ref]; !known {
		r.at[ref] = len(r.list)
		r.list = append(r.list, ref)
	}
}

// applyMatch complains unless exactly one record matches.
func (it *item) applyMatch(link *Reference, match models.Match) (models.Match, bool) {
	switch match.Count {
	case 1:
		return match, true
	case 0:
		it.addProblem(models.NotFound, fmt.Sprintf("%s (%s) Not Found.", link.Target.Kind, models.Sanitize(link.Target.Value)), link.Path...)
	default:
		it.addProblem(models.Ambiguous, fmt.Sprintf("%s (%s) Is Ambiguous: several records have it, use the id or number.",
			link.Target.Kind, models.Sanitize(link.Target.Value)), link.Path...)
	}
	return models.Match{}, false
}

// matchToken looks for the one token that the event's credential opens.
func (b *batch) matchToken(it *item, candidates []models.AccessToken) {
	link := &it.in.Customer
	if len(candidates) == 0 && link.Target.By == models.ByIdentifier {
		b.Hasher.VerifyPassCode(nil, "", link.PassCode) // takes as long as that of an identifier which somebody bears
	}
	candidates = slices.DeleteFunc(slices.Clone(candidates), func(token models.AccessToken) bool {
		return !token.Effective() || link.Target.By == models.ByIdentifier &&
			!b.Hasher.VerifyPassCode(token.PassCodeHash, token.Number, link.PassCode)
	})
	if link.Target.By == models.ByOneTimePassword {
		candidates = b.currentHolder(it, candidates)
	}
	if len(candidates) != 1 {
		return
	}
	token := &candidates[0]
	it.token = token
	if link.Target.By != models.ByOneTimePassword {
		return
	}
	it.tokenExpired = !token.OneTimePasswordUsable(b.at)
	if ref, ok := it.in.Row.ExternalReference(); ok && token.OneTimePasswordSpentAt != nil {
		// A password is spent at the time at which its events are created. Another's events, or such as were recorded by number,
		// prove nothing: by them a password could be tried without end.
		row, taken := b.recorded[ref]
		it.usedByThisEvent = taken && row.CreatedByKey == b.request.Caller.UserKey && row.CreatedAt.Equal(*token.OneTimePasswordSpentAt) &&
			row.ParticipantKey != nil && *row.ParticipantKey == token.Participant.Key
	}
}

// applyToken lets the event in by its access token. Whatever is wrong (no such token, not effective, another pass code, a one-time
// password that is spent or expired, several that fit), the answer is the same, so that nothing can be probed; and it is one other
// answer for every credential that may not be looked at.
func (it *item) applyToken() {
	link := &it.in.Customer
	if it.lockedOut {
		it.tokenExpired = false
		it.addProblem(models.TooManyAttempts, "Access Token Not Looked At.", link.Path...)
		return
	}
	if token := it.token; token != nil {
		it.in.Row.AccountKey, it.in.Row.ParticipantKey = token.Participant.AccountKey, &token.Participant.Key
		if row := it.holder; row != nil && row.ParticipantKey != nil && *row.ParticipantKey == token.Participant.Key {
			it.in.Row.AccountKey = row.AccountKey // the participant may have moved since
		}
		if link.Target.By == models.ByOneTimePassword {
			it.usedToken = token.Key
		}
	}
	if it.token == nil || it.tokenExpired {
		it.addProblem(models.NotFound, "Access Token Not Found.", link.Path...)
	}
}

// currentHolder tells which of the tokens that have had a one-time password is meant. Six digits come again and again, so that one
// that may still be used counts before all that are over. Except that an event that is recorded already was its participant's,
// though his password is over since.
func (b *batch) currentHolder(it *item, candidates []models.AccessToken) []models.AccessToken {
	over := func(token models.AccessToken) bool { return !token.OneTimePasswordUsable(b.at) }
	if ref, ok := it.in.Row.ExternalReference(); ok {
		if row, taken := b.recorded[ref]; taken && row.ParticipantKey != nil {
			his := func(token models.AccessToken) bool {
				return over(token) && token.Participant.Key == *row.ParticipantKey
			}
			if i := slices.IndexFunc(candidates, his); i >= 0 {
				return candidates[i : i+1]
			}
		}
	}
	if usable := slices.DeleteFunc(slices.Clone(candidates), over); len(usable) > 0 {
		return usable
	}
	return candidates
}
