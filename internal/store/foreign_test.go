package store

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"testing"

	"customer-events/internal/store/storetest"
)

// foreign opens a database without the program's checks and runs statements in it.
func foreign(t *testing.T, url string, statements ...string) *sql.DB {
	t.Helper()
	d, err := dialectOf(url)
	if err != nil {
		t.Fatal(err)
	}
	var db *sql.DB
	if sqlite, ok := d.(*sqliteDialect); ok {
		db, err = sql.Open("sqlite", sqlite.path)
	} else {
		var pools pools
		pools, err = d.open(sql.OpenDB)
		db = pools.write
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	for _, statement := range statements {
		if _, err := db.ExecContext(t.Context(), statement); err != nil {
			t.Fatal(statement, err)
		}
	}
	return db
}

func tableNames(t *testing.T, url string, db *sql.DB) string {
	t.Helper()
	d, err := dialectOf(url)
	if err != nil {
		t.Fatal(err)
	}
	c, err := d.catalog(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for name := range c.tables {
		names = append(names, name)
	}
	return strings.Join(names, " ")
}

func migrateURL(ctx context.Context, url string) error {
	s, err := Open(ctx, url, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	defer s.Close()
	return s.Migrate(ctx)
}

const gooseTable = "CREATE TABLE goose_db_version " +
	"(id INTEGER PRIMARY KEY, version_id BIGINT NOT NULL, is_applied BOOLEAN NOT NULL)"

// TestMigrate_ForeignTables opens databases of other applications. It expects an error that names a
// table, and no change.
func TestMigrate_ForeignTables(t *testing.T) {
	t.Parallel()
	sessions := "CREATE TABLE sessions " +
		"(token_hash CHAR(32) PRIMARY KEY, user_key BIGINT, created_at DATETIME, expires_at DATETIME)"
	for name, c := range map[string]struct {
		statements []string
		want       string
	}{
		"one table": {[]string{sessions,
			"INSERT INTO sessions VALUES ('x', 1, '2001-01-01', '2001-01-01')"}, `"sessions"`},
		"other columns":        {[]string{"CREATE TABLE units (unit VARCHAR(9))"}, `"units"`},
		"two tables":           {[]string{sessions, "CREATE TABLE units (unit VARCHAR(9))"}, `"units"`},
		"a table of version 3": {[]string{"CREATE TABLE failed_attempts (subject INT)"}, `"failed_attempts"`},
		"a table of the last":  {[]string{"CREATE TABLE login_networks (network INT)"}, `"login_networks"`},
		"a view": {[]string{"CREATE TABLE x (y INT)",
			"CREATE VIEW sessions AS SELECT y FROM x"}, `"sessions"`},
		"goose, low versions": {[]string{"CREATE TABLE orders (id INT)", gooseTable,
			"INSERT INTO goose_db_version VALUES (1, 0, 1), (2, 1, 1), (3, 2, 1)"}, `"goose_db_version"`},
		"goose, timestamps": {[]string{"CREATE TABLE orders (id INT)", gooseTable,
			"INSERT INTO goose_db_version VALUES (1, 0, 1), (2, 20230102030405, 1)"}, `"goose_db_version"`},
		"goose, and a table": {[]string{sessions, gooseTable,
			"INSERT INTO goose_db_version VALUES (1, 0, 1), (2, 5, 1)"}, `"sessions"`},
		"goose at the beginning, and a table": {[]string{"CREATE TABLE sessions (id INT)", gooseTable,
			"INSERT INTO goose_db_version VALUES (1, 0, 1)"}, `"sessions"`},
		"another goose_db_version": {[]string{
			"CREATE TABLE goose_db_version (bird VARCHAR(9))"}, `"goose_db_version"`},
	} {
		for kind, make := range databases {
			t.Run(name+" "+kind, func(t *testing.T) {
				t.Parallel()
				url := make(t)
				db := foreign(t, url, c.statements...)
				before := tableNames(t, url, db)
				for range 2 {
					err := migrateURL(t.Context(), url)
					if err == nil || !strings.Contains(err.Error(), c.want) ||
						!strings.Contains(err.Error(), "--database") {
						t.Errorf("%v does not name %s and the remedy", err, c.want)
					}
				}
				if after := tableNames(t, url, db); len(after) != len(before) {
					t.Errorf("before %s, after %s", before, after)
				}
				if path, ok := strings.CutPrefix(url, "sqlite:"); ok {
					if data, err := os.ReadFile(path); err != nil || data[18] != 1 {
						t.Errorf("the journal of the other application's file has changed, %v", err)
					}
				}
			})
		}
	}
}

// TestMigrate_UnrelatedTables shares the database with an application whose tables have other names.
func TestMigrate_UnrelatedTables(t *testing.T) {
	t.Parallel()
	for kind, make := range databases {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			url := make(t)
			foreign(t, url, "CREATE TABLE orders (id INT)")
			if err := migrateURL(t.Context(), url); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestMigrate_InterruptedStart continues where the first migration was interrupted, with and without
// propertiesTable.
func TestMigrate_InterruptedStart(t *testing.T) {
	t.Parallel()
	for name, early := range map[string]bool{"this version": false, "an early version": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url := storetest.MySQL(t)
			d, err := dialectOf(url)
			if err != nil {
				t.Fatal(err)
			}
			m, err := d.migrations()
			if err != nil {
				t.Fatal(err)
			}
			statements := []string{
				"CREATE TABLE goose_db_version (id BIGINT AUTO_INCREMENT PRIMARY KEY, version_id BIGINT NOT NULL, " +
					"is_applied BOOLEAN NOT NULL, tstamp DATETIME NULL DEFAULT CURRENT_TIMESTAMP)",
				"INSERT INTO goose_db_version (version_id, is_applied) VALUES (0, 1)",
				m.list[0].statements[0],
				m.list[0].statements[1],
			}
			if !early {
				statements = append([]string{m.createProperties()}, statements...)
			}
			foreign(t, url, statements...)
			if err := migrateURL(t.Context(), url); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestMigrate_EarlierAndLaterVersions migrates a database of an early version, and rejects one of a later
// version.
func TestMigrate_EarlierAndLaterVersions(t *testing.T) {
	t.Parallel()
	const early = 3 // the last version without propertiesTable
	for kind, make := range databases {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			url := make(t)
			d, err := dialectOf(url)
			if err != nil {
				t.Fatal(err)
			}
			m, err := d.migrations()
			if err != nil {
				t.Fatal(err)
			}
			key := map[string]string{"MySQL": "INTEGER AUTO_INCREMENT", "SQLite": "INTEGER"}[kind]
			versions := strings.TrimSuffix(strings.Replace(gooseTable, "INTEGER", key, 1), ")") +
				", tstamp TIMESTAMP DEFAULT CURRENT_TIMESTAMP)"
			statements := []string{versions}
			const insert = "INSERT INTO goose_db_version (version_id, is_applied) VALUES (%d, 1)"
			for version := range early + 1 {
				statements = append(statements, fmt.Sprintf(insert, version))
			}
			for _, file := range m.list {
				if file.version <= early {
					statements = append(statements, file.statements...)
				}
			}
			db := foreign(t, url, statements...)
			_, err = OpenExisting(t.Context(), url, nil)
			if err == nil || !strings.Contains(err.Error(), "version 3") ||
				!strings.Contains(err.Error(), "migrate") {
				t.Errorf("an older database: %v", err)
			}
			s, err := Open(t.Context(), url, slog.New(slog.DiscardHandler))
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			if from, to, err := s.MigrateVersions(t.Context()); err != nil || from != early || to != m.latest() {
				t.Fatalf("from %d to %d, %v", from, to, err)
			}
			if from, to, err := s.MigrateVersions(t.Context()); err != nil || from != m.latest() || to != m.latest() {
				t.Fatalf("again from %d to %d, %v", from, to, err)
			}
			existing, err := OpenExisting(t.Context(), url, nil)
			if err != nil {
				t.Fatal(err)
			}
			_ = existing.Close()
			if _, err := db.ExecContext(t.Context(), fmt.Sprintf(insert, 99)); err != nil {
				t.Fatal(err)
			}
			_, opening := OpenExisting(t.Context(), url, nil)
			for what, err := range map[string]error{"migrate": migrateURL(t.Context(), url), "open": opening} {
				if err == nil || !strings.Contains(err.Error(), "version 99") {
					t.Errorf("%s: %v", what, err)
				}
			}
		})
	}
}

// TestMigrate_MissingColumn rejects a database whose tables differ from those of the migrations.
func TestMigrate_MissingColumn(t *testing.T) {
	onEachDatabase(t, func(t *testing.T, s *Store) {
		drop := "ALTER TABLE web_customer_events DROP COLUMN udf_string_8"
		if _, err := s.writer().ExecContext(t.Context(), drop); err != nil {
			t.Fatal(err)
		}
		err := s.Migrate(t.Context())
		if err == nil || !strings.Contains(err.Error(), `"web_customer_events"`) ||
			!strings.Contains(err.Error(), "udf_string_8") {
			t.Errorf("%v", err)
		}
		if _, err := s.writer().ExecContext(t.Context(), "DROP TABLE login_networks"); err != nil {
			t.Fatal(err)
		}
		err = s.Migrate(t.Context())
		if err == nil || !strings.Contains(err.Error(), `"login_networks" is missing`) {
			t.Errorf("%v", err)
		}
	})
}

// TestOpenExisting_CreatesNothing expects an error with the remedy, and no file.
func TestOpenExisting_CreatesNothing(t *testing.T) {
	t.Parallel()
	for kind, make := range databases {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			url := make(t)
			_, err := OpenExisting(t.Context(), url, nil)
			if err == nil || !strings.Contains(err.Error(), "customer-events migrate") {
				t.Errorf("%v", err)
			}
			if path, ok := strings.CutPrefix(url, "sqlite:"); ok {
				if _, err := os.Stat(path); err == nil {
					t.Error("the file has been created")
				}
				if err := os.WriteFile(path, nil, 0o600); err != nil {
					t.Fatal(err)
				}
				_, err := OpenExisting(t.Context(), url, nil)
				if err == nil || !strings.Contains(err.Error(), "no database") {
					t.Errorf("an empty file: %v", err)
				}
			}
		})
	}
}
