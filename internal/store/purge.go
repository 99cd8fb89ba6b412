package store

import (
	"context"
	"time"

	"gorm.io/gorm"

	"customer-events/models"
)

// clockMargin delays every deletion, because the clock of the server that wrote a time may have been wrong.
const clockMargin = time.Hour

// PurgeExpired deletes expired sessions, expired counters of failed attempts, and idempotency records
// that were last used longer ago than keyLife. The steps are so small that no call waits for them.
//
// The database's clock decides what has expired. Otherwise one server with a fast clock would delete data
// that the others need. Idempotency records are kept longer by models.KeyRenewal, because a use may not
// renew them for that long.
func (s *Store) PurgeExpired(ctx context.Context, keyLife time.Duration) error {
	if err := s.writable(); err != nil {
		return err
	}
	var now int64
	if err := s.reader().QueryRowContext(ctx, s.dialect.clock()).Scan(&now); err != nil {
		return s.dialect.classify(err, false)
	}
	expired := time.UnixMicro(now).UTC().Add(-clockMargin)
	return s.purgeBefore(ctx, expired, expired.Add(-keyLife))
}

// purgeBefore deletes sessions and counters that expired before one time, and idempotency records that
// were last used before another.
func (s *Store) purgeBefore(ctx context.Context, expired, lastUse time.Time) error {
	const step = 200
	for _, t := range []struct{ name, key, end string }{
		{"sessions", "token_hash", "expires_at"},
		{"failed_attempts", "subject", "ends_at"},
	} {
		for {
			var keys [][]byte
			err := s.read.WithContext(ctx).Table(t.name).
				Where(t.end+" < ?", expired).Limit(step).Pluck(t.key, &keys).Error
			if err != nil {
				return err
			}
			if len(keys) == 0 {
				break
			}
			// The second condition: a new window may have begun since the counter was read.
			query := "DELETE FROM " + t.name + " WHERE " + t.key + " IN ? AND " + t.end + " < ?"
			err = s.write.WithContext(ctx).Exec(query, keys, expired).Error
			if err != nil {
				return err
			}
		}
	}
	for {
		n, err := s.purgeKeys(ctx, lastUse.Add(-models.KeyRenewal), step/10)
		if err != nil || n == 0 {
			return err
		}
	}
}

// purgeKeys deletes up to limit idempotency records that were last used before a time, and returns how
// many it found. A call may renew a record after it was found, so that its row is locked and checked
// again before it is deleted.
func (s *Store) purgeKeys(ctx context.Context, before time.Time, limit int) (found int, err error) {
	var old []int64
	err = s.read.WithContext(ctx).Table("idempotent_calls").Where("created_at < ?", before).
		Order("created_at").Limit(limit).Pluck("call_key", &old).Error
	if err != nil || len(old) == 0 {
		return 0, err
	}
	err = s.write.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
		var locked []int64
		err := tx.Raw("SELECT call_key FROM idempotent_calls WHERE call_key IN ? AND created_at < ? "+
			"ORDER BY call_key"+s.dialect.forUpdate(), old, before).Scan(&locked).Error
		if err != nil || len(locked) == 0 {
			return err
		}
		err = tx.Exec("DELETE FROM idempotent_call_events WHERE call_key IN ?", locked).Error
		if err != nil {
			return err
		}
		return tx.Exec("DELETE FROM idempotent_calls WHERE call_key IN ?", locked).Error
	})
	return len(old), err
}
