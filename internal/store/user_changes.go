package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"gorm.io/gorm"

	"customer-events/models"
)

// ErrUserExists is the error of AddUser for a name that exists.
var ErrUserExists = errors.New("a user with this name exists already")

// ErrNoUser is the error for a name that no user has.
var ErrNoUser = errors.New("there is no user with this name: \"user list\" lists the users")

// AddUser adds an API user and sets its key. The user may write only for the given units, or for all units
// if none is given. A unit is given by id, name or alternative code.
func (s *Store) AddUser(ctx context.Context, user *models.User, units []string) error {
	keys, err := s.findUnits(ctx, units)
	if err != nil {
		return err
	}
	return s.write.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
		if err := tx.Create(user).Error; err != nil {
			if errors.Is(s.dialect.classify(err, false), models.ErrConflict) {
				return ErrUserExists
			}
			return err
		}
		for _, key := range keys {
			row := map[string]any{"user_key": user.Key, "unit_key": key}
			if err := tx.Table("api_user_units").Create(row).Error; err != nil {
				return err
			}
		}
		return nil
	})
}

// SetPassword changes the password of a user and ends all sessions of the user.
func (s *Store) SetPassword(ctx context.Context, name, hash string) error {
	return s.changeLogin(ctx, name, func(ctx context.Context, tx *sql.Tx, key int64) error {
		_, err := tx.ExecContext(ctx, "UPDATE api_users SET password_hash = ? WHERE user_key = ?", hash, key)
		return err
	})
}

// DisableUser prevents logins of a user and ends all sessions of the user. A second call changes nothing.
func (s *Store) DisableUser(ctx context.Context, name string, at time.Time) error {
	return s.changeLogin(ctx, name, func(ctx context.Context, tx *sql.Tx, key int64) error {
		_, err := tx.ExecContext(ctx, "INSERT INTO disabled_users (user_key, disabled_at) VALUES (?, ?)"+
			s.dialect.upsert("user_key", []string{"user_key"}), key, at)
		return err
	})
}

// EnableUser allows logins of a user again. Sessions that have ended stay ended.
func (s *Store) EnableUser(ctx context.Context, name string) error {
	return s.changeLogin(ctx, name, func(ctx context.Context, tx *sql.Tx, key int64) error {
		_, err := tx.ExecContext(ctx, "DELETE FROM disabled_users WHERE user_key = ?", key)
		return err
	})
}

// DeleteUser deletes a user and ends all sessions of the user. The events of the user keep the name, and a
// new user may get it.
func (s *Store) DeleteUser(ctx context.Context, name string, at time.Time) error {
	return s.changeLogin(ctx, name, func(ctx context.Context, tx *sql.Tx, key int64) error {
		_, err := tx.ExecContext(ctx, "INSERT INTO deleted_users (user_key, name, deleted_at) "+
			"VALUES (?, ?, ?)", key, name, at)
		for _, table := range []string{"api_user_units", "disabled_users", "user_logins", "api_users"} {
			if err == nil {
				_, err = tx.ExecContext(ctx, "DELETE FROM "+table+" WHERE user_key = ?", key)
			}
		}
		return err
	})
}

// SetUserUnits limits a user to the given units, or removes the limit if none is given. It takes effect at
// once, in running sessions too. A unit is given by id, name or alternative code.
func (s *Store) SetUserUnits(ctx context.Context, name string, units []string) error {
	keys, err := s.findUnits(ctx, units)
	if err != nil {
		return err
	}
	return s.changeUser(ctx, name, func(ctx context.Context, tx *sql.Tx, key int64) error {
		_, err := tx.ExecContext(ctx, "DELETE FROM api_user_units WHERE user_key = ?", key)
		for _, unit := range keys {
			if err == nil {
				_, err = tx.ExecContext(ctx, "INSERT INTO api_user_units (user_key, unit_key) VALUES (?, ?)",
					key, unit)
			}
		}
		return err
	})
}

// changeLogin is changeUser that also ends all sessions of the user.
func (s *Store) changeLogin(
	ctx context.Context, name string, change func(ctx context.Context, tx *sql.Tx, key int64) error,
) error {
	return s.changeUser(ctx, name, func(ctx context.Context, tx *sql.Tx, key int64) error {
		if err := change(ctx, tx, key); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, "DELETE FROM sessions WHERE user_key = ?", key)
		return err
	})
}

// changeUser locks the row of a user and calls change.
func (s *Store) changeUser(
	ctx context.Context, name string, change func(ctx context.Context, tx *sql.Tx, key int64) error,
) error {
	return s.transaction(ctx, func(ctx context.Context, tx *sql.Tx) error {
		var key int64
		var found []byte // SQL may match a name with other bytes
		query := "SELECT user_key, name FROM api_users WHERE name = ?" + s.dialect.forUpdate()
		err := tx.QueryRowContext(ctx, query, name).Scan(&key, &found)
		if errors.Is(err, sql.ErrNoRows) || err == nil && string(found) != name {
			return ErrNoUser
		}
		if err == nil {
			err = change(ctx, tx, key)
		}
		return err
	})
}
