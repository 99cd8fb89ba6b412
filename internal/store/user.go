package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"gorm.io/gorm"

	"customer-events/models"
)

// User returns the API user with a name, compared by bytes; nil if there is none. It makes one query in
// both cases, so that the response time does not reveal whether the name exists.
func (s *Store) User(ctx context.Context, name string) (*models.User, error) {
	var users []struct {
		models.User
		IsDisabled bool
	}
	const isDisabled = "EXISTS (SELECT 1 FROM disabled_users AS d WHERE d.user_key = u.user_key) AS is_disabled"
	err := s.read.WithContext(ctx).Table("api_users AS u").Select("u.*, "+isDisabled).
		Where("u.name = ?", name).Scan(&users).Error
	if err != nil {
		return nil, s.dialect.classify(err, false)
	}
	for i := range users {
		if users[i].Name == name {
			users[i].Disabled = users[i].IsDisabled
			return &users[i].User, nil
		}
	}
	return nil, nil
}

// Users returns all API users in the order of their names, with the units that they are limited to.
func (s *Store) Users(ctx context.Context) ([]models.User, error) {
	var users []models.User
	if err := s.read.WithContext(ctx).Order("name").Find(&users).Error; err != nil {
		return nil, err
	}
	var disabled []int64
	if err := s.read.WithContext(ctx).Table("disabled_users").Pluck("user_key", &disabled).Error; err != nil {
		return nil, err
	}
	var units []struct {
		UserKey int64
		ID      string
	}
	err := s.read.WithContext(ctx).Table("api_user_units AS l").Select("l.user_key, u.id").
		Joins("JOIN units AS u ON u.unit_key = l.unit_key").Order("u.id").Find(&units).Error
	for i := range users {
		users[i].Disabled = slices.Contains(disabled, users[i].Key)
		for _, unit := range units {
			if unit.UserKey == users[i].Key {
				users[i].UnitIDs = append(users[i].UnitIDs, unit.ID)
			}
		}
	}
	return users, err
}

// ErrUserExists is the error of AddUser for a name that exists.
var ErrUserExists = errors.New("a user with this name exists already")

// AddUser adds an API user and sets its key. The user may write only for the units with the given ids, or
// for all units if there are none.
func (s *Store) AddUser(ctx context.Context, user *models.User, unitIDs []string) error {
	return s.write.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
		if err := tx.Create(user).Error; err != nil {
			if errors.Is(s.dialect.classify(err, false), models.ErrConflict) {
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
				row := map[string]any{"user_key": user.Key, "unit_key": unit.Key}
				err = tx.Table("api_user_units").Create(row).Error
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// ErrNoUser is the error for a name that no user has.
var ErrNoUser = errors.New("there is no user with this name: \"user list\" lists the users")

// SetPassword changes the password of a user and ends all sessions of the user.
func (s *Store) SetPassword(ctx context.Context, name, hash string) error {
	return s.changeUser(ctx, name, func(ctx context.Context, tx *sql.Tx, key int64) error {
		_, err := tx.ExecContext(ctx, "UPDATE api_users SET password_hash = ? WHERE user_key = ?", hash, key)
		return err
	})
}

// DisableUser prevents logins of a user and ends all sessions of the user. A second call changes nothing.
func (s *Store) DisableUser(ctx context.Context, name string, at time.Time) error {
	return s.changeUser(ctx, name, func(ctx context.Context, tx *sql.Tx, key int64) error {
		_, err := tx.ExecContext(ctx, "INSERT INTO disabled_users (user_key, disabled_at) VALUES (?, ?)"+
			s.dialect.upsert("user_key", []string{"user_key"}), key, at)
		return err
	})
}

// EnableUser allows logins of a user again. Sessions that have ended stay ended.
func (s *Store) EnableUser(ctx context.Context, name string) error {
	return s.changeUser(ctx, name, func(ctx context.Context, tx *sql.Tx, key int64) error {
		_, err := tx.ExecContext(ctx, "DELETE FROM disabled_users WHERE user_key = ?", key)
		return err
	})
}

// changeUser locks the row of a user, calls change, and ends all sessions of the user.
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
		if err == nil {
			_, err = tx.ExecContext(ctx, "DELETE FROM sessions WHERE user_key = ?", key)
		}
		return err
	})
}

// RehashPassword replaces the hash of the password that a user has, unless the password has changed
// meanwhile.
func (s *Store) RehashPassword(ctx context.Context, user models.User, hash string) error {
	const update = "UPDATE api_users SET password_hash = ? WHERE user_key = ? AND password_hash = ?"
	err := s.write.WithContext(ctx).Exec(update, hash, user.Key, user.PasswordHash).Error
	return s.dialect.classify(err, false)
}
