package storetest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// databaseEnv is the variable with the URL of a running server to use instead of a private one.
const databaseEnv = "CRM_TEST_DATABASE"

const (
	createDatabase = "CREATE DATABASE %s CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"
	adminTimeout   = 30 * time.Second
)

// shared is the server of all tests of the process.
var shared struct {
	once   sync.Once
	target target
	admin  *sql.DB
	server *Server // nil if databaseEnv names a server
	err    error
}

// MySQL returns the URL of a new empty database, which is dropped at the end of the test. Its character
// set is utf8mb4 and its collation utf8mb4_bin.
func MySQL(tb testing.TB) string {
	tb.Helper()
	shared.once.Do(func() { shared.err = openShared() })
	if shared.err != nil {
		tb.Fatal(shared.err)
	}
	name := fmt.Sprintf("test_%016x", rand.Uint64())
	ctx, cancel := context.WithTimeout(context.Background(), adminTimeout)
	defer cancel()
	if _, err := shared.admin.ExecContext(ctx, fmt.Sprintf(createDatabase, name)); err != nil {
		tb.Fatalf("creating a database for the test: %v", err)
	}
	tb.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), adminTimeout)
		defer cancel()
		// A transaction that the test left open blocks the DROP. The timeout of 10 seconds makes that an
		// error. The server's default is up to a year.
		if _, err := shared.admin.ExecContext(ctx, "DROP DATABASE IF EXISTS "+name); err != nil {
			tb.Errorf("drop database %s (is a transaction of the test still open?): %v", name, err)
		}
	})
	return shared.target.url(name)
}

// SQLite returns the URL of a database file that does not exist yet, in a folder that is removed at the
// end of the test.
func SQLite(tb testing.TB) string {
	tb.Helper()
	return "sqlite:" + filepath.Join(tb.TempDir(), "test.db")
}

// Run is the body of a TestMain. It runs the tests, stops the private server, removes its folder, and
// exits with the code of the tests.
func Run(m *testing.M) {
	code := m.Run()
	if err := closeShared(); err != nil {
		fmt.Fprintln(os.Stderr, "storetest: closing the test server:", err)
		code = max(code, 1)
	}
	os.Exit(code)
}

// openShared connects to the server of databaseEnv, or starts a private one.
func openShared() error {
	ctx := context.Background()
	if given := os.Getenv(databaseEnv); given != "" {
		t, err := parseTarget(given)
		if err != nil {
			return fmt.Errorf("%s: %w", databaseEnv, err)
		}
		shared.target = t
	} else {
		server, err := Start(ctx, Options{})
		if err != nil {
			return err
		}
		shared.server, shared.target = server, server.target
	}
	admin, err := shared.target.open(map[string]string{"lock_wait_timeout": "10"})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, adminTimeout)
	defer cancel()
	if err := admin.PingContext(ctx); err != nil {
		return fmt.Errorf("the test database server does not answer: %w", errors.Join(err, admin.Close()))
	}
	shared.admin = admin
	return nil
}

func closeShared() error {
	var errs []error
	if shared.admin != nil {
		errs = append(errs, shared.admin.Close())
	}
	if shared.server != nil {
		errs = append(errs, shared.server.Close())
	}
	return errors.Join(errs...)
}
