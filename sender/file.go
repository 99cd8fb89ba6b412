package sender

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"

	"customer-events/rows"
)

const (
	// maxEvents is how many events a call may carry. Source: the schema's limits.
	maxEvents = 1000
	// longestEvent is how many bytes one event may take: all its texts in full length take half of it, if each character is escaped.
	longestEvent = 256 << 10
	// longestRow is how many bytes a CSV row may take before a quotation mark is taken to be unclosed.
	longestRow = 8 << 20
	// maxCallBytes bounds a call's body, well below what the server takes, and so the memory.
	maxCallBytes = 4 << 20
)

// eventReader reads a file's events as JSON. Each stays as it is until the next is read.
type eventReader interface {
	Next() (line int, event []byte, fault, err error)
}

// file is the file that is sent. It is read twice: first for what it is as a whole, so that a changed file, or one that cannot be
// read to its end, is known before anything is sent; then to be sent.
type file struct {
	path   string
	sha256 string
	rows   int
	source *rows.Source
	hash   hash.Hash // of what has been read
	events eventReader
	held   *row // did not fit into the call before
}

// row is one of the file, as it was read.
type row struct {
	line  int
	event []byte
	fault error
}

func openFile(path string) (*file, error) {
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() && !info.IsDir() {
		return nil, fmt.Errorf("%s is no file on a disk: what is sent is read twice, and again after an interruption", path)
	}
	f := &file{path: path}
	err := f.open()
	for err == nil {
		if _, err = f.row(); err == nil {
			f.rows++
		}
	}
	if err != io.EOF {
		return nil, errors.Join(err, f.close())
	}
	f.sha256 = f.sum()
	if err := f.close(); err != nil {
		return nil, err
	}
	return f, f.open()
}

func (f *file) open() (err error) {
	if f.source, err = rows.Open(f.path, "opening the file to send"); err != nil {
		return err
	}
	f.hash = sha256.New()
	f.source.Input = io.TeeReader(f.source.Input, f.hash)
	buffer, isCSV, err := f.source.Begin(longestEvent)
	switch {
	case err != nil:
	case isCSV:
		f.events, err = newCSVEvents(buffer)
	default:
		f.events = rows.NewLines(buffer)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", f.path, err)
	}
	return nil
}

func (f *file) close() error {
	if f.source == nil {
		return nil
	}
	return f.source.Close()
}

func (f *file) sum() string { return hex.EncodeToString(f.hash.Sum(nil)) }

func (f *file) row() (*row, error) {
	if r := f.held; r != nil {
		f.held = nil
		return r, nil
	}
	line, event, fault, err := f.events.Next()
	if err != nil && err != io.EOF {
		err = fmt.Errorf("%s: %w", f.path, err)
	}
	return &row{line, event, fault}, err
}

// skip reads over rows that have been sent.
func (f *file) skip(n int) error {
	for range n {
		if _, err := f.row(); err != nil {
			return err
		}
	}
	return nil
}

// next cuts the next call off the file: by its rows only, so that the calls of a file are the same whenever it is sent. io.EOF
// says that there is none.
func (f *file) next() (*call, error) {
	c := &call{done: make(chan struct{})}
	for len(c.items) < maxEvents {
		row, err := f.row()
		switch {
		case err == io.EOF && len(c.items) > 0:
			return c, nil
		case err != nil:
			return nil, err
		}
		if len(c.items) > 0 && len(c.text)+len(row.event) > maxCallBytes {
			f.held = row
			break
		}
		c.add(row)
	}
	return c, nil
}

// unchanged reports whether what has been sent is what was read beforehand.
func (f *file) unchanged() error {
	if f.sum() != f.sha256 {
		return &changedError{f.path + " was changed while it was being sent: what stood in it when it was read has been sent, see what it was"}
	}
	return nil
}
