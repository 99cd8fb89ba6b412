package tabular

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
)

// CSV reads CSV with a header line, and stops at a row that is too long. Records continues after it.
type CSV struct {
	Header []string
	maxRow int
	input  *rowLimitReader
	csv    *csv.Reader
	line   int // the line of the last row
}

// NewCSV reads the header line. Reading ends with an error at a row of more than maxRow bytes. Without this
// limit, an unclosed quotation mark would read the rest of the file into memory.
func NewCSV(input io.Reader, maxRow int) (*CSV, error) {
	limited := &rowLimitReader{input: input, left: maxRow}
	r := &CSV{maxRow: maxRow, input: limited, csv: csv.NewReader(limited), line: 1}
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

// Next reads one row, and returns it with the number of its first line, from 1. The record is valid until
// the next call. A fault concerns only this row. An error ends the reading: io.EOF at the end.
func (r *CSV) Next() (line int, record []string, fault, err error) {
	r.input.left = r.maxRow
	record, err = r.csv.Read()
	var malformed *csv.ParseError
	switch {
	case errors.As(err, &malformed):
		r.line = malformed.Line
		switch malformed.Err {
		case csv.ErrFieldCount:
			fault = fieldCountError(record, r.Header)
		case csv.ErrBareQuote:
			fault = errBareQuote
		default:
			fault = errQuote
		}
		if malformed.Line > malformed.StartLine {
			fault = fmt.Errorf("%w (the row ends in line %d)", fault, malformed.Line)
		}
		return malformed.StartLine, nil, fault, nil
	case errors.Is(err, ErrTooLong):
		return 0, nil, nil, fmt.Errorf("the row after line %d: %w", r.line, r.tooLong())
	case err != nil:
		return 0, nil, nil, err
	}
	r.line, _ = r.csv.FieldPos(0)
	return r.line, record, nil, nil
}

// ErrTooLong reports a row that is longer than the limit.
var ErrTooLong = errors.New("is a quotation mark not closed?")

func (r *CSV) tooLong() error {
	return fmt.Errorf("it has more than %d bytes: %w", r.maxRow, ErrTooLong)
}

// rowLimitReader returns ErrTooLong when a row exceeds the limit; encoding/csv would read all of it.
type rowLimitReader struct {
	input io.Reader
	left  int
}

// Read implements io.Reader.
func (l *rowLimitReader) Read(p []byte) (int, error) {
	if l.left <= 0 {
		return 0, ErrTooLong
	}
	n, err := l.input.Read(p[:min(len(p), l.left)])
	l.left -= n
	return n, err
}
