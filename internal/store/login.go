package store

import (
	"context"
	"database/sql"
	"errors"
	"time"
)

// LastLogin returns the time of the last login from a network; the zero time if there was none.
func (s *Store) LastLogin(ctx context.Context, network []byte) (at time.Time, err error) {
	err = s.reader().QueryRowContext(ctx, "SELECT last_login_at FROM login_networks WHERE network = ?",
		network).Scan(&at)
	if errors.Is(err, sql.ErrNoRows) {
		return time.Time{}, nil
	}
	return at.UTC(), s.dialect.classify(err, false)
}

// KeepLogin stores the time of a login from a network, and deletes the networks whose last login is
// before forget.
func (s *Store) KeepLogin(ctx context.Context, network []byte, at, forget time.Time) error {
	_, err := s.writer().ExecContext(ctx, "INSERT INTO login_networks (network, last_login_at) VALUES (?, ?)"+
		s.dialect.upsert("network", []string{"last_login_at"}), network, at)
	if err == nil {
		_, err = s.writer().ExecContext(ctx, "DELETE FROM login_networks WHERE last_login_at < ?", forget)
	}
	return s.dialect.classify(err, false)
}
