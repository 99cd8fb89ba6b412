package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"gorm.io/gorm"

	"customer-events/models"
)

// idempotentCall is a remembered call.
type idempotentCall struct {
	CallKey     int64 `gorm:"primaryKey"`
	Fingerprint []byte
	// CreatedAt is when the call was last recorded or renewed (see renew).
	CreatedAt time.Time
}

// IdempotencyRecord reads a call and the events it became.
func (s *Store) IdempotencyRecord(ctx context.Context, call models.IdempotencyKey) (*models.IdempotencyRecord, error) {
	var row idempotentCall
	err := s.read.WithContext(ctx).Table("idempotent_calls").Where("user_key = ? AND key_hash = ?", call.UserKey, call.KeyHash).Take(&row).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, s.dialect.classify(err, false)
	}
	remembered := &models.IdempotencyRecord{Key: row.CallKey, Fingerprint: row.Fingerprint, UsedAt: row.CreatedAt,
		Events: map[string]models.EventRef{}}
	var events []struct {
		RequestHash []byte
		Number      int64
		ID          models.ID
	}
	err = s.read.WithContext(ctx).Table("idempotent_call_events AS c").Select("c.request_hash, e.number, e.id").
		Joins("JOIN web_customer_events AS e ON e.number = c.number").Where("c.call_key = ?", row.CallKey).Find(&events).Error
	for _, event := range events {
		remembered.Events[string(event.RequestHash)] = models.EventRef{ID: event.ID, Number: event.Number}
	}
	return remembered, s.dialect.classify(err, false)
}

// ByExternalReference asks once for all references together. Usually none is taken, so that numbers are asked for first:
// reading whole events costs gorm 17 kB even where there are none.
func (s *Store) ByExternalReference(ctx context.Context, refs []models.ExternalReference) (map[models.ExternalReference]models.WebCustomerEvent, error) {
	if len(refs) == 0 {
		return nil, nil
	}
	var numbers []any
	err := splitStatement(s.dialect, len(refs), func(from, to int) error {
		values := make([]any, 0, 2*(to-from))
		for _, ref := range refs[from:to] {
			values = append(values, ref.System, ref.Number)
		}
		rows, err := s.reader().QueryContext(ctx, "SELECT number FROM web_customer_events "+
			"WHERE (external_system, external_system_reference_number) IN ("+s.dialect.tuplePlaceholders(to-from)+")", values...)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var number int64
			if err := rows.Scan(&number); err != nil {
				return err
			}
			numbers = append(numbers, number)
		}
		return rows.Err()
	})
	if err != nil || len(numbers) == 0 {
		return nil, s.dialect.classify(err, false)
	}
	var events []models.WebCustomerEvent
	err = s.read.WithContext(ctx).Where(anyOf("number", len(numbers)), numbers...).Find(&events).Error
	if err != nil {
		return nil, s.dialect.classify(err, false)
	}
	taken := make(map[models.ExternalReference]models.WebCustomerEvent, len(events))
	for _, event := range events {
		if ref, ok := event.ExternalReference(); ok {
			taken[ref] = event
		}
	}
	return taken, nil
}

// claimKey remembers an entry's call, if it has one that is not remembered yet, or renews it, and returns its
// key.
func (s *Store) claimKey(ctx context.Context, tx *sql.Tx, entry models.WriteSet) (int64, error) {
	if entry.Key == nil {
		return 0, nil
	}
	if entry.RecordKey != 0 {
		return entry.RecordKey, s.renew(ctx, tx, entry)
	}
	result, err := tx.ExecContext(ctx, "INSERT INTO idempotent_calls (user_key, key_hash, fingerprint, created_at) VALUES (?, ?, ?, ?)",
		entry.Key.UserKey, entry.Key.KeyHash, entry.Key.Fingerprint, entry.At)
	if err != nil {
		return 0, s.dialect.classifyClaim(err)
	}
	return result.LastInsertId()
}

// renew lets the retention time of a remembered call begin again. created_at is the time that decides:
// despite its name, which is that of the first version, it is when the call was last recorded or renewed. It
// never goes back, since another server's clock may be behind.
//
// The update locks the call, so that one of several calls with the same key that add to it goes after the
// other, and a purge goes before or after them all: if the purge was first, the call starts over.
func (s *Store) renew(ctx context.Context, tx *sql.Tx, entry models.WriteSet) error {
	result, err := tx.ExecContext(ctx, "UPDATE idempotent_calls "+
		"SET created_at = CASE WHEN created_at < ? THEN ? ELSE created_at END WHERE call_key = ?",
		entry.At, entry.At, entry.RecordKey)
	if err != nil {
		return s.dialect.classifyClaim(err)
	}
	if found, err := result.RowsAffected(); err != nil || found == 0 {
		return errors.Join(models.ErrConflict, err)
	}
	return nil
}

// recordKeyEvents keeps which event each request of a call became.
func (s *Store) recordKeyEvents(ctx context.Context, tx *sql.Tx, entry models.WriteSet, callKey int64) error {
	if entry.Key == nil {
		return nil
	}
	values := make([]any, 0, 3*(len(entry.Events)+len(entry.Replays)))
	for i, event := range entry.Events {
		values = append(values, callKey, entry.RequestHashes[i], event.Number)
	}
	for _, replay := range entry.Replays {
		values = append(values, callKey, replay.RequestHash, replay.Event.Number)
	}
	return s.insert(ctx, tx, "INSERT INTO idempotent_call_events (call_key, request_hash, number) VALUES ", "", 3, values)
}
