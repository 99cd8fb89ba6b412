package store

import (
	"bytes"
	"testing"
	"time"
)

func TestLastLogin(t *testing.T) {
	onEachDatabase(t, func(t *testing.T, s *Store) {
		now := time.Date(2026, 11, 25, 12, 0, 0, 123456000, time.UTC)
		network := func(i byte) []byte { return bytes.Repeat([]byte{i}, 32) }
		last := func(i byte) time.Time {
			at, err := s.LastLogin(t.Context(), network(i))
			if err != nil {
				t.Fatal(err)
			}
			return at
		}
		keep := func(i byte, at time.Time) {
			if err := s.KeepLogin(t.Context(), network(i), at, at.Add(-time.Hour)); err != nil {
				t.Fatal(err)
			}
		}
		if at := last(1); !at.IsZero() {
			t.Errorf("an unknown network: %s", at)
		}
		keep(1, now)
		keep(2, now)
		keep(1, now.Add(time.Minute))
		if at := last(1); !at.Equal(now.Add(time.Minute)) {
			t.Errorf("after two logins: %s", at)
		}
		keep(1, now.Add(time.Hour+time.Second)) // deletes the other
		if at := last(2); !at.IsZero() {
			t.Errorf("an old network is kept: %s", at)
		}
	})
}
