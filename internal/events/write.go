package events

import (
	"context"
	"errors"
	"slices"

	"customer-events/models"
)

// errRowRejected starts a pass without an event that the database has just rejected. Each such pass has one
// event less, so they come to an end, but perhaps not before the deadline.
var errRowRejected = errors.New("the database rejected more events than could be excluded in time")

// write records the events that are valid and new, in one transaction. Their ids are made once. If the
// outcome of a COMMIT is unknown, only writing the same rows again shows it, because the store's unique keys
// then decide. A lookup would not show it: the lost COMMIT may still be in progress.
func (b *batch) write(ctx context.Context) error {
	set, rows := b.writeSet()
	if len(set.Events) == 0 && !b.mustWriteKey(set) {
		return nil
	}
	return b.written(ctx, set, rows, b.Store.Record(ctx, set))
}

// written takes the result of writing a set over into the items. rows has the index of the item of each event.
func (b *batch) written(ctx context.Context, set models.WriteSet, rows []int, err error) error {
	if errors.Is(err, models.ErrCommitUnknown) {
		err = b.resolveUnknownCommit(context.WithoutCancel(ctx), set)
	}
	var rejected *models.RowRejectedError
	if errors.As(err, &rejected) {
		b.Log.ErrorContext(ctx, "the database rejected an event that passed all checks",
			"error", rejected.Err)
		b.reject(rows[rejected.Index])
		return errRowRejected
	}
	if err != nil {
		return err
	}
	for i, at := range rows {
		b.items[at].ref = models.EventRef{ID: set.Events[i].ID, Number: set.Events[i].Number}
	}
	return nil
}

// reject excludes an item from all later passes.
func (b *batch) reject(index int) {
	if b.rejections == nil {
		b.rejections = make(map[int]*models.Problem)
	}
	b.rejections[index] = &models.Problem{
		Code:   models.Invalid,
		Detail: "The Event Is Not Valid: the database rejects one of its values.",
	}
}

// writeSet returns the rows to write, and the index of the item of each row.
func (b *batch) writeSet() (set models.WriteSet, written []int) {
	set = models.WriteSet{RecordKey: b.recordKey, At: b.at, Unchecked: b.unchecked}
	if b.key != nil {
		set.Key = &b.key.IdempotencyKey
	}
	for i := range b.items {
		it := &b.items[i]
		if !it.valid() {
			continue
		}
		if it.replayed {
			if b.key != nil && !it.keyHasEvent {
				replay := models.Replay{RequestHash: b.requestHash(it), Event: it.original()}
				set.Replays = append(set.Replays, replay)
			}
			continue
		}
		b.makeIDs()
		if written == nil {
			set.Events = make([]*models.WebCustomerEvent, 0, len(b.items)-i)
			written = make([]int, 0, len(b.items)-i)
		}
		row := it.row
		row.ID, row.CreatedAt, row.CreatedByKey = b.ids[i], b.at, b.request.Caller.UserKey
		row.IdentifiersHash = b.identifiersHash(it)
		set.Events = append(set.Events, row)
		if b.key != nil {
			set.RequestHashes = append(set.RequestHashes, b.requestHash(it))
		}
		if token, ok := it.usedToken(); ok && !slices.Contains(set.UsedTokens, token) {
			set.UsedTokens = append(set.UsedTokens, token)
		}
		written = append(written, i)
	}
	return set, written
}

// makeIDs makes the ids of all items, unless an earlier pass has made them.
func (b *batch) makeIDs() {
	if b.ids != nil {
		return
	}
	b.ids = make([]models.ID, len(b.items))
	for i := range b.ids {
		b.ids[i] = b.NewID()
	}
}

// original returns the event that a replay repeats: an earlier event of this call, or a recorded one.
func (it *item) original() *models.WebCustomerEvent {
	if it.duplicateOf != nil {
		return it.duplicateOf.row
	}
	return it.recorded
}
