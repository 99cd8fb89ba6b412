package eventstest

import (
	"context"
	"fmt"
	"slices"

	"customer-events/models"
)

// Record implements events.EventStore.
func (m *Memory) Record(ctx context.Context, set models.WriteSet) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	// This comes first: if the set is written already, its own events have all its references.
	if written, err := m.alreadyWritten(set); written || err != nil {
		return err
	}
	if err := m.checkConflicts(set); err != nil {
		return err
	}
	// A gap in the numbers, so that no test relies on their being consecutive.
	m.lastNumber++
	var call *models.IdempotencyRecord
	if set.Key != nil {
		name := keyName{set.Key.UserKey, string(set.Key.KeyHash)}
		if call = m.keyRecords[name]; call == nil {
			call = &models.IdempotencyRecord{
				Key:         m.newKey(),
				Fingerprint: slices.Clone(set.Key.Fingerprint),
				Events:      make(map[string]models.EventRef),
			}
			m.keyRecords[name] = call
		}
		if set.At.After(call.UsedAt) {
			call.UsedAt = set.At
		}
	}
	for i, event := range set.Events {
		m.lastNumber++
		event.Number = m.lastNumber
		m.events[event.Number], m.numbers[event.ID] = *event, event.Number
		if ref, ok := event.ExternalReference(); ok {
			m.numberByReference[ref] = event.Number
		}
		if call != nil {
			call.Events[string(set.RequestHashes[i])] = models.EventRef{ID: event.ID, Number: event.Number}
		}
	}
	for _, replay := range set.Replays {
		if call != nil {
			call.Events[string(replay.RequestHash)] = models.EventRef{
				ID:     replay.Event.ID,
				Number: replay.Event.Number,
			}
		}
	}
	for _, key := range set.UsedTokens {
		m.tokens[key].OneTimePasswordSpentAt = &set.At
	}
	return nil
}

// alreadyWritten reports whether this very set was recorded before. If so it sets the numbers of its events.
func (m *Memory) alreadyWritten(set models.WriteSet) (bool, error) {
	known := 0
	for _, event := range set.Events {
		if number, ok := m.numbers[event.ID]; ok {
			known++
			event.Number = number
		}
	}
	if 0 < known && known < len(set.Events) {
		return false, fmt.Errorf("%d of %d ids belong to events of another set", known, len(set.Events))
	}
	return known != 0, nil
}

// checkConflicts returns ErrConflict if another set has recorded or used something in the set.
func (m *Memory) checkConflicts(set models.WriteSet) error {
	own := make(map[models.ExternalReference]bool)
	for _, event := range set.Events {
		if ref, ok := event.ExternalReference(); ok {
			if m.numberByReference[ref] != 0 || own[ref] {
				return fmt.Errorf("%w: an external reference exists", models.ErrConflict)
			}
			own[ref] = true
		}
	}
	for _, key := range set.UsedTokens {
		if m.tokens[key] == nil || m.tokens[key].OneTimePasswordSpentAt != nil {
			return fmt.Errorf("%w: a one-time password was used", models.ErrConflict)
		}
	}
	if set.Key == nil {
		return nil
	}
	call := m.keyRecords[keyName{set.Key.UserKey, string(set.Key.KeyHash)}]
	if (call == nil) != (set.RecordKey == 0) || call != nil && call.Key != set.RecordKey {
		return fmt.Errorf("%w: the record of the idempotency key is another", models.ErrConflict)
	}
	hashes := slices.Clone(set.RequestHashes)
	for _, replay := range set.Replays {
		hashes = append(hashes, replay.RequestHash)
	}
	for _, hash := range hashes {
		if call != nil && call.Events[string(hash)] != (models.EventRef{}) {
			return fmt.Errorf("%w: a request of the idempotency key exists", models.ErrConflict)
		}
	}
	return nil
}
