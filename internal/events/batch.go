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
	// faults are those found by the call's own passes; in.Faults are older.
	faults []models.Fault
	// token is the access token whose one-time password the event uses, 0 if none.
	token int64
	// opened is the access token that the event's credential opens, if there is just one; over tells that its one-time password
	// is spent or expired, which is a fault; but whose it was is known.
	opened *models.AccessToken
	over   bool
	// proven tells that the one-time password was spent by the very call that recorded the event, so that it is no guess; refused
	// that the credential may not be looked at.
	proven, refused bool
	// ahead tells that the event was performed too far ahead of now. That is a fault of a new event only.
	ahead bool
	// holder is the recorded event that has the external reference, if it was looked up; means tells of each
	// identifier (see links) whether it means the holder's record.
	holder *models.WebCustomerEvent
	means  [3]bool
	// attested tells that the event is the holder sent again, its credential included. It is a replay unless
	// the credential may not be looked at.
	attested bool
	// resent tells that, its credential aside, the event is one that the same caller had recorded.
	resent bool
	// recorded is how the event is known, if it has been recorded before this call or, after record, by it.
	recorded models.RecordedAs
	// twin is the item that recorded the same external reference earlier in this very call.
	twin     *item
	replayed bool
	// remembered tells that the call's key already stands for the event.
	remembered bool
}

func (it *item) whole() bool { return len(it.in.Faults)+len(it.faults) == 0 }

// replay answers the event with one that was recorded before.
func (it *item) replay(row *models.WebCustomerEvent) {
	it.faults, it.replayed, it.recorded = nil, true, models.RecordedAs{ID: row.ID, Number: row.Number}
}

func (it *item) fault(code models.Code, what string, path ...string) {
	it.faults = append(it.faults, models.Fault{Code: code, Path: path, What: what})
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
	// calls are the names of a call that may be repeated: by today's key, and by each older one; call is that by which it is
	// remembered, else the first.
	calls []keyedCall
	call  *keyedCall
	// callKey is the ledger's key of the call, once it is remembered, and usedAt when that was last used.
	callKey int64
	usedAt  time.Time
	taken   map[models.ExternalReference]models.WebCustomerEvent
	// told is what became of the call's credentials, in this pass or an earlier one.
	told map[guess]told
	// toldReplays are the guesses that admitReplays has been told about, and whether they are refused.
	toldReplays map[guess]bool
	// hashes are those of the identifiers of classifications and units, for identifiersHash.
	hashes map[models.Reference][]byte
	// hopeful is whether the next settle supposes that no external reference is taken; unchecked that this
	// pass does.
	hopeful, unchecked bool
}

func (s *Service) newBatch(request Request) (*batch, error) {
	if request.Set.Sent > MaxEventsPerCall {
		return nil, ErrTooManyEvents{request.Set.Sent}
	}
	b := &batch{Service: s, request: request, at: s.Now().UTC().Truncate(time.Microsecond), deadline: time.Now().Add(s.Patience)}
	b.items = make([]item, len(request.Set.Events))
	for i := range b.items {
		b.items[i].in = &request.Set.Events[i]
	}
	if request.IdempotencyKey != "" {
		b.name(s.Secrets, today)
		for i, older := range s.Secrets.Older() {
			b.name(older, i)
		}
	}
	return b, nil
}

// keyedCall names a call by the hashes of one key.
type keyedCall struct {
	models.Call
	secrets *models.Secrets
}

func (b *batch) name(secrets *models.Secrets, by int) {
	b.calls = append(b.calls, keyedCall{models.Call{
		UserKey:     b.request.Caller.UserKey,
		KeyHash:     secrets.IdempotencyKey(b.request.IdempotencyKey),
		Fingerprint: fingerprint(secrets, b.request.Set.Events, by),
	}, secrets})
}

// judge finds out all that can be known without writing. It starts from nothing each time: what an earlier try has seen may
// no longer be so.
func (b *batch) judge(ctx context.Context) error {
	for i := range b.items {
		in := b.items[i].in
		in.Row.AccountKey, in.Row.ParticipantKey, in.Row.ClassificationKey, in.Row.UnitKey = 0, nil, nil, 0
		b.items[i] = item{in: in}
	}
	b.check()
	if err := b.pass(ctx, "settle", b.settle); err != nil {
		return err
	}
	if err := b.pass(ctx, "resolve", b.resolve); err != nil {
		return err
	}
	b.compare()
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
			it.fault(models.Duplicate, fmt.Sprintf("%s (%s) Is Used By %d Events Of This Call: give each its own.", field, models.Shown(*id), holders[*id]), field)
		}
		it.ahead = it.in.Row.PerformedOn.After(latest)
	}
}

// blameAhead complains of a date too far ahead of the clock.
func (b *batch) blameAhead(it *item) {
	if it.ahead {
		field := b.field("performedOn")
		it.fault(models.Invalid, fmt.Sprintf("%s (%s) Is Not Valid: it is more than %s ahead of now.", field,
			models.FormatDateTime(it.in.Row.PerformedOn), b.FutureTolerance), field)
	}
}

// field is the name of a field in the request's spelling.
func (b *batch) field(graphQL string) string {
	return fields[fieldByName[GraphQL][graphQL]].names[b.request.Naming]
}
