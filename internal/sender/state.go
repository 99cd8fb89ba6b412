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
	// SHA256 is of the file's first Bytes bytes, which are what is sent.
	SHA256 string `json:"sha256"`
	Bytes  int64  `json:"bytes"` // 0 in the states of older versions: all of the file
	Events int    `json:"events"`
	// Done is how many of the file's first events are answered for good.
	Done      int `json:"done"`
	Processed int `json:"processed"`
	Replayed  int `json:"replayed"`
	Rejected  int `json:"rejected"`
	// RejectedBytes and RejectedSHA256 are of the rejected file.
	RejectedBytes  int64  `json:"rejectedBytes"`
	RejectedSHA256 string `json:"rejectedSHA256,omitempty"`
	// RejectedNext is what is about to be appended to the rejected file, if an interruption lets it: it is ours then, too.
	RejectedNext *content `json:"rejectedNext,omitempty"`
	// UnderWaySince is when the first was sent of the calls that may be under way, which are no more than window after those done.
	UnderWaySince *time.Time `json:"underWaySince,omitempty"`

	path string
}

// content is what a file holds.
type content struct {
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// stateFormat goes up when the state, or how a file is cut into calls, changes its meaning.
const stateFormat = 1

// fileChangedError says that what lies on the disk is not what this sending left there.
type fileChangedError struct{ what string }

func (e *fileChangedError) Error() string { return e.what }

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

// loadState reads how far the file has come; nil if it was not begun to be sent.
func loadState(o *Options) (*state, error) {
	s := &state{path: o.File + ".sent"}
	text, err := os.ReadFile(s.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading how far the file has come: %w", err)
	}
	if err := json.Unmarshal(text, s); err != nil || s.Format != stateFormat {
		return nil, &fileChangedError{fmt.Sprintf("%s was not written by this version of send: finish with the version that wrote it, or %s", s.path, s.again(o))}
	}
	return s, nil
}

// again is the way out of a state that does not fit.
func (s *state) again(o *Options) string {
	return fmt.Sprintf("delete %s to send %s from its beginning, if every event has an external reference: events without one may be stored twice then", s.path, o.File)
}

// grown is how many of the file's bytes the state is about, if the file has more of them now; 0 means all.
func (s *state) grown(file *file) (bytes int64, err error) {
	if s == nil || s.Bytes <= 0 {
		return 0, nil
	}
	info, err := file.source.File().Stat()
	if err != nil || info.Size() <= s.Bytes {
		return 0, err
	}
	return s.Bytes, nil
}

// fit is the state that the run begins with, for a file that has been counted. Nothing is guessed: a state that does not fit is
// refused. A file that has only grown fits: its first bytes are those that the state is about.
func (s *state) fit(o *Options, file *file) (*state, error) {
	if s == nil {
		if info, err := file.source.File().Stat(); err != nil {
			return nil, err
		} else if info.Size() > file.bytes && file.incomplete() {
			return nil, fmt.Errorf("%s is still being written, and its last row has no end yet: send it once it is complete", o.File)
		}
		return &state{Format: stateFormat, Server: o.Server, Username: o.Username, SHA256: file.sha256, Bytes: file.bytes, Events: file.rows, path: o.File + ".sent"}, nil
	}
	switch {
	case s.SHA256 != file.sha256:
		return nil, s.changed(o)
	case s.Server != o.Server || s.Username != o.Username:
		return nil, &fileChangedError{fmt.Sprintf("%s was being sent to %s as %s: name the same server and user, or %s", o.File, s.Server, s.Username, s.again(o))}
	case s.Done < 0 || s.Done > file.rows || s.Events != file.rows || s.RejectedBytes < 0 || s.Processed < 0 || s.Rejected < 0 || s.Done != s.Processed+s.Rejected || s.Replayed < 0 || s.Replayed > s.Processed:
		return nil, s.damaged(o)
	}
	return s, nil
}

func (s *state) changed(o *Options) error {
	return &fileChangedError{fmt.Sprintf("%s has been changed since it was begun to be sent (%d of %d events were done): restore it and put what is new into a file of its own, or %s", o.File, s.Done, s.Events, s.again(o))}
}

func (s *state) damaged(o *Options) error {
	return &fileChangedError{fmt.Sprintf("%s is damaged: restore it, or %s", s.path, s.again(o))}
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
