package sender

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"
)

// state is what FILE.sent holds.
type state struct {
	Format   int    `json:"format"`
	Server   string `json:"server"`
	Username string `json:"username"`
	// SHA256 is of the whole file.
	SHA256 string `json:"sha256"`
	Events int    `json:"events"`
	// Done is how many of the file's first events are answered for good.
	Done          int   `json:"done"`
	Processed     int   `json:"processed"`
	Replayed      int   `json:"replayed"`
	Rejected      int   `json:"rejected"`
	RejectedBytes int64 `json:"rejectedBytes"`
	// UnderWaySince is when the first was sent of the calls that may be under way, which are no more than window after those done.
	UnderWaySince *time.Time `json:"underWaySince,omitempty"`

	path string
}

// stateFormat goes up when the state, or how a file is cut into calls, changes its meaning.
const stateFormat = 1

// changedError says that what lies on the disk is not what this sending left there.
type changedError struct{ what string }

func (e *changedError) Error() string { return e.what }

// lock keeps a second send of the same file out: it would store nothing twice, but the two would write over each other's results.
// The lock goes with the process. Its file stays, empty: were it removed, one process could hold the lock of the old file and another
// that of a new one.
func lock(file string) (*flock.Flock, error) {
	held := flock.New(file+".sent.lock", flock.SetPermissions(0o600))
	got, err := held.TryLock()
	switch {
	case err != nil:
		return nil, fmt.Errorf("locking %s against being sent twice at once: %w", file, err)
	case !got:
		return nil, fmt.Errorf("%s is being sent by another process: let it finish", file)
	}
	return held, nil
}

// openState reads how far the file has come. Nothing is guessed: a state that does not fit is refused.
func openState(o *Options, file *file) (*state, error) {
	fresh := &state{Format: stateFormat, Server: o.Server, Username: o.Username, SHA256: file.sha256, Events: file.rows, path: o.File + ".sent"}
	text, err := os.ReadFile(fresh.path)
	if errors.Is(err, fs.ErrNotExist) {
		return fresh, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading how far the file has come: %w", err)
	}
	s := &state{path: fresh.path}
	again := fmt.Sprintf("or delete %s to send %s from its beginning (what has an external reference, or stands in the calls of the last 72 hours as it did, is not stored again)", s.path, o.File)
	switch err := json.Unmarshal(text, s); {
	case err != nil || s.Format != stateFormat:
		return nil, &changedError{fmt.Sprintf("%s was not written by this version of send: finish with the version that wrote it, %s", s.path, again)}
	case s.SHA256 != file.sha256:
		return nil, &changedError{fmt.Sprintf("%s has been changed since it was begun to be sent (%d of %d events were done): restore it and put what is new into a file of its own, %s", o.File, s.Done, s.Events, again)}
	case s.Server != o.Server || s.Username != o.Username:
		return nil, &changedError{fmt.Sprintf("%s was being sent to %s as %s: name the same server and user, %s", o.File, s.Server, s.Username, again)}
	case s.Done < 0 || s.Done > file.rows || s.RejectedBytes < 0 || s.Done != s.Processed+s.Rejected:
		return nil, &changedError{fmt.Sprintf("%s is damaged: restore it, %s", s.path, again)}
	}
	return s, nil
}

func (s *state) result() Result {
	return Result{Events: s.Events, Done: s.Done, Processed: s.Processed, Replayed: s.Replayed, Rejected: s.Rejected}
}

// save puts the state on the disk, whole or not at all.
func (s *state) save() error {
	text, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}
	text = append(text, '\n')
	if err := replace(s.path, text); err != nil {
		return fmt.Errorf("noting how far the file has come: %w", err)
	}
	return nil
}

// replace writes a file so that after a crash the old or the new one is there.
func replace(path string, text []byte) error {
	next := path + ".new"
	file, err := os.OpenFile(next, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = file.Write(text)
	if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
		return err
	}
	if err := os.Rename(next, path); err != nil {
		return err
	}
	if folder, err := os.Open(filepath.Dir(path)); err == nil {
		_ = folder.Sync() // not every system can; the rename is then as durable as it gets
		_ = folder.Close()
	}
	return nil
}
