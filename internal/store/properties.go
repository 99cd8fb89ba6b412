package store

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"time"

	"customer-events/models"
)

// The names of properties.
const (
	secretKeyCheck = "secret-key-check"
	demoMark       = "demo"
)

// ErrOtherSecretKey means that the secrets in the database are hashed with another key.
var ErrOtherSecretKey = errors.New("the secret key is not the key of this database")

// ClaimSecretKey compares the secret key with the check value in the database. The first key claims the
// database. A later key replaces it only if the current key is among the later key's previous ones.
// Otherwise it returns ErrOtherSecretKey. If servers start at the same time with different keys, one of
// them claims the database.
func (s *Store) ClaimSecretKey(ctx context.Context, secrets *models.KeyedHasher) error {
	const maxTries = 20
	for try := 1; ; try++ {
		err := s.transaction(ctx, func(ctx context.Context, tx *sql.Tx) error {
			return s.claimSecretKey(ctx, tx, secrets)
		})
		retry := errors.Is(err, models.ErrConflict) || errors.Is(err, models.ErrAborted) ||
			errors.Is(err, models.ErrCommitUnknown)
		if !retry || try == maxTries {
			return err
		}
		select {
		case <-time.After(time.Duration(try) * 5 * time.Millisecond):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (s *Store) claimSecretKey(ctx context.Context, tx *sql.Tx, secrets *models.KeyedHasher) error {
	value, now := secrets.CheckValue(), time.Now().UTC().Truncate(time.Microsecond)
	var current []byte
	query := "SELECT value FROM " + propertiesTable + " WHERE name = ?" + s.dialect.forUpdate()
	err := tx.QueryRowContext(ctx, query, secretKeyCheck).Scan(&current)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		_, err = tx.ExecContext(ctx, "INSERT INTO "+propertiesTable+" (name, value, set_at) VALUES (?, ?, ?)",
			secretKeyCheck, value, now)
		return err
	case err != nil || bytes.Equal(current, value):
		return err
	}
	for _, previous := range secrets.Previous() {
		if bytes.Equal(current, previous.CheckValue()) {
			_, err = tx.ExecContext(ctx, "UPDATE "+propertiesTable+" SET value = ?, set_at = ? WHERE name = ?",
				value, now, secretKeyCheck)
			return err
		}
	}
	return ErrOtherSecretKey
}

// HasSecretKey reports whether the database depends on a secret key: a key has claimed it, or a version
// without check values has stored hashes in it. Then the caller must not generate a new key.
func (s *Store) HasSecretKey(ctx context.Context) (bool, error) {
	var found bool
	err := s.reader().QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM "+propertiesTable+` WHERE name = ?)
		OR EXISTS (SELECT 1 FROM access_tokens WHERE authentication_code_hash IS NOT NULL
			OR pass_code_hash IS NOT NULL OR one_time_password_hash IS NOT NULL)`, secretKeyCheck).Scan(&found)
	return found, s.dialect.classify(err, false)
}

// MarkDemo marks the database as a demo.
func (s *Store) MarkDemo(ctx context.Context) error {
	insert := "INSERT INTO " + propertiesTable + " (name, value, set_at) VALUES (?, ?, ?)" +
		s.dialect.upsert("name", []string{"value"})
	_, err := s.writer().ExecContext(ctx, insert,
		demoMark, []byte("yes"), time.Now().UTC().Truncate(time.Microsecond))
	return s.dialect.classify(err, false)
}

// IsDemo reports whether the database is marked as a demo.
func (s *Store) IsDemo(ctx context.Context) (bool, error) {
	var found bool
	err := s.reader().QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM "+propertiesTable+" WHERE name = ?)",
		demoMark).Scan(&found)
	return found, s.dialect.classify(err, false)
}

// OtherThan returns the name of an API user that is not the given one, and the number of an account that
// is not among the given ones; empty if there is none. It works before the tables are created, too.
func (s *Store) OtherThan(
	ctx context.Context, user string, accounts []string,
) (otherUser, otherAccount string, err error) {
	c, err := s.dialect.catalog(ctx, s.writer())
	if err != nil {
		return "", "", err
	}
	first := func(table, column string, known []string) (value string, err error) {
		if !c.has(table) {
			return "", nil
		}
		values := make([]any, len(known))
		for i, value := range known {
			values[i] = value
		}
		query := "SELECT " + column + " FROM " + table + " WHERE " + column +
			" NOT IN (" + placeholders(len(known)) + ") LIMIT 1"
		err = s.writer().QueryRowContext(ctx, query, values...).Scan(&value)
		if errors.Is(err, sql.ErrNoRows) {
			err = nil
		}
		return value, err
	}
	if otherUser, err = first("api_users", "name", []string{user}); err == nil {
		otherAccount, err = first("accounts_receivable", "number", accounts)
	}
	return otherUser, otherAccount, err
}

// Lacks reports whether the database has no users, no accounts or no units, without which it can record no
// events.
func (s *Store) Lacks(ctx context.Context) (users, accounts, units bool, err error) {
	err = s.reader().QueryRowContext(ctx, "SELECT NOT EXISTS (SELECT 1 FROM api_users), "+
		"NOT EXISTS (SELECT 1 FROM accounts_receivable), NOT EXISTS (SELECT 1 FROM units)").
		Scan(&users, &accounts, &units)
	return users, accounts, units, err
}
