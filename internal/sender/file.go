package sender

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"

	"customer-events/internal/tabular"
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
// read to its end, is known before anything is sent; then to be sent. Both readings use one descriptor, and what the second one
// cuts must be what the first one cut: whatever happens to the file meanwhile, no call is sent that the first reading did not count.
type file struct {
	path   string
	sha256 string // of the bytes of the first reading
	bytes  int64
	rows   int
	source *tabular.Source
	hash   hash.Hash // of what has been read
	events eventReader
	held   *row     // did not fit into the call before
	calls  [][]byte // the sums of the calls that the first reading cut
	cut    int      // how many of them the second reading has cut
}

// row is one of the file, as it was read.
type row struct {
	line  int
	event []byte
	fault error
}

// errCut says that a file is shorter than it was.
var errCut = errors.New("it has been cut")

func openFile(path string) (*file, error) {
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() && !info.IsDir() {
		return nil, fmt.Errorf("%s is no file on a disk: what is sent is read twice, and again after an interruption", path)
	}
	source, err := tabular.Open(path, "opening the file to send")
	if err != nil {
		return nil, err
	}
	return &file{path: path, source: source}, nil
}

// count is the first reading: of so many bytes, or of all that there are if that is 0.
func (f *file) count(ctx context.Context, bytes int64) error {
	err := f.begin(bytes)
	for err == nil {
		var next *call
		if next, err = f.nextCall(); err == nil {
			f.rows += len(next.items)
			f.calls = append(f.calls, next.sum())
			err = ctx.Err()
		}
	}
	if err != io.EOF {
		return err
	}
	f.bytes, f.sha256 = f.source.Position(), hex.EncodeToString(f.hash.Sum(nil))
	return f.begin(f.bytes)
}

// begin begins a reading of the file's first bytes, or of all if that is 0.
func (f *file) begin(bytes int64) error {
	if err := f.source.Rewind(); err != nil {
		return err
	}
	f.hash, f.held, f.cut = sha256.New(), nil, 0
	if bytes > 0 {
		f.source.Input = &exactly{input: f.source.Input, left: bytes}
	}
	f.source.Input = io.TeeReader(f.source.Input, f.hash)
	buffer, isCSV, err := f.source.Begin(longestEvent)
	switch {
	case err != nil:
	case isCSV:
		f.events, err = newCSVEvents(buffer)
	default:
		f.events = tabular.NewLines(buffer)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", f.path, err)
	}
	return nil
}

// exactly reads so many bytes, and does not take an end before them for the input's end: half a row is no row.
type exactly struct {
	input io.Reader
	left  int64
}

func (e *exactly) Read(p []byte) (int, error) {
	if e.left == 0 {
		return 0, io.EOF
	}
	n, err := e.input.Read(p[:min(int64(len(p)), e.left)])
	if e.left -= int64(n); err == io.EOF && e.left > 0 {
		err = errCut
	}
	return n, err
}

func (f *file) close() error { return f.source.Close() }

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

// skip reads over the calls that have been sent. It reports whether so many rows make whole calls.
func (f *file) skip(ctx context.Context, rows int) (whole bool, err error) {
	for rows > 0 {
		next, err := f.next()
		if err != nil {
			return false, err
		}
		rows -= len(next.items)
		if err := ctx.Err(); err != nil {
			return false, err
		}
	}
	return rows == 0, nil
}

// next is the next call of the second reading. io.EOF says that there is none.
func (f *file) next() (*call, error) {
	next, err := f.nextCall()
	switch {
	case errors.Is(err, errCut), err == io.EOF && f.cut < len(f.calls), err == nil && (f.cut == len(f.calls) || string(next.sum()) != string(f.calls[f.cut])):
		return nil, &fileChangedError{fmt.Sprintf("%s was changed while it was being sent, from call %d on of %d: nothing of the change was sent; restore it as it was, and the same command goes on", f.path, f.cut+1, len(f.calls))}
	case err != nil:
		return nil, err
	}
	f.cut++
	return next, nil
}

// nextCall cuts a call off the file: by its rows only, so that the calls of a file are the same whenever it is sent. io.EOF says
// that there is none.
func (f *file) nextCall() (*call, error) {
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

// change says what has happened to the file since it was begun to be sent: nothing, or a note for people.
func (f *file) change() string {
	info, err := f.source.File().Stat()
	if err != nil {
		return ""
	}
	note := ""
	if info.Size() > f.bytes {
		note = fmt.Sprintf("%s has grown since it was begun to be sent: its first %d bytes are sent (%d events), and what was added is not; "+
			"put that into a file of its own, with the header line if it is CSV, and send it (tail -c +%d %s shows it)", f.path, f.bytes, f.rows, f.bytes+1, f.path)
		if f.incomplete() {
			note += "; the last row had no end yet when it was read, and was sent as it was: see what became of it"
		}
	}
	if now, err := os.Stat(f.path); err != nil || !os.SameFile(info, now) {
		note = f.path + " has been replaced or removed since it was begun to be sent: what it held then was sent, and nothing of what is there now"
	}
	return note
}

// incomplete reports whether the last row had no end when it was counted, and has gone on since.
func (f *file) incomplete() bool {
	var around [2]byte
	if f.bytes == 0 {
		return false
	}
	_, err := f.source.File().ReadAt(around[:], f.bytes-1)
	return err == nil && around[0] != '\n' && around[1] != '\n' && around[1] != '\r'
}
