package sender

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// checkedFile is the file of rejected events of a run that only checks. It gets the name that the run proper
// would give it, at the end of the check. It replaces no other content: that may be the record of an
// interrupted run, or a user's corrections.
type checkedFile struct {
	path   string
	format rejectedFormat
	note   func(string)
	file   *os.File // nil before the first rejected event
	failed bool     // the file cannot be written
}

func (f *checkedFile) add(c *call) error {
	text := rejectedText(f.format, c)
	if len(text) == 0 || f.failed {
		return nil
	}
	if f.file == nil {
		var err error
		f.file, err = os.CreateTemp(filepath.Dir(f.path), filepath.Base(f.path)+".check-*")
		if err != nil { // the folder may be read-only, which a check permits
			f.failed = true
			f.note(fmt.Sprintf("the rejected events are listed here only: %v", err))
			return nil
		}
		text = append(f.format.appendHeader(nil), text...)
	}
	if _, err := f.file.Write(text); err != nil {
		return fmt.Errorf("writing the rejected events: %w", err)
	}
	return nil
}

// finish gives the file its name, and returns it. sent is the path of the state of a run.
func (f *checkedFile) finish(sent string) (path string, err error) {
	if f.file == nil {
		return "", nil
	}
	defer func() { err = errors.Join(err, f.close()) }()
	written := f.file.Name()
	if err := f.file.Close(); err != nil { // Windows renames no open file
		return "", err
	}
	same, err := sameContent(f.path, written)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return f.path, os.Rename(written, f.path)
	case err != nil || same:
		return f.path, err
	}
	if _, err := os.Stat(sent); err == nil { // the existing file belongs to that run
		return copyPath(written, f.path+".check")
	}
	kept, err := copyPath(f.path, f.path+".edited")
	if err != nil {
		return "", fmt.Errorf("keeping what is in %s: %w", f.path, err)
	}
	f.note(fmt.Sprintf("%s existed before: it is kept as %s", f.path, kept))
	return f.path, os.Rename(written, f.path)
}

func sameContent(path, other string) (bool, error) {
	one, err := os.ReadFile(path)
	if err != nil {
		return false, err
	}
	two, err := os.ReadFile(other)
	return bytes.Equal(one, two), err
}

func copyPath(path, to string) (name string, err error) {
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer file.Close()
	return copyToFreeName(file, to)
}

// close removes the file, unless it has been renamed.
func (f *checkedFile) close() error {
	file := f.file
	if f.file = nil; file == nil {
		return nil
	}
	_ = file.Close() // finish may have closed it
	if err := os.Remove(file.Name()); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
