package sender

import (
	"bytes"
	"errors"
	"fmt"
	"io"
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

// finish gives the file its name, and returns it.
func (f *checkedFile) finish(sent string) (path string, err error) {
	if f.file == nil {
		return "", nil
	}
	defer func() { err = errors.Join(err, f.close()) }()
	same, err := sameContent(f.path, f.file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return f.path, os.Rename(f.file.Name(), f.path)
	case err != nil || same:
		return f.path, err
	}
	if _, err := os.Stat(sent); err == nil { // the existing file belongs to that run
		return copyToFreeName(f.file, f.path+".check")
	}
	existing, err := os.Open(f.path)
	if err != nil {
		return "", err
	}
	defer existing.Close()
	kept, err := copyToFreeName(existing, f.path+".edited")
	if err != nil {
		return "", fmt.Errorf("keeping what is in %s: %w", f.path, err)
	}
	f.note(fmt.Sprintf("%s existed before: it is kept as %s", f.path, kept))
	return f.path, os.Rename(f.file.Name(), f.path)
}

// sameContent compares the content of a path with that of a file.
func sameContent(path string, with *os.File) (bool, error) {
	one, err := os.ReadFile(path)
	if err != nil {
		return false, err
	}
	if _, err := with.Seek(0, io.SeekStart); err != nil {
		return false, err
	}
	other, err := io.ReadAll(with)
	return bytes.Equal(one, other), err
}

// close removes the file, unless it has been renamed.
func (f *checkedFile) close() error {
	file := f.file
	if f.file = nil; file == nil {
		return nil
	}
	err := file.Close()
	if removed := os.Remove(file.Name()); !errors.Is(removed, fs.ErrNotExist) {
		err = errors.Join(err, removed)
	}
	return err
}
