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

// folderPrefix is followed by the pid of the process that owns the folder.
const folderPrefix = "customer-events-db-"

// newFolder makes a folder of this process and removes those of processes that
// ended without doing so.
func newFolder(parent string) (string, error) {
	parent, err := filepath.Abs(parent) // the servers change their working folder
	if err != nil {
		return "", err
	}
	removeStale(parent)
	return os.MkdirTemp(parent, fmt.Sprintf("%s%d-", folderPrefix, os.Getpid()))
}

// removeStale is best effort: what it cannot remove only takes space.
func removeStale(parent string) {
	folders, _ := filepath.Glob(filepath.Join(parent, folderPrefix+"*"))
	for _, folder := range folders {
		owner, _, _ := strings.Cut(strings.TrimPrefix(filepath.Base(folder), folderPrefix), "-")
		pid, err := strconv.Atoi(owner)
		// Any other answer than ESRCH, as EPERM, means that it is alive.
		if err == nil && pid > 0 && errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
			_ = os.RemoveAll(folder)
		}
	}
}

// lock takes a lock that all processes of this user on this machine share. It
// polls, because a blocking flock cannot be cancelled.
func lock(ctx context.Context, name string) (unlock func(), err error) {
	// The user id is in the name because users cannot open each other's files.
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
