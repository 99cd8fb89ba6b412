package events

import (
	"context"
	"fmt"
	"slices"
	"time"

	"customer-events/models"
)

// item is the state of one event in one pass over the batch.
type item struct {
	in *WebCustomerEventInput
	// row is the row to write: the details of in, and the keys that the phases find.
	row *models.WebCustomerEvent
	// rejection is the problem of a row that the database rejected in an earlier pass; nil if there is none.
	rejection *models.Problem
	// problems are those that this pass found. A replay drops them.
	problems []models.Problem
	// tooFarAhead reports that the event was performed too far in the future. That is a problem of a new
	// event only.
	tooFarAhead bool
	credential  credentialState
	// recorded is the recorded event that has the external reference, if it was looked up and found.
	recorded *models.WebCustomerEvent
	// sameRecord reports, for each identifier, whether it refers to the record that the recorded event has.
	sameRecord [3]bool
	// ref is the recorded event's id and number: of an earlier call, or of this one after write.
	ref models.EventRef
	// replayed reports that the event was recorded before, or earlier in this call by duplicateOf.
	replayed    bool
	duplicateOf *item
	// keyHasEvent reports that the record of the call's idempotency key already contains the event.
	keyHasEvent bool
}

func (it *item) valid() bool { return it.validInput() && len(it.problems) == 0 }

// validInput reports whether the event has no problem that is independent of the store and the reference
// data.
func (it *item) validInput() bool { return len(it.in.Problems) == 0 && it.rejection == nil }

// allProblems returns the problems of the event: those of decoding, a rejection by the database, those of
// this pass.
func (it *item) allProblems() []models.Problem {
	list := slices.Clone(it.in.Problems)
	if it.rejection != nil {
		list = append(list, *it.rejection)
	}
	return append(list, it.problems...)
}

// replay answers the event with the recorded one.
func (it *item) replay(row *models.WebCustomerEvent) {
	it.problems, it.replayed, it.ref = nil, true, models.EventRef{ID: row.ID, Number: row.Number}
}

func (it *item) addProblem(code models.Code, detail string, path ...string) {
	it.problems = append(it.problems, models.Problem{Code: code, Path: path, Detail: detail})
}

// batch processes the events of one call. It may pass over them several times (see retry).
type batch struct {
	*Service
	request Request
	items   []item
	// rows are the rows of the items, one each. They are separate from the items, because most loops need
	// the items only.
	rows []models.WebCustomerEvent
	// at is the time of the call, by Service.Now.
	at time.Time
	// deadline ends the retries. It is a time of the machine's clock, because tests may stop Service.Now.
	deadline time.Time
	// ids holds one id for each item, made all at once so that they ascend. An item keeps its id in every
	// pass: the store recognises a write whose outcome is unknown by its ids.
	ids []models.ID
	// keys name the call by its idempotency key, hashed with the current key and with each older one. key is
	// the one under which the call is recorded, or else the first; nil if the caller sent no key.
	keys []hashedKey
	key  *hashedKey
	// recordKey identifies the record of the idempotency key, 0 if there is none; usedAt is its last use.
	recordKey int64
	usedAt    time.Time
	// skipReferenceLookup makes the next pass assume that its external references are new. unchecked reports
	// that the current pass assumes it.
	skipReferenceLookup, unchecked bool
	// recordedByReference are the recorded events that have external references of the call.
	recordedByReference map[models.ExternalReference]models.WebCustomerEvent
	// found is what the references of the call match.
	found lookups
	// verdicts and replayVerdicts keep the result of each credential for later passes, so that a failed
	// attempt counts once (see checkLockout and checkReplayLockout).
	verdicts       map[credential]verdict
	replayVerdicts map[credential]bool
	// rejections holds, by item, the problem of each row that the database rejected in an earlier pass.
	rejections map[int]*models.Problem
	// hashes caches the hashes of classifications and units (see identifiersHash).
	hashes map[models.Reference][]byte
}

func (s *Service) newBatch(request Request) (*batch, error) {
	if request.Events.Received > MaxEventsPerCall {
		return nil, ErrTooManyEvents{request.Events.Received}
	}
	b := &batch{
		Service:  s,
		request:  request,
		items:    make([]item, len(request.Events.Events)),
		rows:     make([]models.WebCustomerEvent, len(request.Events.Events)),
		at:       s.Now().UTC().Truncate(time.Microsecond),
		deadline: time.Now().Add(s.RetryTimeout),
	}
	b.hashKey()
	return b, nil
}

// evaluate runs all phases except write. It starts from the input each time, because an earlier pass may
// have seen what has changed since.
func (b *batch) evaluate(ctx context.Context) error {
	b.reset()
	b.check()
	if err := b.phase(ctx, "settle", b.findReplays); err != nil {
		return err
	}
	err := b.phase(ctx, "resolve", func(ctx context.Context) error {
		if err := b.resolve(ctx); err != nil {
			return err
		}
		if err := b.matchReplays(ctx); err != nil {
			return err
		}
		return b.checkCredentials(ctx)
	})
	if err != nil {
		return err
	}
	b.applyMatches()
	b.compareWithRecorded()
	return nil
}

// evaluateAndWrite is one pass over the batch: all phases.
func (b *batch) evaluateAndWrite(ctx context.Context) error {
	if err := b.evaluate(ctx); err != nil {
		return err
	}
	return b.phase(ctx, "record", b.write)
}

func (b *batch) reset() {
	for i := range b.items {
		in := &b.request.Events.Events[i]
		b.rows[i] = models.WebCustomerEvent{EventDetails: in.Details}
		b.items[i] = item{in: in, row: &b.rows[i], rejection: b.rejections[i]}
		b.items[i].credential.sent = in.Customer.Given && in.Customer.Target.Kind == models.AccessTokens
	}
}

// check finds request identifiers that several events of the call use, and dates too far in the future. It
// only marks such dates: an event that was recorded when the clock allowed it stays valid.
func (b *batch) check() {
	uses := make(map[string]int, len(b.items))
	for i := range b.items {
		if id := b.items[i].in.RequestUniqueIdentifier; id != nil {
			uses[*id]++
		}
	}
	latest := b.at.Add(b.FutureTolerance)
	for i := range b.items {
		it := &b.items[i]
		if id := it.in.RequestUniqueIdentifier; id != nil && uses[*id] > 1 {
			field := b.field("requestUniqueIdentifier")
			it.addProblem(models.Duplicate,
				fmt.Sprintf("%s (%s) Is Used By %d Events Of This Call: give each its own.",
					field, models.Sanitize(*id), uses[*id]), field)
		}
		it.tooFarAhead = it.row.PerformedOn.After(latest)
	}
}

// addTooFarAhead adds a problem if the event was performed too far in the future.
func (b *batch) addTooFarAhead(it *item) {
	if it.tooFarAhead {
		field := b.field("performedOn")
		it.addProblem(models.Invalid, fmt.Sprintf("%s (%s) Is Not Valid: it is more than %s ahead of now.",
			field, models.Sanitize(it.in.PerformedOn), models.FormatDuration(b.FutureTolerance)), field)
	}
}

// field returns the name of a field in the spelling of the request.
func (b *batch) field(camelCase string) string {
	return fields[fieldByName[CamelCase][camelCase]].names[b.request.FieldNames]
}
