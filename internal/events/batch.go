package events

import (
	"context"
	"errors"
	"fmt"
	"time"

	"customer-events/models"
)

// What refuses a call as a whole.
var (
	ErrKeyReused      = errors.New("the idempotency key has been used with other events: use a new key, or send the same events")
	ErrUnavailable    = errors.New("the database does not let the call through, nothing has been stored: try again later")
	ErrOutcomeUnknown = errors.New("the database did not say whether the events were stored: send them again with the same idempotency key or external references")
)

// ErrTooManyEvents is returned for a call of more than MaxEventsPerCall events; Sent is how many there were.
type ErrTooManyEvents struct{ Sent int }

func (e ErrTooManyEvents) Error() string {
	return fmt.Sprintf("a call may carry at most %d events and this one carries %d: send them in several calls", MaxEventsPerCall, e.Sent)
}

// item is one event on its way through a batch.
type item struct {
	in *WebCustomerEventInput
	// problems are those found by the call's own passes; in.Faults are older.
	problems []models.Problem
	// usedToken is the access token whose one-time password the event uses, 0 if none.
	usedToken int64
	// token is the access token that the event's credential opens, if there is just one; over tells that its one-time password
	// is spent or expired, which is a fault; but whose it was is known.
	token        *models.AccessToken
	tokenExpired bool
	// usedByThisEvent tells that the one-time password was spent by the very call that recorded the event, so that it is no guess; refused
	// that the credential may not be looked at.
	usedByThisEvent, lockedOut bool
	// tooFarAhead tells that the event was performed too far ahead of now. That is a fault of a new event only.
	tooFarAhead bool
	// holder is the recorded event that has the external reference, if it was looked up; means tells of each
	// identifier (see links) whether it means the holder's record.
	holder *models.WebCustomerEvent
	means  [3]bool
	// attested tells that the event is the holder sent again, its credential included. It is a replay unless
	// the credential may not be looked at.
	attested bool
	// resent tells that, its credential aside, the event is one that the same caller had recorded.
	resent bool
	// ref is how the event is known, if it has been recorded before this call or, after record, by it.
	ref models.EventRef
	// duplicateOf is the item that recorded the same external reference earlier in this very call.
	duplicateOf *item
	replayed    bool
	// remembered tells that the call's key already stands for the event.
	remembered bool
}

func (it *item) valid() bool { return len(it.in.Problems)+len(it.problems) == 0 }

// replay answers the event with one that was recorded before.
func (it *item) replay(row *models.WebCustomerEvent) {
	it.problems, it.replayed, it.ref = nil, true, models.EventRef{ID: row.ID, Number: row.Number}
}

func (it *item) addProblem(code models.Code, what string, path ...string) {
	it.problems = append(it.problems, models.Problem{Code: code, Path: path, Detail: what})
}

// batch is one call's events, and what is known of them so far.
type batch struct {
	*Service
	request Request
	items   []item
	at      time.Time
	// deadline is when the caller's patience ends. It is told by the machine's own clock, not by Now, which tests may hold.
	deadline time.Time
	// ids are those of the items, one each, given to all at once so that they ascend. A rerun may find other
	// items to be new: each must keep its own, because a write whose outcome is unknown is recognised by its
	// ids.
	ids []models.ID
	// keys are the names of a call that may be repeated: by today's key, and by each older one; call is that by which it is
	// remembered, else the first.
	keys []hashedKey
	key  *hashedKey
	// recordKey is the ledger's key of the call, once it is remembered, and usedAt when that was last used.
	recordKey int64
	usedAt    time.Time
	recorded  map[models.ExternalReference]models.WebCustomerEvent
	// verdicts is what became of the call's credentials, in this pass or an earlier one.
	verdicts map[credential]verdict
	// toldReplays are the guesses that admitReplays has been told about, and whether they are refused.
	toldReplays map[credential]bool
	// hashes are those of the identifiers of classifications and units, for identifiersHash.
	hashes map[models.Reference][]byte
	// skipReferenceLookup is whether the next settle supposes that no external reference is taken; unchecked that this
	// pass does.
	skipReferenceLookup, unchecked bool
}

func (s *Service) newBatch(request Request) (*batch, error) {
	if request.Events.Received > MaxEventsPerCall {
		return nil, ErrTooManyEvents{request.Events.Received}
	}
	b := &batch{Service: s, request: request, at: s.Now().UTC().Truncate(time.Microsecond), deadline: time.Now().Add(s.RetryTimeout)}
	b.items = make([]item, len(request.Events.Events))
	for i := range b.items {
		b.items[i].in = &request.Events.Events[i]
	}
	if request.IdempotencyKey != "" {
		b.addKey(s.Hasher, currentKey)
		for i, older := range s.Hasher.Previous() {
			b.addKey(older, i)
		}
	}
	return b, nil
}

// hashedKey names a call by the hashes of one key.
type hashedKey struct {
	models.IdempotencyKey
	hasher *models.KeyedHasher
}

func (b *batch) addKey(secrets *models.KeyedHasher, by int) {
	b.keys = append(b.keys, hashedKey{models.IdempotencyKey{
		UserKey:     b.request.Caller.UserKey,
		KeyHash:     secrets.IdempotencyKey(b.request.IdempotencyKey),
		Fingerprint: fingerprint(secrets, b.request.Events.Events, by),
	}, secrets})
}

// evaluate finds out all that can be known without writing. It starts from nothing each time: what an earlier try has seen may
// no longer be so.
func (b *batch) evaluate(ctx context.Context) error {
	for i := range b.items {
		in := b.items[i].in
		in.Row.AccountKey, in.Row.ParticipantKey, in.Row.ClassificationKey, in.Row.UnitKey = 0, nil, nil, 0
		b.items[i] = item{in: in}
	}
	b.check()
	if err := b.phase(ctx, "settle", b.findReplays); err != nil {
		return err
	}
	if err := b.phase(ctx, "resolve", b.resolve); err != nil {
		return err
	}
	b.matchRecorded()
	return nil
}

// check finds what the call alone can tell: request identifiers used twice, and dates too far ahead of the
// clock. The latter are not complained of here: they are no fault of an event that has been recorded
// already.
func (b *batch) check() {
	holders := make(map[string]int, len(b.items))
	for i := range b.items {
		if id := b.items[i].in.RequestUniqueIdentifier; id != nil {
			holders[*id]++
		}
	}
	latest := b.at.Add(b.FutureTolerance)
	for i := range b.items {
		it := &b.items[i]
		if id := it.in.RequestUniqueIdentifier; id != nil && holders[*id] > 1 {
			field := b.field("requestUniqueIdentifier")
			it.addProblem(models.Duplicate, fmt.Sprintf("%s (%s) Is Used By %d Events Of This Call: give each its own.", field, models.Sanitize(*id), holders[*id]), field)
		}
		it.tooFarAhead = it.in.Row.PerformedOn.After(latest)
	}
}

// addTooFarAhead complains of a date too far ahead of the clock.
func (b *batch) addTooFarAhead(it *item) {
	if it.tooFarAhead {
		field := b.field("performedOn")
		it.addProblem(models.Invalid, fmt.Sprintf("%s (%s) Is Not Valid: it is more than %s ahead of now.", field,
			models.FormatDateTime(it.in.Row.PerformedOn), b.FutureTolerance), field)
	}
}

// field is the name of a field in the request's spelling.
func (b *batch) field(graphQL string) string {
	return fields[fieldByName[CamelCase][graphQL]].names[b.request.FieldNames]
}
