package store

import (
	"context"
	"database/sql"
	"errors"
	"time"
)

// LastLogin returns when KeepLogin was last called for a network; the zero time for a network that is
// unknown.
func (s *Store) LastLogin(ctx context.Context, network []byte) (at time.Time, err error) {
	err = s.reader().QueryRowContext(ctx, "SELECT last_login_at FROM login_networks WHERE network = "+
		"?", network).Scan(&at)
	if errors.Is(err, sql.ErrNoRows) {
		return time.Time{}, nil
	}
	return at.UTC(), s.dialect.classify(err, false)
}

// KeepLogin remembers that somebody has logged in from a network, and forgets the networks of before a
// time.
func (s *Store) KeepLogin(ctx context.Context, network []byte, at, forget time.Time) error {
	_, err := s.writer().ExecContext(ctx, "INSERT INTO login_networks (network, last_login_at) VALUES (?, ?)"+
		s.dialect.upsert("network", []string{"last_login_at"}), network, at)
	if err == nil {
		_, err = s.writer().ExecContext(ctx, "DELETE FROM login_networks WHERE last_login_at < ?", forget)
	}
	return s.dialect.classify(err, false)
}
