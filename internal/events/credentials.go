package events

import (
	"context"
	"slices"

	"customer-events/models"
)

// credential is a credential of an access token as the caller sent it. Equal credentials of a call are one
// attempt.
type credential struct {
	target   models.Reference
	passCode string
}

// credentialState is what the phases know about the credential of one event. Other files ask its methods.
type credentialState struct {
	// token is the only access token that the credential matches; nil if it matches none or several.
	token *models.AccessToken
	// sent is false if the event identifies its customer without an access token.
	sent bool
	// expired reports that the one-time password of token has expired or was used. A new event is then
	// rejected.
	expired bool
	// usedByThisEvent reports that the call that recorded this very event used the one-time password.
	usedByThisEvent bool
	// repeatsEvent reports that the event equals a recorded one, its credential included. repeatsContent
	// reports that it equals one of the same caller, except for the credential. See matchRecorded.
	repeatsEvent, repeatsContent bool
	// lockedOut reports that too many attempts have failed. The answer must then not depend on whether the
	// credential is correct.
	lockedOut bool
}

// sentCredential returns the credential of the event.
func (it *item) sentCredential() credential {
	return credential{it.in.Customer.Target, it.in.Customer.PassCode}
}

// accepted reports whether the credential identifies the participant of a new event.
func (c *credentialState) accepted() bool { return c.token != nil && !c.expired }

// isAttempt reports whether the lockout applies to the credential. The event that used a one-time password
// already knows it.
func (c *credentialState) isAttempt() bool { return c.sent && !c.usedByThisEvent }

// failed reports whether the credential is a failed attempt.
func (c *credentialState) failed() bool { return !c.repeatsEvent && !c.accepted() }

// onlyExpired reports whether the event's participant is known although its one-time password has expired or
// was used.
func (c *credentialState) onlyExpired() bool { return c.expired && !c.lockedOut }

// lockedReplay reports whether the event would be a replay of one of the caller's own, but its credential is
// locked out. One-time passwords are excluded: the replay of an event that used one is no attempt.
func (it *item) lockedReplay() bool {
	return it.credential.repeatsContent && it.credential.lockedOut && !it.sentOneTimePassword()
}

// sentOneTimePassword reports whether the customer is identified by a one-time password.
func (it *item) sentOneTimePassword() bool {
	return it.in.Customer.Target.By == models.ByOneTimePassword
}

// usedToken returns the key of the access token whose one-time password the event uses.
func (it *item) usedToken() (key int64, ok bool) {
	if it.credential.token == nil || !it.sentOneTimePassword() {
		return 0, false
	}
	return it.credential.token.Key, true
}

// checkCredentials decides which credentials may influence the answer, and counts failed attempts. An event
// that repeats a recorded one becomes its replay, unless its credential is locked out.
func (b *batch) checkCredentials(ctx context.Context) error {
	if len(b.found.tokens.list) == 0 {
		return nil
	}
	if err := b.checkLockout(ctx); err != nil {
		return err
	}
	if err := b.matchLockedOut(ctx); err != nil {
		return err
	}
	if err := b.checkReplayLockout(ctx); err != nil {
		return err
	}
	for i := range b.items {
		switch it := &b.items[i]; {
		case !it.credential.repeatsEvent:
		case it.credential.lockedOut:
			it.sameRecord[customerIdentifier] = false
		default:
			it.replay(it.recorded)
		}
	}
	return nil
}

// matchToken finds the one access token that the event's credential matches.
func (b *batch) matchToken(it *item) {
	c, ref := &it.credential, &it.in.Customer
	if it.replayed || !c.sent {
		return
	}
	tokens := b.found.accessTokens(ref)
	if len(tokens) == 0 && ref.Target.By == models.ByIdentifier {
		// Takes the same time as for an identifier that exists.
		b.Hasher.VerifyPassCode(nil, "", ref.PassCode)
	}
	tokens = slices.DeleteFunc(slices.Clone(tokens), func(token models.AccessToken) bool {
		return !token.Effective() || ref.Target.By == models.ByIdentifier &&
			!b.Hasher.VerifyPassCode(token.PassCodeHash, token.Number, ref.PassCode)
	})
	if it.sentOneTimePassword() {
		tokens = b.currentHolders(it, tokens)
	}
	if len(tokens) != 1 {
		return
	}
	c.token = &tokens[0]
	if it.sentOneTimePassword() {
		c.expired = !c.token.OneTimePasswordUsable(b.at)
		c.usedByThisEvent = b.usedByThisEvent(it)
	}
}

// currentHolders chooses among the tokens that have, or had, a one-time password. Six digits recur, so a
// usable password takes precedence over expired and used ones. But if the event was recorded before, its
// participant's token takes precedence, although the password is no longer usable.
func (b *batch) currentHolders(it *item, tokens []models.AccessToken) []models.AccessToken {
	unusable := func(token models.AccessToken) bool { return !token.OneTimePasswordUsable(b.at) }
	if row, ok := b.recordedEvent(it); ok && row.ParticipantKey != nil {
		i := slices.IndexFunc(tokens, func(token models.AccessToken) bool {
			return unusable(token) && token.Participant.Key == *row.ParticipantKey
		})
		if i >= 0 {
			return tokens[i : i+1]
		}
	}
	if usable := slices.DeleteFunc(slices.Clone(tokens), unusable); len(usable) > 0 {
		return usable
	}
	return tokens
}

// usedByThisEvent reports whether the call that recorded the event used the one-time password of its token.
// The password's time of use is then the event's time of creation. Events of other users, or events recorded
// without the password, prove nothing: with them, a caller could try passwords without limit.
func (b *batch) usedByThisEvent(it *item) bool {
	token := it.credential.token
	row, ok := b.recordedEvent(it)
	return ok && token.OneTimePasswordSpentAt != nil && row.CreatedAt.Equal(*token.OneTimePasswordSpentAt) &&
		row.CreatedByKey == b.request.Caller.UserKey &&
		row.ParticipantKey != nil && *row.ParticipantKey == token.Participant.Key
}

// recordedEvent returns the recorded event that has the external reference of the item.
func (b *batch) recordedEvent(it *item) (row models.WebCustomerEvent, ok bool) {
	ref, ok := it.row.ExternalReference()
	if ok {
		row, ok = b.recordedByReference[ref]
	}
	return row, ok
}

// applyToken sets the customer of the event by its access token. All rejected credentials get the same
// answer, so that it reveals nothing: no such token, a token that is not effective, another pass code, an
// expired or used one-time password, several tokens. All credentials that are locked out get one other
// answer.
func (it *item) applyToken() {
	c, path := &it.credential, it.in.Customer.Path
	if c.lockedOut {
		it.addProblem(models.TooManyAttempts, "Access Token Not Checked.", path...)
		return
	}
	if c.token != nil {
		participant := &c.token.Participant
		it.row.AccountKey, it.row.ParticipantKey = participant.AccountKey, &participant.Key
		row := it.recorded
		if row != nil && row.ParticipantKey != nil && *row.ParticipantKey == participant.Key {
			it.row.AccountKey = row.AccountKey // the participant may have moved since
		}
	}
	if !c.accepted() {
		it.addProblem(models.NotFound, "Access Token Not Found.", path...)
	}
}
