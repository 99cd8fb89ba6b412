package store

import (
	"database/sql"
	"errors"
	"time"
)

// pools are a database's connections. They are separate, so that none of these uses can exhaust the
// connections of another.
type pools struct {
	// write is for transactions, read for the look-ups of bulk calls and of logins, all of them short. MySQL
	// has one pool for both.
	write, read *sql.DB
	// queries is for lists of recorded events, which may take long.
	queries *sql.DB
	// sessions is for looking tokens up.
	sessions *sql.DB
	// readiness is for the readiness check.
	readiness *sql.DB
}

// The sizes of the pools. MySQL has mysqlCalls + mysqlQueries + mysqlSessions + 1 connections to each
// program.
const (
	mysqlCalls, mysqlQueries, mysqlSessions    = 32, 8, 4
	sqliteReaders, sqliteQueries, sqliteTokens = 4, 4, 2
)

// queryTimeout limits how long a list of recorded events may take. No filter of one attribute comes near it.
const queryTimeout = 10 * time.Second

// sized sets how many connections a pool has, in use or idle.
func sized(pool *sql.DB, size int) *sql.DB {
	pool.SetMaxOpenConns(size)
	pool.SetMaxIdleConns(size)
	return pool
}

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
	// SQLite copies its log into the file when the last connection is closed; the writer's is the one that
	// may.
	return errors.Join(append(errs, p.write.Close())...)
}
