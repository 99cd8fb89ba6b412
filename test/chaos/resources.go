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

// filler is the file that takes what is left of a disk.
func (w *world) filler() string { return filepath.Join(w.disk(), "filler") }

// emptyDisk gives the disk back. A MariaDB that the full disk has made to give itself up is started again, as a service manager would.
func emptyDisk(ctx context.Context, w *world) error {
	if err := os.Remove(w.filler()); err != nil || w.maria == nil || w.maria.PID() != 0 {
		return err
	}
	return w.maria.Restart(ctx)
}

// global sets a variable of the database server; connections that are open go on with the old value of some.
func global(name string, value any) func(context.Context, *world) error {
	return func(ctx context.Context, w *world) error {
		_, err := w.db.ExecContext(ctx, fmt.Sprintf("SET GLOBAL %s = %v", name, value))
		return err
	}
}

// anew breaks all connections after a change, so that it meets those that are opened next.
func anew(change func(context.Context, *world) error) func(context.Context, *world) error {
	return func(ctx context.Context, w *world) error {
		defer w.proxy.cutAll()
		return change(ctx, w)
	}
}

const fewConnections = 12

// takeConnections leaves no connection to the servers.
func takeConnections(ctx context.Context, w *world) error {
	if err := global("max_connections", fewConnections)(ctx, w); err != nil {
		return err
	}
	pool, err := sql.Open("mysql", "crm@tcp("+w.target+")/"+database)
	if err != nil {
		return err
	}
	defer pool.Close() // those that are taken stay open
	for {
		w.proxy.cutAll()
		for err == nil {
			var conn *sql.Conn
			if conn, err = pool.Conn(ctx); err == nil {
				w.hog = append(w.hog, conn)
			}
		}
		// Once nobody but the rig is connected, the servers have none left.
		var there int
		if err := w.db.QueryRowContext(ctx, "SELECT COUNT(*) FROM information_schema.processlist WHERE user = 'crm'").Scan(&there); err != nil {
			return err
		}
		if there == len(w.hog) {
			return nil
		}
		if err = pause(ctx, 5*time.Millisecond); err != nil {
			return err
		}
	}
}

func giveConnections(ctx context.Context, w *world) error {
	for _, conn := range w.hog {
		_ = conn.Close()
	}
	w.hog = nil
	return global("max_connections", 150)(ctx, w)
}

// lockFile holds SQLite's only write lock, as another process with a long transaction does.
func lockFile(ctx context.Context, w *world) (err error) {
	if w.lock, err = w.db.Conn(ctx); err == nil {
		_, err = w.lock.ExecContext(ctx, "BEGIN IMMEDIATE")
	}
	return err
}

func unlockFile(ctx context.Context, w *world) error {
	_, err := w.lock.ExecContext(ctx, "ROLLBACK")
	return errors.Join(err, w.lock.Close())
}
