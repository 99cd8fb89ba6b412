package importer

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// row is one row of a file. Its values stand as the kind's columns do; "" means that nothing is given.
type row struct {
	line   int // where it begins in the file, from 1
	values []string
	err    error // why it is not imported
}

// rowReader reads the rows of a file. What is wrong with one row goes into its err. An error ends the reading: io.EOF at the
// end of the file.
type rowReader interface{ read(*row) error }

// longestRow is how many bytes of a file one row may take. It is what keeps an unclosed quotation mark, or a file without
// line ends, from being read into memory whole. Eight values of 255 characters take half of it, if each is escaped.
const longestRow = 64 << 10

// source is an opened file.
type source struct {
	name  string
	size  int64 // 0 if it is not known
	read  int64 // bytes read so far
	input io.Reader
	file  *os.File // nil for an Input, which is not ours to close
}

func openSource(o *Options) (*source, error) {
	if o.Input != nil {
		name := o.File
		if name == "" {
			name = "input"
		}
		return &source{name: name, size: o.Size, input: o.Input}, nil
	}
	file, err := os.Open(o.File)
	if err != nil {
		return nil, fmt.Errorf("opening the file to import: %w", err)
	}
	s := &source{name: o.File, input: file, file: file}
	info, err := file.Stat()
	switch {
	case err != nil:
		return nil, errors.Join(err, s.close())
	case info.IsDir():
		return nil, errors.Join(fmt.Errorf("%s is a folder: name a file", o.File), s.close())
	case info.Mode().IsRegular():
		s.size = info.Size()
	}
	return s, nil
}

// Read counts what is read.
func (s *source) Read(p []byte) (int, error) {
	n, err := s.input.Read(p)
	s.read += int64(n)
	return n, err
}

func (s *source) close() error {
	if s.file == nil {
		return nil
	}
	return s.file.Close()
}

// rows begins to read the source in the format that its name or its first character tells.
func (s *source) rows(kind *kind) (rowReader, error) {
	buffer := bufio.NewReaderSize(s, longestRow)
	if mark, _ := buffer.Peek(3); string(mark) == "\ufeff" { // a byte order mark, as Excel writes it
		_, _ = buffer.Discard(len(mark))
	}
	switch strings.ToLower(filepath.Ext(s.name)) {
	case ".csv":
		return newCSV(buffer, kind)
	case ".ndjson", ".jsonl":
		return newNDJSON(buffer, kind), nil
	}
	beginning, err := buffer.Peek(512)
	if err != nil && err != io.EOF {
		return nil, err
	}
	switch beginning = bytes.TrimSpace(beginning); {
	case bytes.HasPrefix(beginning, []byte("{")):
		return newNDJSON(buffer, kind), nil
	case bytes.HasPrefix(beginning, []byte("[")):
		return nil, errors.New("it begins with [: write one JSON object a line, without brackets around them and commas between them")
	}
	return newCSV(buffer, kind)
}
