package store

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"customer-events/models"
)

// TestReadNumbers_ReadsNoOtherRows reads the numbers of two events, and of a thousand. The server must
// read only their rows, and not all rows that were written between them.
func TestReadNumbers_ReadsNoOtherRows(t *testing.T) {
	t.Parallel()
	s := open(t, databases["MySQL"])
	record := func(n int) []*models.WebCustomerEvent {
		t.Helper()
		var entry models.WriteSet
		for i := range n {
			single := entryOf(fmt.Sprint(time.Now().UnixNano(), " ", i))
			entry.Events, entry.At = append(entry.Events, single.Events[0]), single.At
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
		if n := reads() - before - (before - idle); n > 4*len(events)+20 {
			t.Errorf("the server read %d rows for %d numbers", n, len(events))
		} else {
			t.Logf("the server read %d rows for %d numbers", n, len(events))
		}
		for i, event := range events {
			if event.Number != want[i] {
				t.Fatalf("event %d has the number %d instead of %d", i, event.Number, want[i])
			}
		}
	}
}

// TestMigrate_AfterAnInterruption runs migrations again. An interrupted start may have changed a table
// without recording the migration.
func TestMigrate_AfterAnInterruption(t *testing.T) {
	t.Parallel()
	s := open(t, databases["MySQL"])
	const forget = "DELETE FROM goose_db_version WHERE version_id >= 4"
	if _, err := s.writer().ExecContext(t.Context(), forget); err != nil {
		t.Fatal(err)
	}
	if err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := s.Record(t.Context(), entryOf("after")); err != nil {
		t.Fatal(err)
	}
}

// TestPurge_KeepsUsedKeys expects an idempotency key to be kept for its retention time after the last
// use. A replay renews it at most once in models.KeyRenewal, so that it is kept longer by this time.
func TestPurge_KeepsUsedKeys(t *testing.T) {
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
				record, err := s.IdempotencyRecord(t.Context(), *entry.Key)
				if err != nil {
					t.Fatal(err)
				}
				if record == nil {
					return 0
				}
				if len(record.Events) == 0 {
					t.Error("the key has lost its events")
				}
				return record.Key
			}
			more := entryOf("more") // recorded under the first key after 71 hours
			more.Key, more.RecordKey = late.Key, key(late)
			more.RequestHashes = [][]byte{[]byte(fmt.Sprintf("%032d", 1))}
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
				got := [3]bool{key(late) != 0, key(replayed) != 0, key(unused) != 0}
				if got != [3]bool{c.late, c.replayed, c.unused} {
					t.Errorf("after %s: %v are kept", c.after, got)
				}
			}
			if n := count(t, s, "idempotent_call_events"); n != 0 {
				t.Errorf("%d events of keys are left", n)
			}
		})
	}
}

// TestPurge_WaitsForARenewal renews a key while it is purged: the key and its events must be kept.
func TestPurge_WaitsForARenewal(t *testing.T) {
	t.Parallel()
	s := open(t, databases["MySQL"]) // SQLite lets one transaction write at a time
	entry := entryOf("renewed")
	entry.At = entry.At.Add(-100 * time.Hour)
	if err := s.Record(t.Context(), entry); err != nil {
		t.Fatal(err)
	}
	record, err := s.IdempotencyRecord(t.Context(), *entry.Key)
	if err != nil {
		t.Fatal(err)
	}
	tx, err := s.writer().BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback() }()
	now := time.Now().UTC()
	if err := s.renew(t.Context(), tx, models.WriteSet{RecordKey: record.Key, At: now}); err != nil {
		t.Fatal(err)
	}
	purged := make(chan error, 1)
	go func() { purged <- s.purgeBefore(context.WithoutCancel(t.Context()), now, now.Add(-72*time.Hour)) }()
	select {
	case err := <-purged:
		t.Errorf("the purge did not wait: %v", err)
	case <-time.After(200 * time.Millisecond):
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	if err := <-purged; err != nil {
		t.Error(err)
	}
	record, err = s.IdempotencyRecord(t.Context(), *entry.Key)
	if err != nil || record == nil || len(record.Events) != 1 {
		t.Errorf("the record is %+v, %v", record, err)
	}
}

// TestPassQueue_UncheckedSetsGoAlone expects a set whose references were not looked up to get a pass of its
// own.
func TestPassQueue_UncheckedSetsGoAlone(t *testing.T) {
	t.Parallel()
	q := passQueue{}
	for i, unchecked := range []bool{false, false, true, false, true, true, false, false} {
		entry := entryOf(fmt.Sprint(i))
		entry.Unchecked = unchecked
		q.waiting = append(q.waiting, newMember(nil, entry))
	}
	var sizes []int
	for len(q.waiting) > 0 {
		first := q.waiting[0]
		q.handOver()
		sizes = append(sizes, len((<-first.result).group))
	}
	if want := []int{5, 1, 1, 1}; !slices.Equal(sizes, want) {
		t.Errorf("groups of %v, want %v", sizes, want)
	}
}
