package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"customer-events/internal/store/storetest"
	"customer-events/models"
)

// openCounting opens the database with a counter of the prepared INSERTs of events.
func openCounting(t *testing.T, url string) (*Store, *atomic.Int32) {
	t.Helper()
	prepared := new(atomic.Int32)
	s, err := OpenWith(t.Context(), url, slog.New(slog.DiscardHandler), func(c driver.Connector) *sql.DB {
		return sql.OpenDB(countingConnector{c, prepared})
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	if err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s, prepared
}

type countingConnector struct {
	driver.Connector
	prepared *atomic.Int32
}

func (c countingConnector) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return countingConn{narrowConn{conn, 1 << 30}, c.prepared}, nil
}

type countingConn struct {
	narrowConn
	prepared *atomic.Int32
}

func (c countingConn) Prepare(query string) (driver.Stmt, error) {
	if strings.HasPrefix(query, insertEventsSQL) {
		c.prepared.Add(1)
	}
	return c.narrowConn.Prepare(query)
}

// manyEvents returns events with all values, and every third one with none but those that must be.
func manyEvents(t *testing.T, n int) []*models.WebCustomerEvent {
	t.Helper()
	events := make([]*models.WebCustomerEvent, n)
	for i := range events {
		if i%3 == 0 {
			events[i] = entryOf("").Events[0]
			events[i].ExternalSystem, events[i].ExternalSystemReferenceNumber = nil, nil
			continue
		}
		events[i] = fullEvent(t)
		number, text := fmt.Sprint("number ", i), fmt.Sprint("'\\\"\x00\n\x1aé😀\uffff ", i)
		events[i].ExternalSystemReferenceNumber, events[i].Description = &number, &text
		events[i].PerformedOn = time.Date(1000+i, 1, 2, 3, 4, 5, i%2*678_900_000, time.UTC)
	}
	return events
}

// needsMariaDB skips a test of prepared INSERTs, which other servers do not get.
func needsMariaDB(t *testing.T, s *Store) {
	t.Helper()
	var version string
	if err := s.writer().QueryRowContext(t.Context(), "SELECT VERSION()").Scan(&version); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(version, "MariaDB") {
		t.Skipf("%s gets text", version)
	}
}

// TestRecord_Prepared writes sets of several sizes, and reads the events of each.
func TestRecord_Prepared(t *testing.T) {
	t.Parallel()
	s, prepared := openCounting(t, databases["MySQL"](t))
	needsMariaDB(t, s)
	for _, test := range []struct {
		events int
		keyed  bool
		want   int32
	}{
		{events: minPrepared - 1, want: 0},
		{events: minPrepared - 1, keyed: true, want: 0},
		{events: minPrepared, want: 1},
		{events: minPrepared, keyed: true, want: 1},
		{events: 3*preparedRows + 1, want: 1},
		{events: 1000, want: 1},
		{events: 1000, keyed: true, want: 1},
	} {
		t.Run(fmt.Sprintf("%d events, with key %v", test.events, test.keyed), func(t *testing.T) {
			if _, err := s.writer().ExecContext(t.Context(), "DELETE FROM web_customer_events"); err != nil {
				t.Fatal(err)
			}
			set := models.WriteSet{Events: manyEvents(t, test.events), At: time.Now().UTC()}
			if test.keyed {
				keyed := entryOf(fmt.Sprint(test.events))
				set.Key = keyed.Key
				for i := range set.Events {
					set.RequestHashes = append(set.RequestHashes, fmt.Appendf(nil, "%032d", i))
				}
			}
			before := prepared.Load()
			if err := s.Record(t.Context(), set); err != nil {
				t.Fatal(err)
			}
			if got := prepared.Load() - before; got != test.want {
				t.Errorf("%d INSERTs were prepared, not %d", got, test.want)
			}
			var got []*models.WebCustomerEvent
			if err := s.read.WithContext(t.Context()).Order("id").Find(&got).Error; err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(set.Events, got); diff != "" {
				t.Errorf("written (-) and read (+):\n%.2000s", diff)
			}
		})
	}
}

// TestRecord_PreparedFaults writes sets with an event that the server rejects, or has already.
func TestRecord_PreparedFaults(t *testing.T) {
	t.Parallel()
	s, prepared := openCounting(t, databases["MySQL"](t))
	needsMariaDB(t, s)
	for _, at := range []int{0, 99, 100, 550, 999} {
		t.Run(fmt.Sprint("event ", at), func(t *testing.T) {
			if _, err := s.writer().ExecContext(t.Context(), "DELETE FROM web_customer_events"); err != nil {
				t.Fatal(err)
			}
			set := models.WriteSet{Events: manyEvents(t, 1000)}
			long := strings.Repeat("w", 256)
			usual := set.Events[at].UDFString1
			set.Events[at].UDFString1 = &long
			var rejected *models.RowRejectedError
			if err := s.Record(t.Context(), set); !errors.As(err, &rejected) || rejected.Index != at {
				t.Fatalf("a text that is too long: %v", err)
			}
			set.Events[at].UDFString1 = usual
			earlier := entryOf("taken")
			earlier.Key, earlier.RequestHashes = nil, nil
			if err := s.Record(t.Context(), earlier); err != nil {
				t.Fatal(err)
			}
			system, number := set.Events[at].ExternalSystem, set.Events[at].ExternalSystemReferenceNumber
			taken := earlier.Events[0]
			set.Events[at].ExternalSystem = taken.ExternalSystem
			set.Events[at].ExternalSystemReferenceNumber = taken.ExternalSystemReferenceNumber
			if err := s.Record(t.Context(), set); !errors.Is(err, models.ErrConflict) {
				t.Fatalf("a reference that another event has: %v", err)
			}
			set.Events[at].ExternalSystem, set.Events[at].ExternalSystemReferenceNumber = system, number
			if err := s.Record(t.Context(), set); err != nil {
				t.Fatal(err)
			}
			numbers := make([]int64, len(set.Events))
			for i, event := range set.Events {
				numbers[i], event.Number = event.Number, 0
			}
			if err := s.Record(t.Context(), set); err != nil {
				t.Fatalf("the same set again: %v", err)
			}
			for i, event := range set.Events {
				if event.Number != numbers[i] || event.Number == 0 {
					t.Fatalf("event %d has the number %d first and %d then", i, numbers[i], event.Number)
				}
			}
		})
	}
	if prepared.Load() == 0 {
		t.Error("no INSERT was prepared")
	}
}

// TestRecord_PreparedLongTexts has texts that the driver sends before the statement.
func TestRecord_PreparedLongTexts(t *testing.T) {
	t.Parallel()
	s, prepared := openCounting(t, databases["MySQL"](t))
	needsMariaDB(t, s)
	set := models.WriteSet{Events: manyEvents(t, 300)}
	for i, event := range set.Events {
		if i%7 == 0 {
			text := strings.Repeat("😀", 4000-i)
			event.Description = &text
		}
	}
	if err := s.Record(t.Context(), set); err != nil {
		t.Fatal(err)
	}
	var got []*models.WebCustomerEvent
	if err := s.read.WithContext(t.Context()).Order("id").Find(&got).Error; err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(set.Events, got); diff != "" || prepared.Load() != 1 {
		t.Errorf("%d INSERTs were prepared; written (-) and read (+):\n%.2000s", prepared.Load(), diff)
	}
}

// TestRecord_PreparedRefused has a server that refuses prepared statements. One try is aborted, and then all
// INSERTs are text.
func TestRecord_PreparedRefused(t *testing.T) {
	t.Parallel()
	server, err := storetest.Start(t.Context(), storetest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	url, err := server.URL("refused")
	if err != nil {
		t.Fatal(err)
	}
	s, prepared := openCounting(t, url)
	needsMariaDB(t, s)
	refuse := "SET GLOBAL max_prepared_stmt_count = 0"
	if _, err := s.writer().ExecContext(t.Context(), refuse); err != nil {
		t.Fatal(err)
	}
	set := models.WriteSet{Events: manyEvents(t, 1000)}
	if err := s.Record(t.Context(), set); !errors.Is(err, models.ErrAborted) {
		t.Fatalf("the first try: %v", err)
	}
	for _, try := range []string{"the second try", "the third try"} {
		if err := s.Record(t.Context(), set); err != nil || prepared.Load() != 1 {
			t.Fatalf("%s: %v, with %d INSERTs prepared", try, err, prepared.Load())
		}
	}
}

// TestRecord_PreparedConnectionLost kills the connection in the last part of a set, which waits for another
// transaction's lock. Nothing is stored, and the set can be written again.
func TestRecord_PreparedConnectionLost(t *testing.T) {
	t.Parallel()
	s, _ := openCounting(t, databases["MySQL"](t))
	needsMariaDB(t, s)
	set := models.WriteSet{Events: manyEvents(t, 1000)}
	other, err := s.writer().BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = other.Rollback() }()
	holder := *set.Events[998]
	holder.ID = entryOf("").Events[0].ID
	if err := s.dialect.insertEvents(t.Context(), other, []*models.WebCustomerEvent{&holder}); err != nil {
		t.Fatal(err)
	}
	recorded := make(chan error, 1)
	go func() { recorded <- s.Record(t.Context(), set) }()
	var id int64
	for id == 0 {
		err := s.pools.queries.QueryRowContext(t.Context(), "SELECT trx_mysql_thread_id FROM "+
			"information_schema.innodb_trx JOIN information_schema.processlist ON id = trx_mysql_thread_id "+
			"WHERE trx_state = 'LOCK WAIT' AND db = DATABASE()").Scan(&id)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			t.Fatal(err)
		}
		time.Sleep(200 * time.Millisecond) // MariaDB refreshes the table if it was not read for 100 ms
	}
	if _, err := s.pools.queries.ExecContext(t.Context(), fmt.Sprint("KILL ", id)); err != nil {
		t.Fatal(err)
	}
	if err := <-recorded; !errors.Is(err, models.ErrAborted) {
		t.Errorf("the killed connection: %v", err)
	}
	if err := other.Rollback(); err != nil {
		t.Fatal(err)
	}
	stored := func() (n int) {
		if err := s.writer().QueryRow("SELECT COUNT(*) FROM web_customer_events").Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	if n := stored(); n != 0 {
		t.Errorf("%d events are stored", n)
	}
	if err := s.Record(t.Context(), set); err != nil || stored() != 1000 {
		t.Errorf("again: %v, %d events are stored", err, stored())
	}
}
