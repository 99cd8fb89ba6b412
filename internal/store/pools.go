package store

import (
	"database/sql"
	"errors"
	"time"
)

// pools are the connection pools of a database. They are separate so that no use can exhaust the
// connections of another.
type pools struct {
	// write is for transactions, and read is for the look-ups of bulk calls and of logins. All of these
	// are short. MySQL has one pool for both.
	write, read *sql.DB
	// queries is for lists of recorded events, which may take seconds.
	queries *sql.DB
	// sessions is for looking up session tokens.
	sessions *sql.DB
	// readiness is for the readiness check.
	readiness *sql.DB
}

// The sizes of the pools. A process opens at most mysqlCalls + mysqlQueries + mysqlSessions + 1
// connections to MySQL.
const (
	mysqlCalls, mysqlQueries, mysqlSessions      = 32, 8, 4
	sqliteReaders, sqliteQueries, sqliteSessions = 4, 4, 2
)

// queryTimeout limits a query for a list of recorded events. A filter by one attribute takes far less.
const queryTimeout = 10 * time.Second

// sized limits the connections of a pool, both those in use and the idle ones.
func sized(pool *sql.DB, size int) *sql.DB {
	pool.SetMaxOpenConns(size)
	pool.SetMaxIdleConns(size)
	return pool
}

// byName returns the pools by the names that the metrics use.
func (p *pools) byName() map[string]*sql.DB {
	named := map[string]*sql.DB{"queries": p.queries, "sessions": p.sessions, "readiness": p.readiness}
	if p.read == p.write {
		named["calls"] = p.write
	} else {
		named["writer"], named["readers"] = p.write, p.read
	}
	return named
}

func (p *pools) close() error {
	errs := make([]error, 0, 5)
	for name, pool := range p.byName() {
		if name != "writer" {
			errs = append(errs, pool.Close())
		}
	}
	// SQLite copies its log into the file when the last connection is closed. The readers may not write,
	// so the writer is closed last.
	return errors.Join(append(errs, p.write.Close())...)
}
