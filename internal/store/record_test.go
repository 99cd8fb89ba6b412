package store

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"customer-events/models"
)

// The numbers of two events, or of a thousand, are read by looking at their own rows: not at all that was
// written between them.
func TestReadNumbers_LooksAtNoOthers(t *testing.T) {
	t.Parallel()
	s := open(t, databases["MySQL"])
	record := func(n int) []*models.WebCustomerEvent {
		t.Helper()
		var entry models.WriteSet
		for i := range n {
			one := entryOf(fmt.Sprint(time.Now().UnixNano(), " ", i))
			entry.Events, entry.At = append(entry.Events, one.Events[0]), one.At
		}
		if err := s.Record(t.Context(), entry); err != nil {
			t.Fatal(err)
		}
		return entry.Events
	}
	first := record(1)
	for range 5 {
		record(1000)
	}
	last := record(1)
	thousand := slices.Concat(first, last, record(998))
	conn, err := s.writer().Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	reads := func() (sum int) {
		rows, err := conn.QueryContext(t.Context(), "SHOW SESSION STATUS LIKE 'Handler\\_read\\_%'")
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		for rows.Next() {
			var name string
			var value int
			if err := rows.Scan(&name, &value); err != nil {
				t.Fatal(err)
			}
			sum += value
		}
		return sum
	}
	for _, events := range [][]*models.WebCustomerEvent{{first[0], last[0]}, thousand} {
		want := make([]int64, len(events))
		for i, event := range events {
			want[i], event.Number = event.Number, 0
		}
		idle := reads()
		before := reads()
		if err := readNumbers(t.Context(), s.dialect, conn, events); err != nil {
			t.Fatal(err)
		}
		if looked := reads() - before - (before - idle); looked > 4*len(events)+20 {
			t.Errorf("for %d numbers, %d rows were looked at", len(events), looked)
		} else {
			t.Logf("for %d numbers, %d rows were looked at", len(events), looked)
		}
		for i, event := range events {
			if event.Number != want[i] {
				t.Fatalf("event %d is %d, not %d", i, event.Number, want[i])
			}
		}
	}
}

// An interrupted start may have changed a table without noting the migration as done: each can be run
// again.
func TestMigrate_AfterAnInterruption(t *testing.T) {
	t.Parallel()
	s := open(t, databases["MySQL"])
	if _, err := s.writer().ExecContext(t.Context(), "DELETE FROM goose_db_version WHERE version_id >= 4"); err != nil {
		t.Fatal(err)
	}
	if err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := s.Record(t.Context(), entryOf("after")); err != nil {
		t.Fatal(err)
	}
}

// An idempotency key is kept for its retention time after its last use, though it was first used long
// before. A replay renews it only once in models.KeyRenewal, so that it is kept for so much longer.
func TestSweep_KeepsKeysThatWereUsedSince(t *testing.T) {
	t.Parallel()
	for name, url := range databases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := open(t, url)
			start := time.Now().UTC().Truncate(time.Microsecond)
			const life = 72 * time.Hour
			at := func(entry models.WriteSet, after time.Duration) models.WriteSet {
				entry.At = start.Add(after)
				return entry
			}
			late, replayed, unused := entryOf("late"), entryOf("replayed"), entryOf("unused")
			for _, entry := range []models.WriteSet{late, replayed, unused} {
				if err := s.Record(t.Context(), at(entry, 0)); err != nil {
					t.Fatal(err)
				}
			}
			key := func(entry models.WriteSet) int64 {
				kept, err := s.IdempotencyRecord(t.Context(), *entry.Key)
				if err != nil {
					t.Fatal(err)
				}
				if kept == nil {
					return 0
				}
				if len(kept.Events) == 0 {
					t.Error("the key has lost its events")
				}
				return kept.Key
			}
			more := entryOf("more") // recorded under the first key after 71 hours
			more.Key, more.RecordKey, more.RequestHashes = late.Key, key(late), [][]byte{[]byte(fmt.Sprintf("%032d", 1))}
			again := models.WriteSet{Key: replayed.Key, RecordKey: key(replayed)}
			for _, entry := range []models.WriteSet{more, again} {
				if err := s.Record(t.Context(), at(entry, 71*time.Hour)); err != nil {
					t.Fatal(err)
				}
			}
			for _, c := range []struct {
				after                  time.Duration
				late, replayed, unused bool
			}{
				{life + models.KeyRenewal, true, true, true},
				{life + models.KeyRenewal + time.Microsecond, true, true, false},
				{71*time.Hour + life + models.KeyRenewal, true, true, false},
				{71*time.Hour + life + models.KeyRenewal + time.Microsecond, false, false, false},
			} {
				now := start.Add(c.after)
				if err := s.purgeBefore(t.Context(), now, now.Add(-life)); err != nil {
					t.Fatal(err)
				}
				if got := [3]bool{key(late) != 0, key(replayed) != 0, key(unused) != 0}; got != [3]bool{c.late, c.replayed, c.unused} {
					t.Errorf("after %s: %v are kept", c.after, got)
				}
			}
			if n := count(t, s, "idempotent_call_events"); n != 0 {
				t.Errorf("%d events of keys are left", n)
			}
		})
	}
}

// A key that is renewed while it is being purged is kept, with its events.
func TestSweep_WaitsForARenewal(t *testing.T) {
	t.Parallel()
	s := open(t, databases["MySQL"]) // SQLite lets one transaction write at a time
	entry := entryOf("renewed")
	entry.At = entry.At.Add(-100 * time.Hour)
	if err := s.Record(t.Context(), entry); err != nil {
		t.Fatal(err)
	}
	kept, err := s.IdempotencyRecord(t.Context(), *entry.Key)
	if err != nil {
		t.Fatal(err)
	}
	tx, err := s.writer().BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback() }()
	now := time.Now().UTC()
	if err := s.renew(t.Context(), tx, models.WriteSet{RecordKey: kept.Key, At: now}); err != nil {
		t.Fatal(err)
	}
	swept := make(chan error, 1)
	go func() { swept <- s.purgeBefore(context.WithoutCancel(t.Context()), now, now.Add(-72*time.Hour)) }()
	select {
	case err := <-swept:
		t.Errorf("the purge did not wait: %v", err)
	case <-time.After(200 * time.Millisecond):
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	if err := <-swept; err != nil {
		t.Error(err)
	}
	if kept, err = s.IdempotencyRecord(t.Context(), *entry.Key); err != nil || kept == nil || len(kept.Events) != 1 {
		t.Errorf("remembered %+v, %v", kept, err)
	}
}

// An entry whose references were not looked up shares its transaction with no other, on any database.
func TestLanes_UncheckedEntriesGoAlone(t *testing.T) {
	t.Parallel()
	l := groupCommitter{}
	for i, unchecked := range []bool{false, false, true, false, true, true, false, false} {
		entry := entryOf(fmt.Sprint(i))
		entry.Unchecked = unchecked
		l.waiting = append(l.waiting, &waiter{entry: entry, result: make(chan groupResult, 1)})
	}
	var sizes []int
	for len(l.waiting) > 0 {
		first := l.waiting[0]
		l.release()
		sizes = append(sizes, len((<-first.result).group))
	}
	if want := []int{2, 1, 1, 1, 1, 2}; !slices.Equal(sizes, want) {
		t.Errorf("groups of %v, want %v", sizes, want)
	}
}
