package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"

	"gorm.io/driver/sqlite"
	"gorm.io/gorm"
	sqlitedriver "modernc.org/sqlite"

	"customer-events/models"
)

//go:embed migrations/sqlite/*.sql
var sqliteMigrations embed.FS

// sqliteDialect is the dialect of an SQLite file, with the pure Go driver.
type sqliteDialect struct {
	path       string
	eventTable eventTable
}

func newSQLite(path string) (dialect, error) {
	if path = strings.TrimPrefix(path, "//"); path == "" || strings.HasPrefix(path, ":memory:") {
		return nil, fmt.Errorf("database %q: name a file, as in sqlite:customer-events.db", "sqlite:"+path)
	}
	return &sqliteDialect{path: path}, nil
}

func (*sqliteDialect) name() string { return "SQLite" }

// dsn returns the data source name with the settings that correctness needs. They are WAL with a sync at
// each commit, so that an acknowledged event survives a power failure; waiting instead of failing while
// another process writes; and transactions that take the write lock at BEGIN, because SQLite does not
// wait when a transaction that has read begins to write.
func (d *sqliteDialect) dsn(query string) string {
	return d.file("_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)" +
		"&_pragma=foreign_keys(1)&_txlock=immediate&_inttotime=1&_time_integer_format=unix_micro" + query)
}

// file returns the file's URL with a query.
func (d *sqliteDialect) file(query string) string { return fileURL(d.path, query) }

// fileURL returns the URL of a file with a query.
func fileURL(path, query string) string {
	return (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(), RawQuery: query}).String()
}

// writerPragmas are the settings of the writing connection only. The rows of a call change some thousand
// pages, in all indexes. The pages stay in memory until COMMIT (16 MB, for which the library allocates
// 32). Checkpoints copy them from the log into the file a quarter as often as by default. Together this
// saves a tenth of the time (test/bench/README.md).
const writerPragmas = "&_pragma=cache_size(-16384)&_pragma=wal_autocheckpoint(4000)"

// open opens one connection for writing and a few for reading. With several writers, SQLite's busy wait
// starves some of them: the p99 is seconds with eight writers, and half a second with one.
func (d *sqliteDialect) open(opener Opener) (pools, error) {
	if err := d.refuseForeign(); err != nil {
		return pools{}, err
	}
	// SQLite would create a file that every user can read.
	file, err := os.OpenFile(d.path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return pools{}, d.cannotOpen(err)
	}
	if err := file.Close(); err != nil {
		return pools{}, err
	}
	writer, err := d.eventTable.connector(d.dsn(writerPragmas))
	if err != nil {
		return pools{}, err
	}
	reader, err := sqlitedriver.NewConnector(d.dsn("&_pragma=query_only(1)"))
	if err != nil {
		return pools{}, err
	}
	checker, err := sqlitedriver.NewConnector(d.file("mode=rw&_txlock=immediate&_pragma=busy_timeout(100)"))
	if err != nil {
		return pools{}, err
	}
	read := func(size int) *sql.DB { return sized(opener(reader), size) }
	p := pools{
		write:     sized(opener(writer), 1),
		read:      read(sqliteReaders),
		queries:   read(sqliteQueries),
		sessions:  read(sqliteSessions),
		readiness: opener(checker),
	}
	// Without idle connections, each check opens the file again: it may have been replaced.
	p.readiness.SetMaxOpenConns(1)
	p.readiness.SetMaxIdleConns(-1)
	return p, nil
}

func (*sqliteDialect) dialector(db *sql.DB) gorm.Dialector {
	return &sqlite.Dialector{DriverName: "sqlite", Conn: db}
}

func (*sqliteDialect) hasOneWriter() bool { return true }

// insertAlone does nothing: BEGIN and COMMIT cost no round trip, and the numbers need a transaction.
func (*sqliteDialect) insertAlone(
	context.Context, *sql.DB, []*models.WebCustomerEvent, bool,
) (bool, error) {
	return false, nil
}

func (*sqliteDialect) maxPlaceholders() int { return 32766 }

func (*sqliteDialect) tuplePlaceholders(n int) string {
	return "VALUES " + strings.TrimSuffix(strings.Repeat("(?,?),", n), ",")
}

func (*sqliteDialect) upsert(key string, columns []string) string {
	sets := make([]string, len(columns))
	for i, column := range columns {
		sets[i] = column + " = excluded." + column
	}
	return " ON CONFLICT (" + key + ") DO UPDATE SET " + strings.Join(sets, ", ")
}

// forUpdate returns nothing: a transaction that writes has held the only write lock from its beginning.
func (*sqliteDialect) forUpdate() string { return "" }

// sqliteLock prevents processes that start at the same time from migrating one file together. goose has
// no lock for SQLite, so this one is SQLite's own write lock, on a second file. The second file is empty
// and never removed: otherwise one process could hold the lock of the removed file and another the lock
// of a new one.
type sqliteLock struct {
	path string
	held *sql.DB
}

func (l *sqliteLock) Lock(ctx context.Context, _ *sql.DB) error {
	lock, err := sql.Open("sqlite", fileURL(l.path, "_pragma=busy_timeout(60000)"))
	if err != nil {
		return err
	}
	lock.SetMaxOpenConns(1)
	if _, err := lock.ExecContext(ctx, "BEGIN EXCLUSIVE"); err != nil {
		return errors.Join(err, lock.Close())
	}
	l.held = lock
	return nil
}

func (l *sqliteLock) Unlock(context.Context, *sql.DB) error {
	return l.held.Close()
}

func (*sqliteDialect) clock() string { return "SELECT CAST(unixepoch('subsec') * 1000000 AS INTEGER)" }

func (*sqliteDialect) knowsRanges() bool { return false }
