package tabular

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
)

// Lines reads the lines of a file that are not blank.
type Lines struct {
	input *bufio.Reader
	line  int
}

// NewLines returns a Lines for a reader whose buffer has the maximum length of a line.
func NewLines(input *bufio.Reader) *Lines { return &Lines{input: input} }

// Next reads one line, and returns it with its number, from 1. The text is valid until the next call. A line
// that does not fit into the buffer is a fault. An error ends the reading: io.EOF at the end.
func (r *Lines) Next() (number int, text []byte, fault, err error) {
	for {
		text, err := r.input.ReadSlice('\n')
		r.line++
		switch {
		case err == bufio.ErrBufferFull:
			fault := fmt.Errorf("it has more than %d bytes: write one object a line", r.input.Size())
			return r.line, nil, fault, r.skip()
		case err != nil && err != io.EOF:
			return r.line, nil, nil, err
		case len(bytes.TrimSpace(text)) > 0:
			return r.line, text, nil, nil
		case err == io.EOF:
			return r.line, nil, nil, io.EOF
		}
	}
}

// skip discards the rest of a line that does not fit into the buffer.
func (r *Lines) skip() error {
	for {
		switch _, err := r.input.ReadSlice('\n'); err {
		case nil, io.EOF:
			return nil // the next read returns io.EOF again
		case bufio.ErrBufferFull:
		default:
			return err
		}
	}
}
