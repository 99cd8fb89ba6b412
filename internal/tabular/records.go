package tabular

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Records reads CSV with a header line. The separator is the comma, the semicolon or the tab, of which the
// header line has most. A malformed row does not end the reading: after a row that is too long, or has wrong
// quotation marks, Records continues with the next line of the file.
type Records struct {
	Header []string
	input  *bufio.Reader
	comma  byte
	line   int // the number of lines read
	fields []string
	text   []byte // the last row as it is in the input
}

var (
	// ErrTooLong reports a row that is longer than the limit.
	ErrTooLong   = errors.New("is a quotation mark not closed?")
	errBareQuote = errors.New("a quotation mark is in a field that does not begin with one: " +
		"put the field into quotation marks, and double those inside")
	errQuote = errors.New("a quotation mark is not closed, or not followed by a comma: " +
		"double those inside a field")
)

// fieldCountError reports a record with more or fewer fields than the header line.
func fieldCountError(record, header []string) error {
	return fmt.Errorf("it has %d fields and the header line %d: write as many", len(record), len(header))
}

// NewRecords reads the header line. A row may have maxRow bytes.
func NewRecords(input io.Reader, maxRow int) (*Records, error) {
	r := &Records{input: bufio.NewReaderSize(input, maxRow+1), comma: ','}
	first := r.firstLine()
	for _, other := range []byte{';', '\t'} {
		if bytes.Count(first, []byte{other}) > bytes.Count(first, []byte{r.comma}) {
			r.comma = other
		}
	}
	_, header, fault, err := r.Next()
	switch {
	case err == io.EOF:
		return nil, errors.New("it is empty")
	case err != nil:
		return nil, err
	case fault != nil:
		return nil, fault
	}
	r.Header = append([]string(nil), header...)
	return r, nil
}

// firstLine returns the first line, without reading more of the input than that needs.
func (r *Records) firstLine() []byte {
	for {
		begin, err := r.input.Peek(r.input.Buffered() + 1)
		if end := bytes.IndexByte(begin, '\n'); end >= 0 {
			return begin[:end]
		}
		if err != nil { // it has no end, or does not fit into the buffer
			return begin
		}
	}
}

// Next reads one row, and returns it with the number of its first line, from 1. The record is valid until
// the next call. A fault concerns only this row; a row with too few or too many fields is returned together
// with its fault. An error ends the reading: io.EOF at the end.
func (r *Records) Next() (line int, record []string, fault, err error) {
	for {
		text, first, fault, err := r.row()
		if err != nil {
			return 0, nil, nil, err
		}
		line = r.line + 1
		if fault != nil {
			r.keep(first)
			return line, nil, fault, r.skip(first)
		}
		record, fault = r.parse(text)
		if fault == nil && r.hidesRows(text[first:], len(record)) {
			record, fault = nil, errQuote
		}
		if fault != nil && first < len(text) {
			text = text[:first] // the lines after a wrong quotation mark are rows of their own
		}
		r.text = append(r.text[:0], text...)
		r.line += bytes.Count(text, []byte{'\n'})
		if _, err := r.input.Discard(len(text)); err != nil {
			return 0, nil, nil, err
		}
		switch {
		case record == nil && fault == nil: // a blank line
			continue
		case fault == nil && r.Header != nil && len(record) != len(r.Header):
			fault = fieldCountError(record, r.Header)
		}
		return line, record, fault, nil
	}
}

// hidesRows reports whether the later lines of a row with a wrong number of fields contain rows: then a
// quotation mark of its first line was not closed, and only closed by chance in a later row.
func (r *Records) hidesRows(later []byte, fields int) bool {
	if r.Header == nil || fields == 0 || fields == len(r.Header) {
		return false
	}
	for line := range bytes.Lines(later) {
		if len(r.Split(line)) == len(r.Header) {
			return true
		}
	}
	return false
}

// keep copies the first line of a malformed row, unless it is too long.
func (r *Records) keep(first int) {
	text, _ := r.input.Peek(first)
	r.text = append(r.text[:0], text...)
}

// row returns the bytes of the next row, without discarding them from the input, and the length of its first
// line. The fault reports a row that does not fit into the buffer, or that the file ends within.
func (r *Records) row() (text []byte, first int, fault, err error) {
	inQuotes, fieldBegins, end := false, true, 0
	for {
		if end == r.input.Size() {
			return nil, first, fmt.Errorf("it has more than %d bytes: %w", r.input.Size()-1, ErrTooLong), nil
		}
		text, err = r.input.Peek(max(end+1, r.input.Buffered()))
		if err != nil && err != io.EOF {
			return nil, 0, nil, err
		}
		for ; end < len(text); end++ {
			switch c := text[end]; {
			case c == '"' && (inQuotes || fieldBegins):
				// A doubled quotation mark closes the quotes and opens them again.
				inQuotes, fieldBegins = !inQuotes, !fieldBegins && inQuotes
			case c == '\n' && first == 0:
				if first = end + 1; !inQuotes {
					return text[:first], first, nil, nil
				}
			case c == '\n' && !inQuotes:
				return text[:end+1], first, nil, nil
			case !inQuotes:
				fieldBegins = c == r.comma
			}
		}
		switch {
		case err == nil:
		case len(text) == 0:
			return nil, 0, nil, io.EOF
		case inQuotes && first > 0:
			return nil, first, errQuote, nil
		case first == 0:
			return text, len(text), nil, nil
		default:
			return text, first, nil, nil
		}
	}
}

// skip discards the first line of a malformed row.
func (r *Records) skip(first int) error {
	if first > 0 {
		r.line++
		_, err := r.input.Discard(first)
		return err
	}
	for {
		switch _, err := r.input.ReadSlice('\n'); err {
		case nil:
			r.line++
			return nil
		case io.EOF:
			return nil // the next call returns io.EOF
		case bufio.ErrBufferFull:
		default:
			return err
		}
	}
}

// parse splits a row into fields. A blank line has none.
func (r *Records) parse(text []byte) ([]string, error) {
	text = bytes.TrimSuffix(bytes.TrimSuffix(text, []byte{'\n'}), []byte{'\r'})
	if len(text) == 0 {
		return nil, nil
	}
	row := string(text)
	r.fields = r.fields[:0]
	for {
		if !strings.HasPrefix(row, `"`) {
			end := strings.IndexByte(row, r.comma)
			field := row
			if end >= 0 {
				field = row[:end]
			}
			if strings.Contains(field, `"`) {
				return nil, errBareQuote
			}
			r.fields = append(r.fields, field)
			if end < 0 {
				return r.fields, nil
			}
			row = row[end+1:]
			continue
		}
		field, rest, ok := parseQuoted(row[1:])
		if !ok || rest != "" && rest[0] != r.comma {
			return nil, errQuote
		}
		r.fields = append(r.fields, field)
		if rest == "" {
			return r.fields, nil
		}
		row = rest[1:]
	}
}

// parseQuoted parses a field up to its closing quotation mark.
func parseQuoted(text string) (field, rest string, ok bool) {
	for at := 0; ; {
		end := strings.IndexByte(text[at:], '"')
		if end < 0 {
			return "", "", false
		}
		at += end
		if !strings.HasPrefix(text[at+1:], `"`) {
			field = strings.ReplaceAll(text[:at], `""`, `"`)
			return strings.ReplaceAll(field, "\r\n", "\n"), text[at+1:], true
		}
		at += 2
	}
}
