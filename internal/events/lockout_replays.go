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
		b.toldReplays = make(map[credential]bool)
	}
	attempt := models.Attempts{MaxFailed: MaxFailedPerCall, At: b.at}
	var asked []credential
	right := make(map[credential]bool)
	for i := range b.items {
		it := &b.items[i]
		if !it.lockedReplay() {
			continue
		}
		g := it.in.credential()
		_, known := b.toldReplays[g]
		if _, listed := right[g]; !known && !listed {
			asked = append(asked, g)
		}
		right[g] = right[g] || it.attested
	}
	for _, g := range asked {
		attempt.List = append(attempt.List, models.Attempt{Limits: b.replayBudgets(g), Failed: !right[g]})
	}
	if len(asked) > 0 {
		until, err := b.Store.CountAttempts(ctx, attempt)
		if err != nil {
			return err
		}
		for i, g := range asked {
			b.toldReplays[g] = !until[i].IsZero()
		}
	}
	for i := range b.items {
		if it := &b.items[i]; it.lockedReplay() && it.attested {
			it.lockedOut = b.toldReplays[it.in.credential()]
		}
	}
	return nil
}

// lockedReplay reports whether the event would be a replay of the caller's own but for its credential, which is locked. One-time
// passwords need no answer here: that of a recorded event is not looked at at all.
func (it *item) lockedReplay() bool {
	return it.resent && it.lockedOut && !it.replayed && it.in.Customer.Target.By != models.ByOneTimePassword
}

// replayBudgets are those that a failure at a recorded event is counted on while its credential is locked.
func (b *batch) replayBudgets(g credential) []models.Limit {
	user := strconv.FormatInt(b.request.Caller.UserKey, 10)
	budgets := []models.Limit{
		{CounterKey: b.Hasher.CounterKey("replays of all"), Max: MaxFailedInAll},
		{CounterKey: b.Hasher.CounterKey("replays of a user", user), Max: MaxFailedPerUser},
	}
	if g.target.By == models.ByIdentifier {
		budgets = append(budgets, models.Limit{CounterKey: b.Hasher.CounterKey("replays of an identifier", g.target.Value), Max: MaxFailedPerSecret, SlidingWindow: true})
	}
	return budgets
}
