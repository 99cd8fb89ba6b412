package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// mount makes a small file system in memory. Only root may.
func (r *rig) mount(name string, bytes int64) (string, error) {
	folder := filepath.Join(r.dir, name+"-disk")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return "", err
	}
	if err := syscall.Mount("tmpfs", folder, "tmpfs", 0, fmt.Sprintf("size=%d", bytes)); err != nil {
		return "", fmt.Errorf("making a small file system at %s, which takes root: %w", folder, err)
	}
	r.mounts = append(r.mounts, folder)
	return folder, nil
}

// unmount ends the file systems of the run, whatever still lies on them.
func (r *rig) unmount() {
	for _, folder := range r.mounts {
		_ = syscall.Unmount(folder, syscall.MNT_DETACH)
	}
	r.mounts = nil
}

// filler is the file that takes what is left of a disk.
func (w *world) filler() string { return filepath.Join(w.rig.dir, w.name+"-disk", "filler") }

func fillDisk(_ context.Context, w *world) error {
	file, err := os.Create(w.filler())
	if err != nil {
		return err
	}
	defer file.Close()
	for piece := int64(1 << 24); piece >= 1<<12; { // ever smaller pieces, until no page is left
		info, err := file.Stat()
		if err == nil {
			err = syscall.Fallocate(int(file.Fd()), 0, info.Size(), piece)
		}
		if errors.Is(err, syscall.ENOSPC) {
			piece /= 2
		} else if err != nil {
			return err
		}
	}
	return nil
}

func emptyDisk(_ context.Context, w *world) error { return os.Remove(w.filler()) }

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
	w.hog = pool
	for taken := 0; ; {
		w.proxy.cutAll()
		for conn := (*sql.Conn)(nil); err == nil; {
			if conn, err = pool.Conn(ctx); err == nil {
				taken++
				err = conn.PingContext(ctx)
			}
		}
		// Once nobody but the rig is connected, the servers have none left.
		var there int
		if err := w.db.QueryRowContext(ctx, "SELECT COUNT(*) FROM information_schema.processlist WHERE user = 'crm'").Scan(&there); err != nil {
			return err
		}
		if there == taken {
			return nil
		}
		if err = pause(ctx, 5*time.Millisecond); err != nil {
			return err
		}
	}
}

func giveConnections(ctx context.Context, w *world) error {
	return errors.Join(w.hog.Close(), global("max_connections", 150)(ctx, w))
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
