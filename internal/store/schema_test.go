package store

import (
	"io/fs"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

// TestSchema_MatchesDatabases compares the schema that is parsed from the migrations with that of real
// databases.
func TestSchema_MatchesDatabases(t *testing.T) {
	onEachDatabase(t, func(t *testing.T, s *Store) {
		m, err := s.dialect.migrations()
		if err != nil {
			t.Fatal(err)
		}
		c, err := s.dialect.catalog(t.Context(), s.writer())
		if err != nil {
			t.Fatal(err)
		}
		got := schema{}
		for name, table := range c.tables {
			if !strings.HasPrefix(name, "goose_") && !strings.HasPrefix(name, "sqlite_") {
				got[name] = table.columns
			}
		}
		want := schemaAt(m.list, m.latest())
		for _, s := range []schema{got, want} {
			for name := range s {
				slices.Sort(s[name])
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("parsed from the migrations (-) and in the database (+):\n%s", diff)
		}
		if c.version() != m.latest() {
			t.Errorf("version %d, want %d", c.version(), m.latest())
		}
	})
}

// TestMySQLMigrations_NameTheEngine checks the DDL itself, so that it covers new tables too.
func TestMySQLMigrations_NameTheEngine(t *testing.T) {
	t.Parallel()
	files, err := fs.Sub(mysqlMigrations, "migrations/mysql")
	if err != nil {
		t.Fatal(err)
	}
	list, err := readMigrations(files)
	if err != nil {
		t.Fatal(err)
	}
	tables := 0
	for _, file := range list {
		for _, statement := range file.statements {
			if !strings.HasPrefix(strings.ToUpper(statement), "CREATE TABLE") {
				continue
			}
			tables++
			ddl := strings.ReplaceAll(statement, " = ", "=")
			if !strings.Contains(ddl, "ENGINE=InnoDB") || !strings.Contains(ddl, "ROW_FORMAT=DYNAMIC") {
				t.Errorf("%d: %.60s… does not name ENGINE=InnoDB ROW_FORMAT=DYNAMIC", file.version, statement)
			}
		}
	}
	if tables < 13 {
		t.Errorf("only %d tables", tables)
	}
}

func TestSchema_ReadsAlterations(t *testing.T) {
	t.Parallel()
	list, err := readMigrations(fstest.MapFS{
		"00001_a.sql": {Data: []byte("-- x\n-- +goose Up\nCREATE TABLE IF NOT EXISTS `a` (\n" +
			" id INT, -- first, of all\n `b` DECIMAL(3,2) DEFAULT 1.0,\n note VARCHAR(9) DEFAULT 'x;),',\n" +
			" PRIMARY KEY (id, b)\n) ENGINE = InnoDB;\nCREATE INDEX i ON a (b);\n-- +goose Down\nDROP TABLE a;")},
		"00003_b.sql": {Data: []byte("-- +goose Up\n" +
			"ALTER TABLE a ADD COLUMN c INT, ADD d INT NULL, DROP COLUMN b, ADD KEY k (c);\n" +
			"ALTER TABLE a RENAME COLUMN d TO e;\nCREATE TABLE n (x INT);\nDROP TABLE n;\n" +
			"ALTER TABLE a RENAME TO z;")},
		"00002_c.sql": {Data: []byte("-- +goose Up\nCREATE TABLE n (y INT);\nDROP TABLE IF EXISTS n;")},
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(schema{"a": {"id", "b", "note"}}, schemaAt(list, 1)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(schema{"z": {"id", "note", "c", "e"}}, schemaAt(list, 3)); diff != "" {
		t.Error(diff)
	}
	if got := slices.Sorted(maps.Keys(schemaAt(list, 2))); !slices.Equal(got, []string{"a"}) {
		t.Errorf("%q", got)
	}
}
