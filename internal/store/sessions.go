package store

import (
	"context"
	"database/sql"
	"time"

	"customer-events/models"
)

// session is one login.
type session struct {
	TokenHash []byte
	UserKey   int64
	CreatedAt time.Time
	ExpiresAt time.Time
}

// StartSession stores the hash of a session token, unless the user has been disabled or the password
// changed since the given user was read. The lock on the user's row serialises it with such changes.
func (s *Store) StartSession(
	ctx context.Context, tokenHash []byte, user models.User, from, until time.Time,
) (started bool, err error) {
	err = s.transaction(ctx, func(ctx context.Context, tx *sql.Tx) error {
		var hash string
		query := "SELECT password_hash FROM api_users WHERE user_key = ?" + s.dialect.forUpdate()
		err := tx.QueryRowContext(ctx, query, user.Key).Scan(&hash)
		if err != nil {
			return err
		}
		var disabled int
		query = "SELECT COUNT(*) FROM disabled_users WHERE user_key = ?"
		if err := tx.QueryRowContext(ctx, query, user.Key).Scan(&disabled); err != nil {
			return err
		}
		if hash != user.PasswordHash || disabled > 0 {
			return nil
		}
		started = true
		_, err = tx.ExecContext(ctx, "INSERT INTO sessions (token_hash, user_key, created_at, expires_at) "+
			"VALUES (?, ?, ?, ?)", tokenHash, user.Key, from, until)
		return err
	})
	return started && err == nil, err
}

// EndSession deletes the session of a token.
func (s *Store) EndSession(ctx context.Context, tokenHash []byte) error {
	err := s.write.WithContext(ctx).Where("token_hash = ?", tokenHash).Delete(&session{}).Error
	return s.dialect.classify(err, false)
}

// Caller returns the user of a session token and the units of the user; nil if there is no such session,
// or no longer.
func (s *Store) Caller(ctx context.Context, tokenHash []byte, now time.Time) (*models.Caller, error) {
	l := s.newLookup()
	l.session(tokenHash, now)
	if err := l.run(ctx, s.pools.sessions); err != nil {
		return nil, err
	}
	return l.callers[0], nil
}
