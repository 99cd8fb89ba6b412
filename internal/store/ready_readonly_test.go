package store

import (
	"log/slog"
	"os"
	"testing"
	"time"

	"customer-events/internal/store/storetest"
)

// A server that is read-only is not ready from the beginning, stays so, and is ready soon after it may
// write again, all without a call.
func TestReady_ReadOnlyFromTheStart(t *testing.T) {
	t.Parallel()
	server, err := storetest.Start(t.Context(), storetest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	url, err := server.URL("ready")
	if err != nil {
		t.Fatal(err)
	}
	admin := open(t, func(testing.TB) string { return url })
	set := func(statement string) {
		t.Helper()
		if _, err := admin.writer().ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	set("CREATE USER writer@'%'")
	set("GRANT SELECT, INSERT, UPDATE, DELETE ON ready.* TO writer@'%'")
	readOnly := "read_only"
	if onTiDB(t, admin) {
		readOnly = "tidb_super_read_only"
	}
	set("SET GLOBAL " + readOnly + " = 1")
	writer, err := Open(t.Context(), "mysql://writer@"+url[len("mysql://root@"):], slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = writer.Close() })
	for i := range 12 {
		if i == 6 {
			_ = writer.Record(t.Context(), entryOf("1")) // one call in between
		}
		if err := writer.Ready(t.Context()); err == nil {
			t.Fatalf("check %d: ready, though the server is read-only", i)
		}
		time.Sleep(350 * time.Millisecond) // longer than the refusal of the call counts, all in all
	}
	set("SET GLOBAL " + readOnly + " = 0")
	for begin := time.Now(); ; time.Sleep(100 * time.Millisecond) {
		if err := writer.Ready(t.Context()); err == nil {
			break
		} else if time.Since(begin) > 8*time.Second {
			t.Fatalf("not ready %v after the server may write: %v", time.Since(begin), err)
		}
	}
	var rows int
	if err := admin.reader().QueryRowContext(t.Context(), "SELECT COUNT(*) FROM failed_attempts").Scan(&rows); err != nil || rows != 0 {
		t.Errorf("the checks have left %d rows (%v)", rows, err)
	}
}

// A file that is not there any more is not ready, and is not made again by the check.
func TestReady_FileIsGone(t *testing.T) {
	t.Parallel()
	url := storetest.SQLite(t)
	s := open(t, func(testing.TB) string { return url })
	if err := s.Ready(t.Context()); err != nil {
		t.Fatal(err)
	}
	path := url[len("sqlite:"):]
	if err := os.Rename(path, path+".away"); err != nil {
		t.Fatal(err)
	}
	time.Sleep(checkTTL)
	if err := s.Ready(t.Context()); err == nil {
		t.Error("ready without a file")
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("the check has made a file")
	}
	if err := os.Rename(path+".away", path); err != nil {
		t.Fatal(err)
	}
	time.Sleep(checkTTL)
	if err := s.Ready(t.Context()); err != nil {
		t.Error(err)
	}
}

// Refusals that come again each time that the check had found the database writing count longer and longer.
func TestReady_RefusalsCountLonger(t *testing.T) {
	t.Parallel()
	var r writeErrors
	for _, want := range []time.Duration{3, 6, 12, 24, 48, 60, 60} {
		r.note(errAwayForTest)
		r.note(errAwayForTest) // others of the same time do not count
		last := *r.last.Load()
		if last.ttl != want*time.Second {
			t.Errorf("counts %v, want %v", last.ttl, want*time.Second)
		}
		last.checkWrote = true
		r.last.Store(&last)
	}
	r.note(nil)
	if r.last.Load() != nil {
		t.Error("a refusal counts though a transaction has been committed since")
	}
}

var errAwayForTest = mysqlErrors.classify(1114, os.ErrInvalid, false, nil)
