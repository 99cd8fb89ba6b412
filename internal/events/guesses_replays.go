package events

import (
	"context"
	"strconv"

	"customer-events/models"
)

// admitReplays gives the events that the caller had recorded by a pass code or an authentication code their answer, though that
// credential is locked: what was processed stays processed. While it is locked, credentials that come with the content of such
// events have counters of their own, as strict as the others. So a lock that others have caused, or new events, does not hold up a
// sender who repeats a call; and whoever tries credentials out at recorded events gets as many tries again, and no more.
func (b *batch) admitReplays(ctx context.Context) error {
	if b.toldReplays == nil {
		b.toldReplays = make(map[guess]bool)
	}
	attempt := models.Guesses{MostFailed: MaxFailedPerCall, At: b.at}
	var asked []guess
	right := make(map[guess]bool)
	for i := range b.items {
		it := &b.items[i]
		if !it.lockedReplay() {
			continue
		}
		g := it.in.guess()
		_, known := b.toldReplays[g]
		if _, listed := right[g]; !known && !listed {
			asked = append(asked, g)
		}
		right[g] = right[g] || it.attested
	}
	for _, g := range asked {
		attempt.List = append(attempt.List, models.Guess{Budgets: b.replayBudgets(g), Failed: !right[g]})
	}
	if len(asked) > 0 {
		until, err := b.Ledger.Attempt(ctx, attempt)
		if err != nil {
			return err
		}
		for i, g := range asked {
			b.toldReplays[g] = !until[i].IsZero()
		}
	}
	for i := range b.items {
		if it := &b.items[i]; it.lockedReplay() && it.attested {
			it.refused = b.toldReplays[it.in.guess()]
		}
	}
	return nil
}

// lockedReplay reports whether the event would be a replay of the caller's own but for its credential, which is locked. One-time
// passwords need no answer here: that of a recorded event is not looked at at all.
func (it *item) lockedReplay() bool {
	return it.resent && it.refused && !it.replayed && it.in.Customer.To.By != models.ByOneTimePassword
}

// replayBudgets are those that a failure at a recorded event is counted on while its credential is locked.
func (b *batch) replayBudgets(g guess) []models.Budget {
	user := strconv.FormatInt(b.request.Caller.UserKey, 10)
	budgets := []models.Budget{
		{Subject: b.Secrets.Subject("replays of all"), Most: MaxFailedInAll},
		{Subject: b.Secrets.Subject("replays of a user", user), Most: MaxFailedPerUser},
	}
	if g.to.By == models.ByIdentifier {
		budgets = append(budgets, models.Budget{Subject: b.Secrets.Subject("replays of an identifier", g.to.Value), Most: MaxFailedPerSecret, Rolling: true})
	}
	return budgets
}
