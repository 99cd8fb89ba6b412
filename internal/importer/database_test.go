package importer_test

import (
	"database/sql"
	"log/slog"
	"regexp"
	"strings"
	"testing"

	"customer-events/internal/importer"
	"customer-events/internal/store"
	"customer-events/internal/store/storetest"
	"customer-events/models"
)

func TestMain(m *testing.M) { storetest.Run(m) }

// database is a migrated database, with a store and a direct connection.
type database struct {
	store *store.Store
	db    *sql.DB
	url   string
}

var secrets = models.NewKeyedHasher([]byte("the key of the importer's tests"))

// onEach runs a test on each kind of database.
func onEach(t *testing.T, test func(t *testing.T, to database)) {
	t.Helper()
	t.Run("SQLite", func(t *testing.T) { t.Parallel(); test(t, open(t, storetest.SQLite(t))) })
	t.Run("MySQL", func(t *testing.T) { t.Parallel(); test(t, open(t, storetest.MySQL(t))) })
}

func open(tb testing.TB, url string) database {
	tb.Helper()
	s, err := store.Open(tb.Context(), url, slog.New(slog.DiscardHandler))
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = s.Close() })
	if err := s.Migrate(tb.Context()); err != nil {
		tb.Fatal(err)
	}
	driver, dsn := "sqlite", strings.TrimPrefix(url, "sqlite:")
	if rest, ok := strings.CutPrefix(url, "mysql://"); ok {
		account, address, _ := strings.Cut(rest, "@")
		address, name, _ := strings.Cut(address, "/")
		driver, dsn = "mysql", account+"@tcp("+address+")/"+name
	}
	db, err := sql.Open(driver, dsn)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = db.Close() })
	return database{s, db, url}
}

var generatedID = regexp.MustCompile(`^[0-9A-F]{12}7[0-9A-F]{19}$`)

// table returns the rows of a query as texts: NULL as "-", and a generated id as "made".
func (d database) table(tb testing.TB, query string) []string {
	tb.Helper()
	table := d.exact(tb, query)
	for i, row := range table {
		values := strings.Split(row, "|")
		for c, value := range values {
			if generatedID.MatchString(value) {
				values[c] = "made"
			}
		}
		table[i] = strings.Join(values, "|")
	}
	return table
}

// exact is like table, but returns generated ids unchanged.
func (d database) exact(tb testing.TB, query string) (table []string) {
	tb.Helper()
	rows, err := d.db.QueryContext(tb.Context(), query)
	if err != nil {
		tb.Fatalf("%s: %v", query, err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		tb.Fatal(err)
	}
	for rows.Next() {
		values, into := make([]sql.NullString, len(columns)), make([]any, len(columns))
		for i := range values {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			tb.Fatal(err)
		}
		texts := make([]string, len(columns))
		for i, value := range values {
			if texts[i] = value.String; !value.Valid {
				texts[i] = "-"
			}
		}
		table = append(table, strings.Join(texts, "|"))
	}
	if err := rows.Err(); err != nil {
		tb.Fatal(err)
	}
	return table
}

// load imports a text and returns the result and the report.
func (d database) load(tb testing.TB, kind, text string) (importer.Result, string) {
	tb.Helper()
	var report strings.Builder
	result, err := importer.Run(tb.Context(), importer.Options{
		Kind:   kind,
		Input:  strings.NewReader(text),
		To:     d.store,
		Hasher: secrets,
		Report: &report,
	})
	if err != nil {
		tb.Fatal(err)
	}
	if result.Rows != result.Good+result.Bad || result.Bad != strings.Count(report.String(), "\n") {
		tb.Errorf("%+v does not fit the report:\n%s", result, &report)
	}
	return result, report.String()
}

// mustLoad imports a text, and fails if a row is rejected.
func (d database) mustLoad(tb testing.TB, kind, text string) {
	tb.Helper()
	if _, report := d.load(tb, kind, text); report != "" {
		tb.Fatalf("rejected rows:\n%s", report)
	}
}

func openSQLite(tb testing.TB) database { return open(tb, storetest.SQLite(tb)) }
