package store

import (
	"log/slog"
	"os"
	"testing"
	"time"

	"customer-events/internal/store/storetest"
)

// TestReady_ReadOnlyFromTheStart expects a read-only server to be not ready from the first check on, and
// ready soon after it is writable again, without any call.
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
	as := "mysql://writer@" + url[len("mysql://root@"):]
	writer, err := Open(t.Context(), as, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = writer.Close() })
	for i := range 12 {
		if i == 6 {
			_ = writer.Record(t.Context(), entryOf("1")) // one call in between
		}
		if err := writer.Ready(t.Context()); err == nil {
			t.Fatalf("check %d: ready, although the server is read-only", i)
		}
		time.Sleep(350 * time.Millisecond) // the checks last longer than the failed call counts
	}
	set("SET GLOBAL " + readOnly + " = 0")
	for begin := time.Now(); ; time.Sleep(100 * time.Millisecond) {
		if err := writer.Ready(t.Context()); err == nil {
			break
		} else if time.Since(begin) > 8*time.Second {
			t.Fatalf("not ready %v after the server became writable: %v", time.Since(begin), err)
		}
	}
	var rows int
	err = admin.reader().QueryRowContext(t.Context(), "SELECT COUNT(*) FROM failed_attempts").Scan(&rows)
	if err != nil || rows != 0 {
		t.Errorf("the checks left %d rows (%v)", rows, err)
	}
}

// TestReady_FileIsGone expects a store without its file to be not ready, and the check not to create the
// file.
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
		t.Error("the check has created a file")
	}
	if err := os.Rename(path+".away", path); err != nil {
		t.Fatal(err)
	}
	time.Sleep(checkTTL)
	if err := s.Ready(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestReady_RepeatedWriteErrorsCountLonger has writes fail again after each successful check. Each
// failure must count longer.
func TestReady_RepeatedWriteErrorsCountLonger(t *testing.T) {
	t.Parallel()
	var r writeErrors
	for _, want := range []time.Duration{3, 6, 12, 24, 48, 60, 60} {
		r.note(errUnavailable)
		r.note(errUnavailable) // a second error at the same time changes nothing
		last := *r.last.Load()
		if last.ttl != want*time.Second {
			t.Errorf("counts %v, want %v", last.ttl, want*time.Second)
		}
		last.checkWrote = true
		r.last.Store(&last)
	}
	r.note(nil)
	if r.last.Load() != nil {
		t.Error("an error counts although a transaction has been committed since")
	}
}

var errUnavailable = mysqlErrors.classify(1114, os.ErrInvalid, false, nil)
