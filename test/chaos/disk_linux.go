package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"
)

// mount mounts a small file system in memory. It needs root or the right to mount.
func mount(folder string, bytes int64) error {
	if err := syscall.Mount("tmpfs", folder, "tmpfs", 0, fmt.Sprintf("size=%d", bytes)); err != nil {
		return fmt.Errorf("making a small file system at %s, which takes root: %w", folder,
			errors.Join(errCannotMount, err))
	}
	return nil
}

// unmount unmounts a file system, even while files on it are open.
func unmount(folder string) error { return syscall.Unmount(folder, syscall.MNT_DETACH) }

// fillDisk allocates all free space of the deployment's disk, in smaller and smaller chunks until no page
// is left.
func fillDisk(_ context.Context, d *deployment) error {
	file, err := os.Create(d.filler())
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
