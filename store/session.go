package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"

	"customer-events/models"
)

// User finds an API user by name, byte for byte; nil if there is none.
func (s *Store) User(ctx context.Context, name string) (*models.User, error) {
	var users []models.User
	if err := s.read.WithContext(ctx).Where("name = ?", name).Find(&users).Error; err != nil {
		return nil, s.dialect.classify(err, false)
	}
	for _, user := range users {
		if user.Name == name {
			return &user, nil
		}
	}
	return nil, nil
}

// ErrUserExists is returned by AddUser for a name that is taken.
var ErrUserExists = errors.New("there is a user of this name already")

// AddUser adds an API user that may write for the units of these ids only, or for all if none is named. It sets the key.
func (s *Store) AddUser(ctx context.Context, user *models.User, unitIDs []string) error {
	return s.write.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
		if err := tx.Create(user).Error; err != nil {
			if errors.Is(s.dialect.classify(err, false), models.ErrStale) {
				return ErrUserExists
			}
			return err
		}
		for _, id := range unitIDs {
			var unit models.Unit
			err := tx.Where("id = ?", id).Take(&unit).Error
			if errors.Is(err, gorm.ErrRecordNotFound) {
				return fmt.Errorf("there is no unit with the id %q: import it first, or name another", id)
			}
			if err == nil {
				err = tx.Table("api_user_units").Create(map[string]any{"user_key": user.Key, "unit_key": unit.Key}).Error
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// session is one login.
type session struct {
	TokenHash []byte
	UserKey   int64
	CreatedAt time.Time
	ExpiresAt time.Time
}

// StartSession remembers a token, by its hash.
func (s *Store) StartSession(ctx context.Context, tokenHash []byte, userKey int64, from, until time.Time) error {
	err := s.write.WithContext(ctx).Create(&session{tokenHash, userKey, from, until}).Error
	return s.dialect.classify(err, false)
}

// EndSession forgets a token.
func (s *Store) EndSession(ctx context.Context, tokenHash []byte) error {
	err := s.write.WithContext(ctx).Where("token_hash = ?", tokenHash).Delete(&session{}).Error
	return s.dialect.classify(err, false)
}

// Caller finds whose token it is, and his units; nil if it is nobody's, or was until now.
func (s *Store) Caller(ctx context.Context, tokenHash []byte, now time.Time) (*models.Caller, error) {
	// One row for each unit of the user, or one with a null unit.
	rows, err := s.reader().QueryContext(ctx, `SELECT u.user_key, u.name, l.unit_key FROM sessions s JOIN api_users u ON u.user_key = s.user_key
		LEFT JOIN api_user_units l ON l.user_key = u.user_key WHERE s.token_hash = ? AND s.expires_at > ?`, tokenHash, now)
	if err != nil {
		return nil, s.dialect.classify(err, false)
	}
	defer rows.Close()
	var caller *models.Caller
	for rows.Next() {
		var row models.Caller
		var unit *int64
		if err := rows.Scan(&row.UserKey, &row.Name, &unit); err != nil {
			return nil, err
		}
		if caller == nil {
			caller = &row
		}
		if unit != nil {
			caller.Units = append(caller.Units, *unit)
		}
	}
	return caller, s.dialect.classify(rows.Err(), false)
}

// Sweep deletes sessions that ended, and idempotency keys remembered, before the given times, in steps so small that nobody
// waits for them.
func (s *Store) Sweep(ctx context.Context, sessions, calls time.Time) error {
	const step = 200
	for {
		var ended [][]byte
		if err := s.read.WithContext(ctx).Model(&session{}).Where("expires_at < ?", sessions).Limit(step).Pluck("token_hash", &ended).Error; err != nil {
			return err
		}
		if len(ended) == 0 {
			break
		}
		if err := s.write.WithContext(ctx).Where("token_hash IN ?", ended).Delete(&session{}).Error; err != nil {
			return err
		}
	}
	for {
		var old []int64
		err := s.read.WithContext(ctx).Table("idempotent_calls").Where("created_at < ?", calls).Order("created_at").Limit(step/10).Pluck("call_key", &old).Error
		if err != nil || len(old) == 0 {
			return err
		}
		err = s.write.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
			if err := tx.Exec("DELETE FROM idempotent_call_events WHERE call_key IN ?", old).Error; err != nil {
				return err
			}
			return tx.Exec("DELETE FROM idempotent_calls WHERE call_key IN ?", old).Error
		})
		if err != nil {
			return err
		}
	}
}
