package store

import (
	"errors"
	"strings"
	"testing"

	mysqldriver "github.com/go-sql-driver/mysql"

	"customer-events/models"
)

// onTiDB reports whether a store's server is TiDB, which has no triggers and ignores read_only.
func onTiDB(t *testing.T, s *Store) bool {
	t.Helper()
	if s.dialect.name() == "SQLite" {
		return false
	}
	var version string
	if err := s.reader().QueryRowContext(t.Context(), "SELECT VERSION()").Scan(&version); err != nil {
		t.Fatal(err)
	}
	return strings.Contains(version, "TiDB")
}

// TestMigrate_TiDBClauses expects the clauses for TiDB to apply there, and to be comments for other
// servers.
func TestMigrate_TiDBClauses(t *testing.T) {
	t.Parallel()
	s := open(t, databases["MySQL"])
	var name, definition string
	const show = "SHOW CREATE TABLE web_customer_events"
	if err := s.reader().QueryRowContext(t.Context(), show).Scan(&name, &definition); err != nil {
		t.Fatal(err)
	}
	tidb := onTiDB(t, s)
	for _, clause := range []string{"NONCLUSTERED", "AUTO_ID_CACHE=1", "SHARD_ROW_ID_BITS=4"} {
		if strings.Contains(definition, clause) != tidb {
			t.Errorf("%s, on TiDB: %t\n%s", clause, tidb, definition)
		}
	}
}

// TestClassify_CrowdedRow expects TiDB's error for a row that others locked too often to be retried.
// Other errors with the same number are not.
func TestClassify_CrowdedRow(t *testing.T) {
	t.Parallel()
	for message, retried := range map[string]bool{
		"pessimistic lock retry limit reached": true,
		"unknown error":                        false,
	} {
		err := mysqlDialect{}.classify(&mysqldriver.MySQLError{Number: 1105, Message: message}, false)
		if errors.Is(err, models.ErrAborted) != retried {
			t.Errorf("%s: %v", message, err)
		}
	}
}
