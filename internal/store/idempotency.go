package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"gorm.io/gorm"

	"customer-events/models"
)

// idempotentCall is a row of idempotent_calls: a call that was recorded with an idempotency key.
type idempotentCall struct {
	CallKey     int64 `gorm:"primaryKey"`
	Fingerprint []byte
	// CreatedAt is the time when the call was last recorded or renewed (see renew).
	CreatedAt time.Time
}

// IdempotencyRecord returns the record of an idempotency key and its events; nil if there is none.
func (s *Store) IdempotencyRecord(
	ctx context.Context, key models.IdempotencyKey,
) (*models.IdempotencyRecord, error) {
	var row idempotentCall
	err := s.read.WithContext(ctx).Table("idempotent_calls").
		Where("user_key = ? AND key_hash = ?", key.UserKey, key.KeyHash).Take(&row).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, s.dialect.classify(err, false)
	}
	record := &models.IdempotencyRecord{
		Key:         row.CallKey,
		Fingerprint: row.Fingerprint,
		UsedAt:      row.CreatedAt,
		Events:      map[string]models.EventRef{},
	}
	var events []struct {
		RequestHash []byte
		Number      int64
		ID          models.ID
	}
	err = s.read.WithContext(ctx).Table("idempotent_call_events AS c").Select("c.request_hash, e.number, e.id").
		Joins("JOIN web_customer_events AS e ON e.number = c.number").
		Where("c.call_key = ?", row.CallKey).Find(&events).Error
	for _, event := range events {
		record.Events[string(event.RequestHash)] = models.EventRef{ID: event.ID, Number: event.Number}
	}
	return record, s.dialect.classify(err, false)
}

// ByExternalReference returns the recorded events that have one of the references, with one query for all
// of them. Usually there are none. So it reads only the numbers first: with gorm a query for whole events
// allocates 17 kB even without a result.
func (s *Store) ByExternalReference(
	ctx context.Context, refs []models.ExternalReference,
) (map[models.ExternalReference]models.WebCustomerEvent, error) {
	if len(refs) == 0 {
		return nil, nil
	}
	var numbers []any
	err := splitStatement(s.dialect, len(refs), func(from, to int) error {
		values := make([]any, 0, 2*(to-from))
		for _, ref := range refs[from:to] {
			values = append(values, ref.System, ref.Number)
		}
		rows, err := s.reader().QueryContext(ctx, "SELECT number FROM web_customer_events WHERE "+
			"(external_system, external_system_reference_number) IN ("+s.dialect.tuplePlaceholders(to-from)+")",
			values...)
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
	byReference := make(map[models.ExternalReference]models.WebCustomerEvent, len(events))
	for _, event := range events {
		if ref, ok := event.ExternalReference(); ok {
			byReference[ref] = event
		}
	}
	return byReference, nil
}

// claimKey inserts the record of the entry's idempotency key, or renews the record if there is one, and
// returns the record's key. It returns 0 for an entry without an idempotency key.
func (s *Store) claimKey(ctx context.Context, tx *sql.Tx, entry models.WriteSet) (int64, error) {
	if entry.Key == nil {
		return 0, nil
	}
	if entry.RecordKey != 0 {
		return entry.RecordKey, s.renew(ctx, tx, entry)
	}
	const insert = "INSERT INTO idempotent_calls (user_key, key_hash, fingerprint, created_at) " +
		"VALUES (?, ?, ?, ?)"
	result, err := tx.ExecContext(ctx, insert,
		entry.Key.UserKey, entry.Key.KeyHash, entry.Key.Fingerprint, entry.At)
	if err != nil {
		return 0, s.dialect.classifyClaim(err)
	}
	return result.LastInsertId()
}

// renew restarts the retention time of an idempotency record. created_at decides: it is the time when the
// record was last written or renewed (the name is that of the first version). It never goes back, because
// another server's clock may be slow.
//
// The UPDATE locks the record. So several calls that add events to the record are serialised, and a purge
// runs before or after them. If it ran before, renew returns models.ErrConflict and the call is retried.
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

// recordKeyEvents stores the event of each request under the idempotency record.
func (s *Store) recordKeyEvents(
	ctx context.Context, tx *sql.Tx, entry models.WriteSet, recordKey int64,
) error {
	if entry.Key == nil {
		return nil
	}
	values := make([]any, 0, 3*(len(entry.Events)+len(entry.Replays)))
	for i, event := range entry.Events {
		values = append(values, recordKey, entry.RequestHashes[i], event.Number)
	}
	for _, replay := range entry.Replays {
		values = append(values, recordKey, replay.RequestHash, replay.Event.Number)
	}
	const into = "INSERT INTO idempotent_call_events (call_key, request_hash, number) VALUES "
	return s.insert(ctx, tx, into, "", 3, values)
}
