package store

import (
	"context"
	"time"

	"gorm.io/gorm"

	"customer-events/models"
)

// clockMargin is how much longer than needed everything is kept: the server that wrote a time may have
// had a slow clock.
const clockMargin = time.Hour

// PurgeExpired deletes sessions and windows of failed attempts that have ended, and idempotency keys
// remembered longer ago than keyLife, in steps so small that nobody waits for them. The database's clock
// decides what has ended: if this server's did, one server with a fast clock would delete what all others
// need. A key is renewed only once in a while (models.KeyRenewal), and kept for so much longer.
func (s *Store) PurgeExpired(ctx context.Context, keyLife time.Duration) error {
	if err := s.writable(); err != nil {
		return err
	}
	var now int64
	if err := s.reader().QueryRowContext(ctx, s.dialect.clock()).Scan(&now); err != nil {
		return s.dialect.classify(err, false)
	}
	ended := time.UnixMicro(now).UTC().Add(-clockMargin)
	return s.purgeBefore(ctx, ended, ended.Add(-keyLife))
}

// purgeBefore is Sweep for what ended, and for idempotency keys last used, before the given times.
func (s *Store) purgeBefore(ctx context.Context, sessions, calls time.Time) error {
	const step = 200
	for _, ending := range []struct{ table, key, end string }{{"sessions", "token_hash", "expires_at"}, {"failed_attempts", "subject", "ends_at"}} {
		for {
			var ended [][]byte
			err := s.read.WithContext(ctx).Table(ending.table).Where(ending.end+" < ?", sessions).Limit(step).Pluck(ending.key, &ended).Error
			if err != nil {
				return err
			}
			if len(ended) == 0 {
				break
			}
			// A window of failed attempts may have begun anew since it was read.
			err = s.write.WithContext(ctx).Exec("DELETE FROM "+ending.table+" WHERE "+ending.key+" IN ? AND "+ending.end+" < ?", ended, sessions).Error
			if err != nil {
				return err
			}
		}
	}
	for {
		n, err := s.purgeCalls(ctx, calls.Add(-models.KeyRenewal), step/10)
		if err != nil || n == 0 {
			return err
		}
	}
}

// purgeCalls deletes so many calls that were last used before the time, and tells how many it found. A call
// may be renewed after it was found: so its row is locked and looked at again before what is remembered of
// it is deleted.
func (s *Store) purgeCalls(ctx context.Context, before time.Time, most int) (found int, err error) {
	var old []int64
	err = s.read.WithContext(ctx).Table("idempotent_calls").Where("created_at < ?", before).
		Order("created_at").Limit(most).Pluck("call_key", &old).Error
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
