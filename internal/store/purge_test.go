package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"customer-events/models"
)

// shifted is a connector whose connections have another time on the database's clock.
type shifted struct {
	driver.Connector
	by time.Duration
}

func (c shifted) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	if err == nil {
		at := float64(time.Now().Add(c.by).UnixMicro()) / 1e6
		_, err = conn.(driver.ExecerContext).ExecContext(ctx, fmt.Sprintf("SET timestamp = %f", at), nil)
	}
	return conn, err
}

// TestPurge_DatabaseClockDecides purges with a database clock that differs from the program's.
func TestPurge_DatabaseClockDecides(t *testing.T) {
	t.Parallel()
	url := databases["MySQL"](t)
	s := open(t, func(testing.TB) string { return url })
	now := time.Now().UTC().Truncate(time.Microsecond)
	users := []models.User{{Name: "u", PasswordHash: "h", CreatedAt: now}}
	if err := s.AddUser(t.Context(), &users[0], nil); err != nil {
		t.Fatal(err)
	}
	token := make([]byte, 32)
	until := now.Add(2 * time.Hour)
	if started, err := s.StartSession(t.Context(), token, users[0], now, until); err != nil || !started {
		t.Fatal(started, err)
	}
	limits := []models.Limit{{CounterKey: fmt.Sprintf("%032d", 1), Max: 1}}
	attempt := models.Attempt{Failed: true, Limits: limits}
	attempts := models.Attempts{At: now, List: []models.Attempt{attempt}}
	if _, err := s.CountAttempts(t.Context(), attempts); err != nil {
		t.Fatal(err)
	}
	entry := entryOf("1")
	entry.At = now
	entry.Key = &models.IdempotencyKey{UserKey: 1, KeyHash: make([]byte, 32), Fingerprint: make([]byte, 32)}
	entry.RequestHashes = [][]byte{make([]byte, 32)}
	if err := s.Record(t.Context(), entry); err != nil {
		t.Fatal(err)
	}
	const keyLife = 72 * time.Hour
	for _, c := range []struct {
		clock time.Duration
		left  int
	}{{-100 * time.Hour, 3}, {0, 3}, {100 * time.Hour, 0}} {
		opener := func(connector driver.Connector) *sql.DB { return sql.OpenDB(shifted{connector, c.clock}) }
		server, err := OpenWith(t.Context(), url, slog.New(slog.DiscardHandler), opener)
		if err != nil {
			t.Fatal(err)
		}
		if err := server.PurgeExpired(t.Context(), keyLife); err != nil {
			t.Error(err)
		}
		var left int
		err = s.reader().QueryRowContext(t.Context(), `SELECT (SELECT COUNT(*) FROM sessions) +
			(SELECT COUNT(*) FROM failed_attempts) + (SELECT COUNT(*) FROM idempotent_calls)`).Scan(&left)
		if err != nil || left != c.left {
			t.Errorf("the database's clock is %v ahead: %d rows are left (%v), want %d", c.clock, left, err, c.left)
		}
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	}
}

// TestClock compares the clock of each database with the program's.
func TestClock(t *testing.T) {
	t.Parallel()
	for name, url := range databases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := open(t, url)
			var micros int64
			if err := s.reader().QueryRowContext(t.Context(), s.dialect.clock()).Scan(&micros); err != nil {
				t.Fatal(err)
			}
			if off := time.Since(time.UnixMicro(micros)).Abs(); off > time.Minute {
				t.Errorf("the database's clock is %v off", off)
			}
		})
	}
}
