package sender

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"customer-events/internal/tabular"
)

const (
	// maxEvents is the maximum number of events in a call. Source: the schema's limits.
	maxEvents = 1000
	// maxEventBytes is the maximum size of an event. All its texts of full length, with each character
	// escaped, take half of it.
	maxEventBytes = 256 << 10
	// maxRowBytes is the maximum size of a CSV row. A longer one cannot be an event, and is assumed to have
	// an unclosed quotation mark.
	maxRowBytes = 1 << 20
	// maxCallBytes bounds a call's body, and so the memory. It is well below the limit of the server.
	maxCallBytes = 4 << 20
)

// eventReader reads a file's events as JSON. An event is valid until the next call.
type eventReader interface {
	// Next returns the next row. An error ends the reading: io.EOF at the end.
	Next() (*row, error)
}

// file is the file to send. It is read twice: the first pass detects a changed or unreadable file before
// anything is sent, and the second pass sends it. Both passes use the same file descriptor. The second pass
// must produce the same calls as the first: even if the file changes meanwhile, no call is sent that the
// first pass did not count.
type file struct {
	path       string
	sha256     string // of the bytes of the first pass
	bytes      int64
	rows       int
	source     *tabular.Source
	utf16      bool
	read       *passReader // the bytes of this pass
	events     eventReader
	rejected   rejectedFormat
	pendingRow *row     // did not fit into the call before
	calls      [][]byte // the sums of the calls that the first reading cut
	nextIndex  int      // how many of them the second reading has cut
}

// row is one row of the file.
type row struct {
	line  int
	event []byte // empty if there is a fault
	raw   []byte // of CSV, the row as it is in the file
	fault error
}

func openFile(path string) (*file, error) {
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() && !info.IsDir() {
		return nil, fmt.Errorf("%s is not a regular file: a file to send is read twice, "+
			"and again after an interruption", path)
	}
	if _, err := os.Stat(path); path == "-" && err != nil {
		return nil, errors.New("send does not read the standard input: name a file, which can be read again " +
			"after an interruption")
	}
	source, err := tabular.Open(path, "opening the file to send")
	if err != nil {
		return nil, err
	}
	return &file{path: path, source: source}, nil
}

// count is the first pass. It reads the given number of bytes, or all if that is 0.
func (f *file) count(ctx context.Context, most int64) error {
	err := f.begin(most)
	for err == nil {
		var next *call
		if next, err = f.nextCall(); err == nil {
			f.rows += len(next.items)
			f.calls = append(f.calls, next.checksum())
			err = ctx.Err()
		}
	}
	if err != io.EOF {
		return err
	}
	f.bytes, f.sha256 = f.read.bytes, hex.EncodeToString(f.read.hash.Sum(nil))
	return f.begin(f.bytes)
}

// begin starts a pass over the given number of bytes, or over all if that is 0.
func (f *file) begin(most int64) error {
	if err := f.source.Rewind(); err != nil {
		return err
	}
	var begin [3]byte
	n, err := f.source.File().ReadAt(begin[:], 0)
	if err != nil && err != io.EOF {
		return fmt.Errorf("%s: %w", f.path, err)
	}
	f.utf16 = tabular.IsUTF16(begin[:n])
	f.pendingRow, f.nextIndex = nil, 0
	f.read = &passReader{input: f.source.Input, hash: sha256.New()}
	if most > 0 {
		f.read.input = &exactReader{input: f.source.Input, left: most}
	}
	f.source.Input = tabular.UTF8(f.read)
	buffer, isCSV, err := f.source.Begin(maxLineBytes)
	if err != nil {
		return fmt.Errorf("%s: %w", f.path, err)
	}
	if !isCSV {
		f.events, f.rejected = newNDJSONEvents(buffer), ndjsonRejected{}
		return nil
	}
	events, err := newCSVEvents(buffer)
	if err != nil {
		return fmt.Errorf("%s: %w", f.path, err)
	}
	f.events, f.rejected = events, &csvRejected{
		events: events,
		mark:   f.utf16 || string(begin[:n]) == "\ufeff",
		crlf:   strings.HasSuffix(string(events.csv.Text()), "\r\n"),
	}
	return nil
}

func (f *file) close() error { return f.source.Close() }

func (f *file) row() (*row, error) {
	if r := f.pendingRow; r != nil {
		f.pendingRow = nil
		return r, nil
	}
	r, err := f.events.Next()
	if err != nil && err != io.EOF {
		err = fmt.Errorf("%s: %w", f.path, err)
	}
	return r, err
}

// skip skips the calls that have been sent. It reports whether the number of rows consists of whole calls.
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

// next returns the next call of the second pass, or io.EOF.
func (f *file) next() (*call, error) {
	next, err := f.nextCall()
	switch {
	case errors.Is(err, errFileTruncated),
		err == io.EOF && f.nextIndex < len(f.calls),
		err == nil && (f.nextIndex == len(f.calls) ||
			string(next.checksum()) != string(f.calls[f.nextIndex])):
		return nil, &fileChangedError{fmt.Sprintf("%s was changed while it was being sent, from call %d "+
			"of %d on: "+
			"nothing of the change was sent; restore the file, and run the same command again to continue",
			f.path, f.nextIndex+1, len(f.calls))}
	case err != nil:
		return nil, err
	}
	f.nextIndex++
	return next, nil
}

// nextCall reads the rows of the next call, or returns io.EOF. The division into calls depends only on the
// rows, so that it is the same in every run.
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
		if len(c.items) > 0 && (len(c.text)+len(row.event) > maxCallBytes ||
			len(c.raw)+len(row.raw) > maxCallBytes) {
			f.pendingRow = row
			break
		}
		c.add(row)
	}
	return c, nil
}

// change returns a message about a change of the file since the first run started, or "".
func (f *file) change() string {
	info, err := f.source.File().Stat()
	if err != nil {
		return ""
	}
	note := ""
	if info.Size() > f.bytes {
		note = fmt.Sprintf("%s has grown since it was begun to be sent: its first %d bytes are sent (%d "+
			"events), "+
			"and the rest is not; put the rest into another file, with the header line if it is CSV, "+
			"and send that (tail -c +%d %s shows it)", f.path, f.bytes, f.rows, f.bytes+1, f.path)
		if f.incomplete() {
			note += "; the last row had no end yet when it was read, and was sent incomplete: check its " +
				"event"
		}
	}
	if now, err := os.Stat(f.path); err != nil || !os.SameFile(info, now) {
		note = f.path + " has been replaced or removed since it was begun to be sent: its former content " +
			"was sent"
	}
	return note
}

// incomplete reports whether the last row of the first pass was incomplete, and has grown since.
func (f *file) incomplete() bool {
	width := int64(1) // of a character
	if f.utf16 {
		width = 2
	}
	if f.bytes < width {
		return false
	}
	around := make([]byte, 2*width)
	if _, err := f.source.File().ReadAt(around, f.bytes-width); err != nil {
		return false
	}
	return !bytes.ContainsRune(around[:width], '\n') && !bytes.ContainsAny(around[width:], "\r\n")
}
