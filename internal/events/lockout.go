package events

import (
	"context"
	"strconv"

	"customer-events/models"
)

// How many failed attempts are allowed, within models.LockoutWindow unless stated otherwise. Beyond them all
// attempts are rejected, correct or not. docs/decisions/0007-guessing.md explains the numbers.
const (
	// MaxFailedPerCall is for the distinct credentials of one call.
	MaxFailedPerCall = 20
	// MaxFailedPerSecret is for wrong pass codes of one identifier, from all users together.
	MaxFailedPerSecret = 5
	// MaxFailedPerUser and MaxFailedInAll are for wrong pass codes and authentication codes.
	MaxFailedPerUser = 100
	MaxFailedInAll   = 1000
	// MaxFailedPasswordsPerUser and MaxFailedPasswordsInAll are for wrong one-time passwords. Six digits
	// alone identify a participant, so each of these attempts is one at every valid password.
	MaxFailedPasswordsPerUser = 20
	MaxFailedPasswordsInAll   = 200
)

// verdict is the result of checking one credential.
type verdict struct{ failed, lockedOut bool }

// checkLockout counts the failed attempts of the call and marks the credentials that are locked out. It does
// so in a transaction of its own, so that attempts count whatever happens to the batch afterwards. A
// credential that an earlier pass of this batch has checked is not counted again, unless it was correct then
// and is wrong now.
func (b *batch) checkLockout(ctx context.Context) error {
	sent, failed := b.attempts()
	if len(sent) == 0 {
		return nil
	}
	if b.verdicts == nil {
		b.verdicts = make(map[credential]verdict, len(sent))
	}
	unchecked, failedBefore := make([]credential, 0, len(sent)), 0
	for _, c := range sent {
		switch known, ok := b.verdicts[c]; {
		case !ok || !known.lockedOut && known.failed != failed[c]:
			unchecked = append(unchecked, c)
		case known.lockedOut || known.failed:
			failedBefore++
		}
	}
	locked, err := b.countAttempts(ctx, unchecked, failed, b.limits, MaxFailedPerCall-failedBefore)
	if err != nil {
		return err
	}
	for i, c := range unchecked {
		b.verdicts[c] = verdict{failed[c], locked[i]}
	}
	for i := range b.items {
		if it := &b.items[i]; !it.replayed && it.credential.isAttempt() {
			it.credential.lockedOut = b.verdicts[it.sentCredential()].lockedOut
		}
	}
	return nil
}

// attempts returns the distinct credentials of the call in their order, and which of them are wrong. A
// credential is wrong if it is for one event that has it.
func (b *batch) attempts() (sent []credential, failed map[credential]bool) {
	failed = make(map[credential]bool)
	for i := range b.items {
		it := &b.items[i]
		if it.replayed || !it.credential.isAttempt() {
			continue
		}
		c := it.sentCredential()
		wrong, listed := failed[c]
		if !listed {
			sent = append(sent, c)
		}
		failed[c] = wrong || it.credential.failed()
	}
	return sent, failed
}

// countAttempts counts the failed ones of the attempts, and reports for each of them whether it is locked
// out.
func (b *batch) countAttempts(ctx context.Context, list []credential, failed map[credential]bool,
	limits func(credential) []models.Limit, maxFailed int) (locked []bool, err error) {
	locked = make([]bool, len(list))
	if len(list) == 0 {
		return locked, nil
	}
	if maxFailed <= 0 {
		for i := range locked {
			locked[i] = true
		}
		return locked, nil
	}
	attempts := models.Attempts{MaxFailed: maxFailed, At: b.at, List: make([]models.Attempt, len(list))}
	for i, c := range list {
		attempts.List[i] = models.Attempt{Limits: limits(c), Failed: failed[c]}
	}
	until, err := b.Store.CountAttempts(ctx, attempts)
	if err != nil {
		return nil, err
	}
	for i := range locked {
		locked[i] = !until[i].IsZero()
	}
	return locked, nil
}

// limits returns the limits that a failed attempt counts towards. A wrong pass code counts for its
// identifier, whether that exists or not. Other wrong credentials belong to no token.
func (b *batch) limits(c credential) []models.Limit {
	if c.target.By == models.ByOneTimePassword {
		user := strconv.FormatInt(b.request.Caller.UserKey, 10)
		return []models.Limit{
			{CounterKey: b.Hasher.CounterKey("passwords of all"), Max: MaxFailedPasswordsInAll},
			{CounterKey: b.Hasher.CounterKey("passwords of a user", user), Max: MaxFailedPasswordsPerUser},
		}
	}
	return b.secretLimits(c, "all", "user", "identifier")
}

// secretLimits returns the limits of a pass code or an authentication code, counted under the given names:
// those of all users, of one user and of one identifier.
func (b *batch) secretLimits(c credential, all, ofUser, ofIdentifier string) []models.Limit {
	user := strconv.FormatInt(b.request.Caller.UserKey, 10)
	limits := []models.Limit{
		{CounterKey: b.Hasher.CounterKey(all), Max: MaxFailedInAll},
		{CounterKey: b.Hasher.CounterKey(ofUser, user), Max: MaxFailedPerUser},
	}
	if c.target.By == models.ByIdentifier {
		limits = append(limits, models.Limit{
			CounterKey:    b.Hasher.CounterKey(ofIdentifier, c.target.Value),
			Max:           MaxFailedPerSecret,
			SlidingWindow: true,
		})
	}
	return limits
}
