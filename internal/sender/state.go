package sender

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"
)

// state is the content of FILE.sent.
type state struct {
	Format   int    `json:"format"`
	Server   string `json:"server"`
	Username string `json:"username"`
	// SHA256 is the hash of the file's first Bytes bytes, which are sent.
	SHA256 string `json:"sha256"`
	Bytes  int64  `json:"bytes"` // 0 in the state of an older version: the whole file
	Events int    `json:"events"`
	// Done is the number of events, from the beginning of the file, with a final result.
	Done      int `json:"done"`
	Processed int `json:"processed"`
	Replayed  int `json:"replayed"`
	Rejected  int `json:"rejected"`
	// RejectedBytes and RejectedSHA256 record the file of rejected events.
	RejectedBytes  int64  `json:"rejectedBytes"`
	RejectedSHA256 string `json:"rejectedSHA256,omitempty"`
	// RejectedNext records the file of rejected events after the write that is in progress.
	RejectedNext *fileContent `json:"rejectedNext,omitempty"`
	// UnderWaySince is the time of the first call that may be in flight. At most maxInFlight calls after the
	// done events may be in flight.
	UnderWaySince *time.Time `json:"underWaySince,omitempty"`

	path string // "" for a check, whose state is not saved
}

// fileContent identifies the content of a file.
type fileContent struct {
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// stateFormat increases when the meaning of the state, or the division of a file into calls, changes.
const stateFormat = 1

// fileChangedError reports that a file on the disk is not as an earlier run left it.
type fileChangedError struct{ message string }

func (e *fileChangedError) Error() string { return e.message }

// lock prevents a second run for the same file: the two would store nothing twice, but overwrite each
// other's results. The lock ends with the process. Its file stays, empty: if it were removed, one process
// could hold the lock of the old file, and another the lock of a new one.
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

// loadState reads the progress of the file, or returns nil if there was no earlier run.
func loadState(o *Options) (*state, error) {
	s := &state{path: o.File + ".sent"}
	text, err := os.ReadFile(s.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading the progress of the file: %w", err)
	}
	if err := json.Unmarshal(text, s); err != nil || s.Format != stateFormat {
		return nil, &fileChangedError{fmt.Sprintf("%s was not written by this version of send: "+
			"finish with the version that wrote it, or %s", s.path, s.restartHint(o))}
	}
	return s, nil
}

// restartHint says how to start again without the state.
func (s *state) restartHint(o *Options) string {
	return fmt.Sprintf("delete %s to send %s from its beginning, if every event has an external reference: "+
		"events without one may be stored twice", s.path, o.File)
}

// knownBytes returns the number of bytes that the state covers if the file has grown, and otherwise 0 for
// all bytes.
func (s *state) knownBytes(file *file) (bytes int64, err error) {
	if s == nil || s.Bytes <= 0 || s.allRejected() {
		return 0, nil
	}
	info, err := file.source.File().Stat()
	if err != nil || info.Size() <= s.Bytes {
		return 0, err
	}
	return s.Bytes, nil
}

func (s *state) isFor(o *Options) bool { return s.Server == o.Server && s.Username == o.Username }

// allRejected reports whether the file was sent to its end, and nothing of it was stored. It may then be
// corrected and sent again.
func (s *state) allRejected() bool {
	return s.Done > 0 && s.Done == s.Events && s.Rejected == s.Done && s.UnderWaySince == nil
}

// removeRejected removes the file of rejected events, unless it has been changed since it was written.
func (s *state) removeRejected(path string) error {
	text, err := os.ReadFile(path)
	hash := sha256.Sum256(text)
	if errors.Is(err, fs.ErrNotExist) || err == nil && hex.EncodeToString(hash[:]) != s.RejectedSHA256 {
		return nil
	}
	if err == nil {
		err = os.Remove(path)
	}
	return err
}

// match returns the state with which the run starts, after the first pass over the file. It returns an error
// if the saved state does not match the file. A file that has only grown matches by its first bytes.
func (s *state) match(o *Options, file *file) (*state, error) {
	if s != nil && s.allRejected() && (s.SHA256 != file.sha256 || !s.isFor(o)) {
		if err := s.removeRejected(o.File + file.rejected.extension()); err != nil {
			return nil, err
		}
		s = nil
	}
	if s == nil {
		if info, err := file.source.File().Stat(); err != nil {
			return nil, err
		} else if info.Size() > file.bytes && file.incomplete() {
			return nil, fmt.Errorf("%s is still being written, and its last row has no end yet: send it "+
				"once it is complete", o.File)
		}
		return &state{
			Format:   stateFormat,
			Server:   o.Server,
			Username: o.Username,
			SHA256:   file.sha256,
			Bytes:    file.bytes,
			Events:   file.rows,
			path:     o.File + ".sent",
		}, nil
	}
	switch {
	case s.SHA256 != file.sha256:
		return nil, s.changedError(o)
	case !s.isFor(o):
		return nil, &fileChangedError{fmt.Sprintf("%s was being sent to %s as %s: name the same server "+
			"and user, or %s",
			o.File, s.Server, s.Username, s.restartHint(o))}
	case s.Done < 0 || s.Done > file.rows || s.Events != file.rows || s.RejectedBytes < 0 ||
		s.Processed < 0 || s.Rejected < 0 || s.Done != s.Processed+s.Rejected ||
		s.Replayed < 0 || s.Replayed > s.Processed:
		return nil, s.damagedError(o)
	}
	return s, nil
}

func (s *state) changedError(o *Options) error {
	return &fileChangedError{fmt.Sprintf("%s has been changed since it was begun to be sent (%d of %d "+
		"events were done, %d of them rejected): restore it, and correct rejected events in the file of "+
		"rejected events, which can be sent; put new events into another file, or %s", o.File, s.Done,
		s.Events, s.Rejected, s.restartHint(o))}
}

func (s *state) damagedError(o *Options) error {
	return &fileChangedError{fmt.Sprintf("%s is damaged: restore it, or %s", s.path, s.restartHint(o))}
}

func (s *state) result() Result {
	return Result{
		Events:    s.Events,
		Done:      s.Done,
		Processed: s.Processed,
		Replayed:  s.Replayed,
		Rejected:  s.Rejected,
	}
}

// save writes the state to the disk atomically.
func (s *state) save() error {
	if s.path == "" {
		return nil
	}
	text, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}
	text = append(text, '\n')
	if err := writeAtomically(s.path, text); err != nil {
		return fmt.Errorf("saving the progress of the file: %w", err)
	}
	return nil
}

// writeAtomically replaces a file. After a crash, either the old or the new content is there.
func writeAtomically(path string, text []byte) error {
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
		_ = folder.Sync() // some systems do not support it
		_ = folder.Close()
	}
	return nil
}
