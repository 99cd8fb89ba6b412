package tabular

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
)

// CSV reads CSV with a header line.
type CSV struct {
	Header []string
	maxRow int
	input  *limited
	csv    *csv.Reader
	line   int // of the last row
}

// NewCSV reads the header line. A row may have so many bytes; one that is longer ends the reading, since where the next one
// begins cannot be told: it is what keeps an unclosed quotation mark from being read into memory with all that follows.
func NewCSV(input io.Reader, longest int) (*CSV, error) {
	limited := &limited{input: input, left: longest}
	r := &CSV{maxRow: longest, input: limited, csv: csv.NewReader(limited), line: 1}
	header, err := r.csv.Read()
	switch {
	case err == io.EOF:
		return nil, errors.New("it is empty")
	case errors.Is(err, ErrTooLong):
		return nil, r.tooLong()
	case err != nil:
		return nil, err
	}
	r.Header, r.csv.ReuseRecord = header, true
	return r, nil
}

// Next reads one row, which stays as it is until the next call, and tells the line where it begins, from 1. An error ends the
// reading: io.EOF at the end.
func (r *CSV) Next() (line int, record []string, fault, err error) {
	r.input.left = r.maxRow
	record, err = r.csv.Read()
	var broken *csv.ParseError
	switch {
	case errors.As(err, &broken):
		r.line = broken.Line
		switch broken.Err {
		case csv.ErrFieldCount:
			fault = fmt.Errorf("it has %d fields and the header line %d: write as many", len(record), len(r.Header))
		case csv.ErrBareQuote:
			fault = errors.New("a quotation mark stands in a field that does not begin with one: put the field into quotation marks, and double those inside")
		default:
			fault = errors.New("a quotation mark is not closed, or not followed by a comma: double those inside a field")
		}
		if broken.Line > broken.StartLine {
			fault = fmt.Errorf("%w (the row reaches to line %d)", fault, broken.Line)
		}
		return broken.StartLine, nil, fault, nil
	case errors.Is(err, ErrTooLong):
		return 0, nil, nil, fmt.Errorf("the row after line %d: %w", r.line, r.tooLong())
	case err != nil:
		return 0, nil, nil, err
	}
	r.line, _ = r.csv.FieldPos(0)
	return r.line, record, nil, nil
}

// ErrTooLong ends the reading of a row that does not end.
var ErrTooLong = errors.New("is a quotation mark not closed?")

func (r *CSV) tooLong() error {
	return fmt.Errorf("it has more than %d bytes: %w", r.maxRow, ErrTooLong)
}

// limited stops a row that does not end; encoding/csv would gather it all.
type limited struct {
	input io.Reader
	left  int
}

func (l *limited) Read(p []byte) (int, error) {
	if l.left <= 0 {
		return 0, ErrTooLong
	}
	n, err := l.input.Read(p[:min(len(p), l.left)])
	l.left -= n
	return n, err
}
