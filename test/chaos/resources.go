package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// filler is the file that fillDisk allocates the free space for.
func (d *deployment) filler() string { return filepath.Join(d.diskDir(), "filler") }

// emptyDisk frees the space. It restarts a MariaDB that aborted because of the full disk, as a service
// manager would.
func emptyDisk(ctx context.Context, d *deployment) error {
	if err := os.Remove(d.filler()); err != nil || d.databaseServer == nil || d.databaseServer.PID() != 0 {
		return err
	}
	return d.databaseServer.Restart(ctx)
}

// setGlobal sets a variable of the database server. For some variables open connections keep the old
// value.
func setGlobal(name string, value any) action {
	return func(ctx context.Context, d *deployment) error {
		_, err := d.db.ExecContext(ctx, fmt.Sprintf("SET GLOBAL %s = %v", name, value))
		return err
	}
}

// withNewConnections breaks all connections after a change, so that it applies to the next ones.
func withNewConnections(change action) action {
	return func(ctx context.Context, d *deployment) error {
		defer d.proxy.cutAll()
		return change(ctx, d)
	}
}

const fewConnections = 12

// exhaustConnections leaves no connection for the servers.
func exhaustConnections(ctx context.Context, d *deployment) error {
	if err := setGlobal("max_connections", fewConnections)(ctx, d); err != nil {
		return err
	}
	pool, err := sql.Open("mysql", "crm@tcp("+d.databaseAddress+")/"+database)
	if err != nil {
		return err
	}
	defer pool.Close() // closing the pool leaves the taken connections open
	for {
		d.proxy.cutAll()
		for err == nil {
			var conn *sql.Conn
			if conn, err = pool.Conn(ctx); err == nil {
				d.takenConnections = append(d.takenConnections, conn)
			}
		}
		// Once only the harness is connected, no connection is left for the servers.
		var there int
		if err := d.db.QueryRowContext(ctx,
			"SELECT COUNT(*) FROM information_schema.processlist WHERE user = 'crm'").Scan(
			&there); err != nil {
			return err
		}
		if there == len(d.takenConnections) {
			return nil
		}
		if err = pause(ctx, 5*time.Millisecond); err != nil {
			return err
		}
	}
}

func releaseConnections(ctx context.Context, d *deployment) error {
	for _, conn := range d.takenConnections {
		_ = conn.Close()
	}
	d.takenConnections = nil
	return setGlobal("max_connections", 150)(ctx, d)
}

// lockFile takes SQLite's only write lock, as another process with a long transaction does.
func lockFile(ctx context.Context, d *deployment) (err error) {
	if d.writeLock, err = d.db.Conn(ctx); err == nil {
		_, err = d.writeLock.ExecContext(ctx, "BEGIN IMMEDIATE")
	}
	return err
}

func unlockFile(ctx context.Context, d *deployment) error {
	_, err := d.writeLock.ExecContext(ctx, "ROLLBACK")
	return errors.Join(err, d.writeLock.Close())
}
