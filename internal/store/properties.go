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

// ErrOtherSecretKey says that the secret key is not the one by which the database's secrets are hashed.
var ErrOtherSecretKey = errors.New("the secret key is not the key of this database")

// ClaimSecretKey compares the secret key with the database's check value. The first key that comes claims
// the database. Afterwards another key needs the database's key among its older ones, and then becomes the
// database's key; anything else is ErrOtherSecretKey. Of servers that start at the same time with different
// keys, one claims the database.
func (s *Store) ClaimSecretKey(ctx context.Context, secrets *models.KeyedHasher) error {
	const tries = 20
	for try := 1; ; try++ {
		err := s.transaction(ctx, func(ctx context.Context, tx *sql.Tx) error { return s.claimSecretKey(ctx, tx, secrets) })
		again := errors.Is(err, models.ErrConflict) || errors.Is(err, models.ErrAborted) || errors.Is(err, models.ErrCommitUnknown)
		if !again || try == tries {
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
	var kept []byte
	err := tx.QueryRowContext(ctx, "SELECT value FROM "+propertiesTable+" WHERE name = ?"+s.dialect.forUpdate(), secretKeyCheck).Scan(&kept)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		_, err = tx.ExecContext(ctx, "INSERT INTO "+propertiesTable+" (name, value, set_at) VALUES (?, ?, "+
			"?)", secretKeyCheck, value, now)
		return err
	case err != nil || bytes.Equal(kept, value):
		return err
	}
	for _, older := range secrets.Previous() {
		if bytes.Equal(kept, older.CheckValue()) {
			_, err = tx.ExecContext(ctx, "UPDATE "+propertiesTable+" SET value = ?, set_at = ? WHERE name = "+
				"?", value, now, secretKeyCheck)
			return err
		}
	}
	return ErrOtherSecretKey
}

// HasSecretKey reports whether a secret key has claimed the database, or hashed something in it before
// there were check values. Then only that key will do, and a new one must not be made.
func (s *Store) HasSecretKey(ctx context.Context) (bool, error) {
	var found bool
	err := s.reader().QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM "+propertiesTable+` WHERE name = ?) OR EXISTS (SELECT 1 FROM access_tokens
		WHERE authentication_code_hash IS NOT NULL OR pass_code_hash IS NOT NULL OR one_time_password_hash IS NOT NULL)`, secretKeyCheck).Scan(&found)
	return found, s.dialect.classify(err, false)
}

// MarkDemo marks the database as one of demo data.
func (s *Store) MarkDemo(ctx context.Context) error {
	_, err := s.writer().ExecContext(ctx, "INSERT INTO "+propertiesTable+" (name, value, set_at) VALUES "+
		"(?, ?, ?)"+s.dialect.upsert("name", []string{"value"}),
		demoMark, []byte("yes"), time.Now().UTC().Truncate(time.Microsecond))
	return s.dialect.classify(err, false)
}

// IsDemo reports whether the database is marked as one of demo data.
func (s *Store) IsDemo(ctx context.Context) (bool, error) {
	var found bool
	err := s.reader().QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM "+
		""+propertiesTable+" WHERE name = ?)", demoMark).Scan(&found)
	return found, s.dialect.classify(err, false)
}

// OtherThan returns the name of an API user that is not the given one, and the number of an account that is
// not among the given ones; empty if there is none. It needs no tables, so that it can be asked before they
// are made.
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
		for i, one := range known {
			values[i] = one
		}
		err = s.writer().QueryRowContext(ctx, "SELECT "+column+" FROM "+table+" WHERE "+column+" NOT IN ("+placeholders(len(known))+") LIMIT 1", values...).Scan(&value)
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

// Lacks returns what the database still lacks before it can take events.
func (s *Store) Lacks(ctx context.Context) (users, units bool, err error) {
	err = s.reader().QueryRowContext(ctx, "SELECT NOT EXISTS (SELECT 1 FROM api_users), NOT EXISTS (SELECT "+
		"1 FROM units)").Scan(&users, &units)
	return users, units, err
}
