package store

import (
	"errors"
	"strings"
	"testing"

	mysqldriver "github.com/go-sql-driver/mysql"

	"customer-events/models"
)

// onTiDB reports whether a store's server is TiDB, which has no triggers, and no read_only that does
// anything.
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

// What is for TiDB alone reaches TiDB, and is a comment to the others.
func TestEventsTableIsMadeForItsServer(t *testing.T) {
	t.Parallel()
	s := open(t, databases["MySQL"])
	var name, definition string
	if err := s.reader().QueryRowContext(t.Context(), "SHOW CREATE TABLE web_customer_events").Scan(&name, &definition); err != nil {
		t.Fatal(err)
	}
	tidb := onTiDB(t, s)
	for _, clause := range []string{"NONCLUSTERED", "AUTO_ID_CACHE=1", "SHARD_ROW_ID_BITS=4"} {
		if strings.Contains(definition, clause) != tidb {
			t.Errorf("%s, on TiDB: %t\n%s", clause, tidb, definition)
		}
	}
}

// TiDB gives a statement up that others were ahead of too often; of the number that it gives it nothing
// else is known.
func TestCrowdedRowIsTriedAgain(t *testing.T) {
	t.Parallel()
	for message, again := range map[string]bool{"pessimistic lock retry limit reached": true, "unknown error": false} {
		err := mysqlDialect{}.classify(&mysqldriver.MySQLError{Number: 1105, Message: message}, false)
		if errors.Is(err, models.ErrAborted) != again {
			t.Errorf("%s: %v", message, err)
		}
	}
}
