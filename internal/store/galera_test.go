package store

import (
	"database/sql/driver"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"customer-events/internal/store/storetest"
	"customer-events/models"
)

// galeraLibrary is the library of the Debian package galera-4.
const galeraLibrary = "/usr/lib/galera/libgalera_smm.so"

// TestReady_GaleraNodeWithoutQuorum makes a node lose its quorum. Such a node rejects queries but answers
// SELECT 1.
func TestReady_GaleraNodeWithoutQuorum(t *testing.T) {
	t.Parallel()
	if _, err := os.Stat(galeraLibrary); err != nil {
		t.Skip("Galera is not installed: apt-get install galera-4")
	}
	folder := t.TempDir()
	port := 33000 + rand.IntN(20000)
	server, err := storetest.Start(t.Context(), storetest.Options{Args: []string{
		"--wsrep-on=ON",
		"--wsrep-provider=" + galeraLibrary,
		"--wsrep-cluster-address=gcomm://",
		"--binlog-format=ROW",
		"--default-storage-engine=InnoDB",
		"--innodb-autoinc-lock-mode=2",
		"--wsrep-node-address=127.0.0.1",
		"--wsrep-data-home-dir=" + folder,
		fmt.Sprintf("--wsrep-provider-options=gmcast.listen_addr=tcp://127.0.0.1:%d;gcache.size=8M;gcache.dir=%s",
			port, filepath.Clean(folder)),
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	if server.Kind() != storetest.KindMariaDB {
		t.Skip("the library is for MariaDB")
	}
	url, err := server.URL("galera")
	if err != nil {
		t.Fatal(err)
	}
	s := open(t, func(testing.TB) string { return url })
	if err := s.Ready(t.Context()); err != nil {
		t.Fatal(err)
	}
	var name, wait string
	const show = "SHOW SESSION VARIABLES LIKE 'wsrep_sync_wait'"
	if err := s.reader().QueryRowContext(t.Context(), show).Scan(&name, &wait); err != nil || wait != "7" {
		t.Errorf("wsrep_sync_wait is %q (%v)", wait, err)
	}
	if err := s.Record(t.Context(), entryOf("1")); err != nil {
		t.Fatal(err)
	}
	set := func(statement string) {
		t.Helper()
		if _, err := s.pools.readiness.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	for _, lost := range []struct{ name, begin, end string }{
		{"queries are rejected", "SET GLOBAL wsrep_reject_queries = 'ALL'",
			"SET GLOBAL wsrep_reject_queries = 'NONE'"},
		{"quorum is lost", "SET GLOBAL wsrep_cluster_address = 'gcomm://127.0.0.1:1?pc.wait_prim=no'", ""},
	} {
		set(lost.begin)
		start := time.Now()
		for s.Ready(t.Context()) == nil {
			if time.Since(start) > 20*time.Second {
				t.Fatalf("%s: the node is ready", lost.name)
			}
			time.Sleep(100 * time.Millisecond)
		}
		var one int
		if err := s.pools.readiness.QueryRowContext(t.Context(), "SELECT 1").Scan(&one); err != nil {
			t.Logf("%s: SELECT 1: %v", lost.name, err)
		}
		if _, err := s.Caller(t.Context(), make([]byte, 32), time.Now()); !errors.Is(err, models.ErrUnavailable) {
			t.Errorf("%s: looking up a token: %v", lost.name, err)
		}
		if err := s.Record(t.Context(), entryOf(lost.name)); !errors.Is(err, models.ErrUnavailable) {
			t.Errorf("%s: recording: %v", lost.name, err)
		}
		if lost.end == "" {
			continue
		}
		set(lost.end)
		for start := time.Now(); s.Ready(t.Context()) != nil; time.Sleep(100 * time.Millisecond) {
			if time.Since(start) > 10*time.Second {
				t.Fatalf("%s: not ready again: %v", lost.name, s.Ready(t.Context()))
			}
		}
	}
}

// TestVariables expects a variable to be set by the name that the server knows, and to be skipped if
// there is none.
func TestVariables(t *testing.T) {
	t.Parallel()
	s := open(t, databases["MySQL"])
	var milliseconds float64
	queries := s.pools.queries
	err := queries.QueryRowContext(t.Context(), "SELECT @@max_statement_time * 1000").Scan(&milliseconds)
	if err != nil {
		err = queries.QueryRowContext(t.Context(), "SELECT @@max_execution_time").Scan(&milliseconds)
	}
	if err != nil || milliseconds != float64(queryTimeout.Milliseconds()) {
		t.Errorf("queries may take %v ms (%v)", milliseconds, err)
	}
	conn, err := s.writer().Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	for _, c := range []struct {
		variable variable
		ok       bool
	}{
		{variable{"no_such_variable = 1"}, true},
		{variable{"no_such_variable = 1", "sql_select_limit = 10"}, true},
		{variable{"sql_select_limit = 'ten'"}, false},
	} {
		err := conn.Raw(func(raw any) error { return c.variable.set(t.Context(), raw.(driver.ExecerContext)) })
		if (err == nil) != c.ok {
			t.Errorf("%v: %v", c.variable, err)
		}
	}
}
