package storetest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// folderPrefix begins the names of folders. The pid of the process that owns the folder follows.
const folderPrefix = "customer-events-db-"

// newFolder creates a folder for this process. It removes folders that other processes left when they
// exited.
func newFolder(parent string) (string, error) {
	parent, err := filepath.Abs(parent) // servers change their working directory
	if err != nil {
		return "", err
	}
	removeStale(parent)
	return os.MkdirTemp(parent, fmt.Sprintf("%s%d-", folderPrefix, os.Getpid()))
}

// removeStale removes the folders of processes that have exited. It ignores errors: a folder that stays
// only takes space.
func removeStale(parent string) {
	folders, _ := filepath.Glob(filepath.Join(parent, folderPrefix+"*"))
	for _, folder := range folders {
		owner, _, _ := strings.Cut(strings.TrimPrefix(filepath.Base(folder), folderPrefix), "-")
		pid, err := strconv.Atoi(owner)
		// Any error but ESRCH, for example EPERM, means that the process is running.
		if err == nil && pid > 0 && errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
			_ = os.RemoveAll(folder)
		}
	}
}

// lock takes a lock that all processes of this user on this machine share. It polls, because a blocking
// flock cannot be cancelled.
func lock(ctx context.Context, name string) (unlock func(), err error) {
	// The name has the user id, because users cannot open each other's files.
	path := filepath.Join(os.TempDir(), fmt.Sprintf("customer-events-%s-%d.lock", name, os.Geteuid()))
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	for {
		err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			return func() { _ = file.Close() }, nil // closing unlocks
		}
		if err != syscall.EWOULDBLOCK && err != syscall.EINTR {
			_ = file.Close()
			return nil, fmt.Errorf("lock %s: %w", path, err)
		}
		select {
		case <-ctx.Done():
			_ = file.Close()
			return nil, fmt.Errorf("lock %s: %w", path, ctx.Err())
		case <-time.After(20 * time.Millisecond):
		}
	}
}
