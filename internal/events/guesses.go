package events

import (
	"context"
	"strconv"

	"customer-events/models"
)

// How many failed credentials are borne, each within models.AttemptWindow unless it says otherwise. What is beyond them is
// refused, right or wrong. See docs/decisions/0007-guessing.md for where the numbers come from.
const (
	// MaxFailedPerCall is how many failed credentials of one call are looked at; equal ones are one.
	MaxFailedPerCall = 20
	// MaxFailedPerSecret is how many wrong pass codes are looked at for one identifier, whoever sends them.
	MaxFailedPerSecret = 5
	// MaxFailedPerUser and MaxFailedInAll bound wrong pass codes and authentication codes.
	MaxFailedPerUser = 100
	MaxFailedInAll   = 1000
	// MaxPasswordsPerUser and MaxPasswordsInAll bound wrong one-time passwords. Six digits alone name somebody, so each of these
	// guesses is one at every password that is out.
	MaxPasswordsPerUser = 20
	MaxPasswordsInAll   = 200
)

// guess is a credential as the caller gave it. It is comparable: equal credentials of one call are one guess.
type guess struct {
	to       models.Reference
	passCode string
}

// told is what became of a guess.
type told struct{ failed, refused bool }

// admit finds out which of the call's credentials may be answered by what they are, and counts the wrong ones, in a
// transaction of its own: what becomes of the batch afterwards must not forgive them. A guess that an earlier pass of this
// batch has been told about is not counted again, unless it was right then and is not so now.
func (b *batch) admit(ctx context.Context) error {
	var list []guess
	failed := make(map[guess]bool)
	for i := range b.items {
		it := &b.items[i]
		if it.replayed || it.proven || !it.in.Customer.Given || it.in.Customer.To.Kind != models.AccessTokens {
			continue
		}
		g := it.in.guess()
		wrong, known := failed[g]
		if !known {
			list = append(list, g)
		}
		failed[g] = wrong || !it.attested && (it.opened == nil || it.over)
	}
	if len(list) == 0 {
		return nil
	}
	if b.told == nil {
		b.told = make(map[guess]told, len(list))
	}
	asked := make([]guess, 0, len(list))
	attempt := models.Guesses{MostFailed: MaxFailedPerCall, At: b.at}
	before := 0
	for _, g := range list {
		if t, known := b.told[g]; known && (t.refused || t.failed == failed[g]) {
			if t.refused || t.failed {
				before++
			}
			continue
		}
		asked = append(asked, g)
		attempt.List = append(attempt.List, models.Guess{Budgets: b.budgets(g), Failed: failed[g]})
	}
	if len(asked) > 0 && before >= MaxFailedPerCall {
		for _, g := range asked {
			b.told[g] = told{failed[g], true}
		}
		asked = nil
	}
	if len(asked) > 0 {
		attempt.MostFailed -= before
		until, err := b.Ledger.Attempt(ctx, attempt)
		if err != nil {
			return err
		}
		for i, g := range asked {
			b.told[g] = told{failed[g], !until[i].IsZero()}
		}
	}
	for i := range b.items {
		if it := &b.items[i]; it.in.Customer.Given && !it.replayed && !it.proven {
			it.refused = b.told[it.in.guess()].refused
		}
	}
	return nil
}

func (in *WebCustomerEventInput) guess() guess { return guess{in.Customer.To, in.Customer.PassCode} }

// budgets are those that a failure of the guess is counted on. A pass code is a try at the identifier that it came with,
// whether anybody bears that or not. The other credentials name their own token, so that a wrong one names nobody.
func (b *batch) budgets(g guess) []models.Budget {
	user := strconv.FormatInt(b.request.Caller.UserKey, 10)
	if g.to.By == models.ByOneTimePassword {
		return []models.Budget{
			{Subject: b.Secrets.Subject("passwords of all"), Most: MaxPasswordsInAll},
			{Subject: b.Secrets.Subject("passwords of a user", user), Most: MaxPasswordsPerUser},
		}
	}
	budgets := []models.Budget{
		{Subject: b.Secrets.Subject("all"), Most: MaxFailedInAll},
		{Subject: b.Secrets.Subject("user", user), Most: MaxFailedPerUser},
	}
	if g.to.By == models.ByIdentifier {
		budgets = append(budgets, models.Budget{Subject: b.Secrets.Subject("identifier", g.to.Value), Most: MaxFailedPerSecret, Rolling: true})
	}
	return budgets
}
