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
	// MaxFailedPasswordsPerUser and MaxPasswordsInAll bound wrong one-time passwords. Six digits alone name somebody, so each of these
	// guesses is one at every password that is out.
	MaxFailedPasswordsPerUser = 20
	MaxFailedPasswordsInAll   = 200
)

// credential is a credential as the caller gave it. It is comparable: equal credentials of one call are one guess.
type credential struct {
	target   models.Reference
	passCode string
}

// verdict is what became of a guess.
type verdict struct{ failed, lockedOut bool }

// checkLockout finds out which of the call's credentials may be answered by what they are, and counts the wrong ones, in a
// transaction of its own: what becomes of the batch afterwards must not forgive them. A guess that an earlier pass of this
// batch has been told about is not counted again, unless it was right then and is not so now.
func (b *batch) checkLockout(ctx context.Context) error {
	var list []credential
	failed := make(map[credential]bool)
	for i := range b.items {
		it := &b.items[i]
		if it.replayed || it.usedByThisEvent || !it.in.Customer.Given || it.in.Customer.Target.Kind != models.AccessTokens {
			continue
		}
		g := it.in.credential()
		wrong, known := failed[g]
		if !known {
			list = append(list, g)
		}
		failed[g] = wrong || !it.attested && (it.token == nil || it.tokenExpired)
	}
	if len(list) == 0 {
		return nil
	}
	if b.verdicts == nil {
		b.verdicts = make(map[credential]verdict, len(list))
	}
	asked := make([]credential, 0, len(list))
	attempt := models.Attempts{MaxFailed: MaxFailedPerCall, At: b.at}
	before := 0
	for _, g := range list {
		if t, known := b.verdicts[g]; known && (t.lockedOut || t.failed == failed[g]) {
			if t.lockedOut || t.failed {
				before++
			}
			continue
		}
		asked = append(asked, g)
		attempt.List = append(attempt.List, models.Attempt{Limits: b.limits(g), Failed: failed[g]})
	}
	if len(asked) > 0 && before >= MaxFailedPerCall {
		for _, g := range asked {
			b.verdicts[g] = verdict{failed[g], true}
		}
		asked = nil
	}
	if len(asked) > 0 {
		attempt.MaxFailed -= before
		until, err := b.Store.CountAttempts(ctx, attempt)
		if err != nil {
			return err
		}
		for i, g := range asked {
			b.verdicts[g] = verdict{failed[g], !until[i].IsZero()}
		}
	}
	for i := range b.items {
		if it := &b.items[i]; it.in.Customer.Given && !it.replayed && !it.usedByThisEvent {
			it.lockedOut = b.verdicts[it.in.credential()].lockedOut
		}
	}
	return nil
}

func (in *WebCustomerEventInput) credential() credential {
	return credential{in.Customer.Target, in.Customer.PassCode}
}

// limits are those that a failure of the guess is counted on. A pass code is a try at the identifier that it came with,
// whether anybody bears that or not. The other credentials name their own token, so that a wrong one names nobody.
func (b *batch) limits(g credential) []models.Limit {
	user := strconv.FormatInt(b.request.Caller.UserKey, 10)
	if g.target.By == models.ByOneTimePassword {
		return []models.Limit{
			{CounterKey: b.Hasher.CounterKey("passwords of all"), Max: MaxFailedPasswordsInAll},
			{CounterKey: b.Hasher.CounterKey("passwords of a user", user), Max: MaxFailedPasswordsPerUser},
		}
	}
	budgets := []models.Limit{
		{CounterKey: b.Hasher.CounterKey("all"), Max: MaxFailedInAll},
		{CounterKey: b.Hasher.CounterKey("user", user), Max: MaxFailedPerUser},
	}
	if g.target.By == models.ByIdentifier {
		budgets = append(budgets, models.Limit{CounterKey: b.Hasher.CounterKey("identifier", g.target.Value), Max: MaxFailedPerSecret, SlidingWindow: true})
	}
	return budgets
}
