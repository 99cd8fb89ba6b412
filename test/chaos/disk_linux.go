package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"
)

// mount makes a small file system in memory. It takes root, or the right to mount.
func mount(folder string, bytes int64) error {
	if err := syscall.Mount("tmpfs", folder, "tmpfs", 0, fmt.Sprintf("size=%d", bytes)); err != nil {
		return fmt.Errorf("making a small file system at %s, which takes root: %w", folder, errors.Join(errCannotMount, err))
	}
	return nil
}

// unmount ends a file system, whatever still lies on it.
func unmount(folder string) error { return syscall.Unmount(folder, syscall.MNT_DETACH) }

// fillDisk takes what is left of the world's disk, in ever smaller pieces until no page is left.
func fillDisk(_ context.Context, w *world) error {
	file, err := os.Create(w.filler())
	if err != nil {
		return err
	}
	defer file.Close()
	for piece := int64(1 << 24); piece >= 1<<12; {
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
