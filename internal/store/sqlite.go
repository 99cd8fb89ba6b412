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
)

//go:embed migrations/sqlite/*.sql
var sqliteMigrations embed.FS

// sqliteDialect is an SQLite file, through the pure Go driver.
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

// dsn sets on every connection what correctness hangs on: WAL with a sync at each commit (an acknowledged event survives a
// power cut), waiting instead of failing when another process writes, and transactions that take the write lock at their
// beginning, since one that starts by reading could not be waited for.
func (d *sqliteDialect) dsn(query string) string {
	return d.file("_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)" +
		"&_pragma=synchronous(FULL)&_pragma=foreign_keys(1)&_txlock=immediate&_inttotime=1&_time_integer_format=unix_micro" + query)
}

// file is the file's URL with a query.
func (d *sqliteDialect) file(query string) string {
	return (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: d.path}).EscapedPath(), RawQuery: query}).String()
}

// writerPragmas is set on the writer only. A call's rows touch some thousand pages, in all indexes: they stay in memory (16 MB, of
// which the library makes 32) until the COMMIT, and are copied from the log into the file after four times as many writes as usual.
// Both together are worth a tenth of the time (bench/README.md).
const writerPragmas = "&_pragma=cache_size(-16384)&_pragma=wal_autocheckpoint(4000)"

// open makes one connection for writing and a few for reading: with several writers SQLite's busy wait starves some of them
// (p99 of seconds with eight, half a second with one).
func (d *sqliteDialect) open(opener Opener) (pools, error) {
	if err := d.refuseForeign(); err != nil {
		return pools{}, err
	}
	// SQLite would make the file readable for everybody.
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
	p := pools{write: sized(opener(writer), 1), read: read(sqliteReaders), queries: read(sqliteQueries),
		sessions: read(sqliteTokens), readiness: opener(checker)}
	// Each check opens the file again, as it is now.
	p.readiness.SetMaxOpenConns(1)
	p.readiness.SetMaxIdleConns(-1)
	return p, nil
}

func (*sqliteDialect) dialector(db *sql.DB) gorm.Dialector {
	return &sqlite.Dialector{DriverName: "sqlite", Conn: db}
}

func (*sqliteDialect) isolation() sql.IsolationLevel { return sql.LevelDefault }

// lanes: there is one writer.
func (*sqliteDialect) parallelGroups() int { return 1 }

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

// forUpdate: a transaction that writes has the only write lock from its beginning.
func (*sqliteDialect) forUpdate() string { return "" }

// sqliteLock keeps processes that start at the same time from migrating one file together. goose has no lock for SQLite; the
// lock that every platform has is SQLite's own, on a second file. The file stays, empty: were it removed, one process could hold
// the lock of the old file and another that of a new one.
type sqliteLock struct {
	path string
	held *sql.DB
}

func (l *sqliteLock) Lock(ctx context.Context, _ *sql.DB) error {
	lock, err := sql.Open("sqlite", (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: l.path}).EscapedPath(), RawQuery: "_pragma=busy_timeout(60000)"}).String())
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
