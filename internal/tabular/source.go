package tabular

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

// Source is an opened file.
type Source struct {
	Name string
	Size int64 // 0 if it is not known
	// Input provides the bytes.
	Input io.Reader
	read  int64
	file  *os.File // nil if the caller has set Input, which Close does not close
}

// Open opens a file. Its errors begin with doing, as in "opening the file to import".
func Open(path, doing string) (*Source, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", doing, err)
	}
	s := &Source{Name: path, Input: file, file: file}
	info, err := file.Stat()
	switch {
	case err != nil:
		return nil, errors.Join(err, s.Close())
	case info.IsDir():
		return nil, errors.Join(fmt.Errorf("%s is a folder: name a file", path), s.Close())
	case info.Mode().IsRegular():
		s.Size = info.Size()
	}
	return s, nil
}

// Read reads from the input, and counts the bytes. It implements io.Reader.
func (s *Source) Read(p []byte) (int, error) {
	n, err := s.Input.Read(p)
	s.read += int64(n)
	return n, err
}

// Position returns the number of bytes read.
func (s *Source) Position() int64 { return s.read }

// Rewind continues at the start of the same file, even if its path names another file now.
func (s *Source) Rewind() error {
	if s.file == nil {
		return errors.New("only a file can be read again")
	}
	if _, err := s.file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	s.Input, s.read = s.file, 0
	return nil
}

// File returns the opened file, or nil if the caller has set Input.
func (s *Source) File() *os.File { return s.file }

// Close closes the file that Open has opened.
func (s *Source) Close() error {
	if s.file == nil {
		return nil
	}
	return s.file.Close()
}

// Begin starts reading, and detects the format by the source's name or its first character. It returns a
// reader after the byte order mark, with a buffer of maxLine bytes.
func (s *Source) Begin(maxLine int) (reader *bufio.Reader, isCSV bool, err error) {
	reader = bufio.NewReaderSize(s, maxLine)
	if mark, _ := reader.Peek(3); string(mark) == "\ufeff" { // as Excel writes it
		_, _ = reader.Discard(len(mark))
	}
	switch strings.ToLower(filepath.Ext(s.Name)) {
	case ".csv":
		return reader, true, nil
	case ".ndjson", ".jsonl":
		return reader, false, nil
	}
	beginning, err := reader.Peek(512)
	if err != nil && err != io.EOF {
		return nil, false, err
	}
	switch beginning = bytes.TrimSpace(beginning); {
	case bytes.HasPrefix(beginning, []byte("{")):
		return reader, false, nil
	case bytes.HasPrefix(beginning, []byte("[")):
		return nil, false, errors.New("it begins with [: write one JSON object a line, " +
			"without brackets around them and commas between them")
	}
	return reader, true, nil
}
