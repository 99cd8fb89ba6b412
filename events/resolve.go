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
	records := references{at: make(map[models.Reference]int, len(b.items))}
	var tokens references
	for i := range b.items {
		it := &b.items[i]
		if it.replayed {
			continue
		}
		for _, link := range []*Link{&it.in.Customer, &it.in.Classification, &it.in.Unit} {
			switch {
			case !link.Given:
			case link.To.Kind == models.AccessTokens:
				tokens.add(link.To)
				for _, older := range link.Older {
					tokens.add(older)
				}
			default:
				records.add(link.To)
			}
		}
	}
	var matches []models.Match
	var candidates [][]models.AccessToken
	var err error
	if len(records.list) > 0 {
		if matches, err = b.Directory.Find(ctx, records.list); err != nil {
			return err
		}
	}
	if len(tokens.list) > 0 {
		if candidates, err = b.Directory.AccessTokens(ctx, tokens.list); err != nil {
			return err
		}
		for i := range b.items {
			if it := &b.items[i]; !it.replayed && it.in.Customer.Given && it.in.Customer.To.Kind == models.AccessTokens {
				found := candidates[tokens.at[it.in.Customer.To]]
				for _, older := range it.in.Customer.Older {
					found = append(found[:len(found):len(found)], candidates[tokens.at[older]]...)
				}
				b.open(it, found)
			}
		}
		if err = b.admit(ctx); err != nil {
			return err
		}
	}
	for i := range b.items {
		it := &b.items[i]
		if it.replayed {
			continue
		}
		row, customer := &it.in.Row, &it.in.Customer
		switch {
		case !customer.Given:
		case customer.To.Kind == models.AccessTokens:
			it.enter()
		default:
			if match, ok := it.judge(customer, matches[records.at[customer.To]]); ok && customer.To.Kind == models.Accounts {
				row.AccountKey, row.ParticipantKey = match.Key, nil
			} else if ok {
				row.AccountKey, row.ParticipantKey = match.AccountKey, &match.Key
			}
		}
		if link := &it.in.Classification; link.Given {
			if match, ok := it.judge(link, matches[records.at[link.To]]); ok {
				row.ClassificationKey = &match.Key
			}
		}
		if link := &it.in.Unit; link.Given {
			if match, ok := it.judge(link, matches[records.at[link.To]]); ok {
				row.UnitKey = match.Key
				if !b.request.Caller.MayUse(match.Key) {
					it.fault(models.Forbidden, fmt.Sprintf("Unit (%s) Is Not Permitted.", models.Shown(link.To.Value)), link.Path...)
				}
			}
		}
	}
	return nil
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

// judge complains unless exactly one record matches.
func (it *item) judge(link *Link, match models.Match) (models.Match, bool) {
	switch match.Count {
	case 1:
		return match, true
	case 0:
		it.fault(models.NotFound, fmt.Sprintf("%s (%s) Not Found.", link.To.Kind, models.Shown(link.To.Value)), link.Path...)
	default:
		it.fault(models.Ambiguous, fmt.Sprintf("%s (%s) Is Ambiguous: several records have it, use the id or number.",
			link.To.Kind, models.Shown(link.To.Value)), link.Path...)
	}
	return models.Match{}, false
}

// open looks for the one token that the event's credential opens.
func (b *batch) open(it *item, candidates []models.AccessToken) {
	link := &it.in.Customer
	if len(candidates) == 0 && link.To.By == models.ByIdentifier {
		b.Secrets.SamePassCode(nil, "", link.PassCode) // takes as long as that of an identifier which somebody bears
	}
	candidates = slices.DeleteFunc(slices.Clone(candidates), func(token models.AccessToken) bool {
		return !token.Effective() || link.To.By == models.ByIdentifier &&
			!b.Secrets.SamePassCode(token.PassCodeHash, token.Number, link.PassCode)
	})
	if link.To.By == models.ByOneTimePassword {
		candidates = b.holders(it, candidates)
	}
	if len(candidates) != 1 {
		return
	}
	token := &candidates[0]
	it.opened = token
	if link.To.By != models.ByOneTimePassword {
		return
	}
	it.over = !token.OneTimePasswordUsable(b.at)
	if ref, ok := it.in.Row.Reference(); ok && token.OneTimePasswordSpentAt != nil {
		// A password is spent at the time at which its events are created. Another's events, or such as were recorded by number,
		// prove nothing: by them a password could be tried without end.
		row, taken := b.taken[ref]
		it.proven = taken && row.CreatedByKey == b.request.Caller.UserKey && row.CreatedAt.Equal(*token.OneTimePasswordSpentAt) &&
			row.ParticipantKey != nil && *row.ParticipantKey == token.Participant.Key
	}
}

// enter lets the event in by its access token. Whatever is wrong (no such token, not effective, another pass code, a one-time
// password that is spent or expired, several that fit), the answer is the same, so that nothing can be probed; and it is one other
// answer for every credential that may not be looked at.
func (it *item) enter() {
	link := &it.in.Customer
	if it.refused {
		it.over = false
		it.fault(models.TooManyAttempts, "Access Token Not Looked At.", link.Path...)
		return
	}
	if token := it.opened; token != nil {
		it.in.Row.AccountKey, it.in.Row.ParticipantKey = token.Participant.AccountKey, &token.Participant.Key
		if link.To.By == models.ByOneTimePassword {
			it.token = token.Key
		}
	}
	if it.opened == nil || it.over {
		it.fault(models.NotFound, "Access Token Not Found.", link.Path...)
	}
}

// holders tells which of the tokens that have had a one-time password is meant. Six digits come again and again, so that one
// that may still be used counts before all that are over. Except that an event that is recorded already was its participant's,
// though his password is over since.
func (b *batch) holders(it *item, candidates []models.AccessToken) []models.AccessToken {
	over := func(token models.AccessToken) bool { return !token.OneTimePasswordUsable(b.at) }
	if ref, ok := it.in.Row.Reference(); ok {
		if row, taken := b.taken[ref]; taken && row.ParticipantKey != nil {
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
