package store

import (
	"errors"
	"testing"

	"customer-events/internal/store/storetest"
	"customer-events/models"
)

// TestReady_ReadOnlyServer makes a server read-only and writable again.
func TestReady_ReadOnlyServer(t *testing.T) {
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
	s := open(t, func(testing.TB) string { return url })
	set := func(statement string) {
		if _, err := s.writer().ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Ready(t.Context()); err != nil {
		t.Fatal(err)
	}
	// root may write to a read-only server.
	set("CREATE USER writer@'%'")
	set("GRANT SELECT, INSERT, UPDATE, DELETE ON ready.* TO writer@'%'")
	readOnly := "read_only"
	if onTiDB(t, s) {
		readOnly = "tidb_super_read_only"
	}
	set("SET GLOBAL " + readOnly + " = 1")
	as := "mysql://writer@" + url[len("mysql://root@"):]
	writer, err := Open(t.Context(), as, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = writer.Close() })
	err = writer.Record(t.Context(), entryOf("1"))
	if !errors.Is(err, models.ErrUnavailable) && !errors.Is(err, models.ErrAborted) {
		t.Fatalf("recording: %v", err)
	}
	if err := writer.Ready(t.Context()); err == nil {
		t.Error("ready, although the server is read-only")
	}
	set("SET GLOBAL " + readOnly + " = 0")
	if err := writer.Record(t.Context(), entryOf("1")); err != nil {
		t.Fatalf("recording again: %v", err)
	}
	if err := writer.Ready(t.Context()); err != nil {
		t.Errorf("not ready, although an event has been recorded: %v", err)
	}
}
