package store

import (
	"context"
	"time"

	"customer-events/models"
)

// User returns the API user with a name, compared by bytes; nil if there is none. It makes one query in
// both cases, so that the response time does not reveal whether the name exists.
func (s *Store) User(ctx context.Context, name string) (*models.User, error) {
	var users []struct {
		models.User
		IsDisabled bool
	}
	const isDisabled = "EXISTS (SELECT 1 FROM disabled_users AS d WHERE d.user_key = u.user_key) " +
		"AS is_disabled"
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

// Users returns all API users in the order of their names, with the times and units that lists show.
func (s *Store) Users(ctx context.Context) ([]models.User, error) {
	var users []struct {
		models.User
		DisabledSince *time.Time
		LastLogin     *time.Time
	}
	err := s.read.WithContext(ctx).Table("api_users AS u").
		Select("u.*, d.disabled_at AS disabled_since, l.last_login_at AS last_login").
		Joins("LEFT JOIN disabled_users AS d ON d.user_key = u.user_key").
		Joins("LEFT JOIN user_logins AS l ON l.user_key = u.user_key").
		Order("u.name").Scan(&users).Error
	if err != nil {
		return nil, s.dialect.classify(err, false)
	}
	units, err := s.userUnits(ctx)
	list := make([]models.User, len(users))
	for i, user := range users {
		list[i] = user.User
		if user.DisabledSince != nil {
			list[i].Disabled, list[i].DisabledAt = true, *user.DisabledSince
		}
		if user.LastLogin != nil {
			list[i].LastLoginAt = *user.LastLogin
		}
		list[i].Units = units[user.Key]
	}
	return list, err
}

// userUnits returns the units of each limited user, by the user's key and in the order of their ids.
func (s *Store) userUnits(ctx context.Context) (map[int64][]models.Unit, error) {
	var rows []struct {
		UserKey int64
		models.Unit
	}
	err := s.read.WithContext(ctx).Table("api_user_units AS l").Select("l.user_key, u.*").
		Joins("JOIN units AS u ON u.unit_key = l.unit_key").Order("u.id").Scan(&rows).Error
	units := make(map[int64][]models.Unit)
	for _, row := range rows {
		units[row.UserKey] = append(units[row.UserKey], row.Unit)
	}
	return units, s.dialect.classify(err, false)
}

// RehashPassword replaces the hash of the password that a user has, unless the password has changed
// meanwhile.
func (s *Store) RehashPassword(ctx context.Context, user models.User, hash string) error {
	const update = "UPDATE api_users SET password_hash = ? WHERE user_key = ? AND password_hash = ?"
	err := s.write.WithContext(ctx).Exec(update, hash, user.Key, user.PasswordHash).Error
	return s.dialect.classify(err, false)
}
