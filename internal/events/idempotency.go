package events

import (
	"bytes"
	"context"

	"customer-events/models"
)

// hashedKey names the call by the hashes that one secret key gives its idempotency key and its events.
type hashedKey struct {
	models.IdempotencyKey
	hasher *models.KeyedHasher
}

// hashKey hashes the call's idempotency key, if it has one, with the current secret key and with each older
// one.
func (b *batch) hashKey() {
	if b.request.IdempotencyKey == "" {
		return
	}
	b.addHashedKey(b.Hasher, currentKey)
	for i, previous := range b.Hasher.Previous() {
		b.addHashedKey(previous, i)
	}
}

func (b *batch) addHashedKey(hasher *models.KeyedHasher, keyIndex int) {
	b.keys = append(b.keys, hashedKey{models.IdempotencyKey{
		UserKey:     b.request.Caller.UserKey,
		KeyHash:     hasher.IdempotencyKey(b.request.IdempotencyKey),
		Fingerprint: fingerprint(hasher, b.request.Events.Events, keyIndex),
	}, hasher})
}

// findReplaysByKey looks for an earlier call with the same idempotency key. The events that it recorded are
// replays.
func (b *batch) findReplaysByKey(ctx context.Context) error {
	b.recordKey = 0
	if len(b.keys) == 0 {
		return nil
	}
	record, err := b.idempotencyRecord(ctx)
	if err != nil || record == nil {
		return err
	}
	if !bytes.Equal(record.Fingerprint, b.key.Fingerprint) {
		return ErrKeyReused
	}
	b.recordKey, b.usedAt = record.Key, record.UsedAt
	for i := range b.items {
		if it := &b.items[i]; it.valid() {
			it.ref, it.keyHasEvent = record.Events[string(b.requestHash(it))]
			it.replayed = it.keyHasEvent
		}
	}
	return nil
}

// idempotencyRecord returns the record of the call's idempotency key, or nil, and sets b.key to the name
// that the record has.
func (b *batch) idempotencyRecord(ctx context.Context) (*models.IdempotencyRecord, error) {
	for i := range b.keys {
		b.key = &b.keys[i]
		if record, err := b.Store.IdempotencyRecord(ctx, b.key.IdempotencyKey); err != nil || record != nil {
			return record, err
		}
	}
	b.key = &b.keys[0]
	return nil, nil
}

func (b *batch) requestHash(it *item) []byte {
	return b.key.hasher.RequestIdentifier(*it.in.RequestUniqueIdentifier)
}

// mustWriteKey reports whether the idempotency key must be written although there are no new events. That is
// so if it has no record yet, if its record misses replays, or if its retention time must start again.
func (b *batch) mustWriteKey(set models.WriteSet) bool {
	return b.key != nil &&
		(b.recordKey == 0 || len(set.Replays) > 0 || b.at.Sub(b.usedAt) >= models.KeyRenewal)
}
