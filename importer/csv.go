package importer

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"

	"customer-events/models"
)

// csvReader reads CSV with a header line.
type csvReader struct {
	kind   *kind
	input  *limited
	csv    *csv.Reader
	places []int // of the kind's columns, for each column of the file
	line   int   // of the last row
}

func newCSV(input io.Reader, kind *kind) (*csvReader, error) {
	limited := &limited{input: input}
	r := &csvReader{kind: kind, input: limited, csv: csv.NewReader(limited), line: 1}
	r.csv.ReuseRecord = true
	limited.left = longestRow
	header, err := r.csv.Read()
	if err != nil {
		if err == io.EOF {
			err = errors.New("it is empty")
		}
		return nil, fmt.Errorf("the header line: %w: begin with a line of column names, %s", err, kind.help())
	}
	return r, r.header(header)
}

// header reads the column names. Everything that is wrong with them is said at once.
func (r *csvReader) header(names []string) error {
	var faults []string
	given := make(map[string]bool)
	for i, name := range names {
		name = strings.TrimSpace(name)
		place := r.kind.place(name)
		switch {
		case place < 0 && r.kind.secrets: // if the header line has been forgotten, the name is somebody's secret
			faults = append(faults, fmt.Sprintf("column %d has an unknown name", i+1))
		case place < 0:
			faults = append(faults, fmt.Sprintf("there is no column %q", models.Shown(name)))
		case given[name]:
			faults = append(faults, name+" stands there twice")
		}
		given[name] = true
		r.places = append(r.places, place)
	}
	for _, column := range r.kind.columns {
		if column.mandatory && !given[column.name] {
			faults = append(faults, column.name+" is missing")
		}
	}
	if len(faults) == 0 {
		return nil
	}
	remedy := ""
	if len(names) == 1 && strings.ContainsAny(names[0], ";\t") {
		remedy = ", separated by commas"
	}
	return fmt.Errorf("the header line: %s: write %s%s", strings.Join(faults, ", "), r.kind.help(), remedy)
}

func (r *csvReader) read(row *row) error {
	r.input.left = longestRow
	record, err := r.csv.Read()
	var fault *csv.ParseError
	switch {
	case errors.As(err, &fault):
		row.line, r.line = fault.StartLine, fault.Line
		switch fault.Err {
		case csv.ErrFieldCount:
			row.err = fmt.Errorf("it has %d fields and the header line %d: write as many", len(record), len(r.places))
		case csv.ErrBareQuote:
			row.err = errors.New("a quotation mark stands in a field that does not begin with one: put the field into quotation marks, and double those inside")
		default:
			row.err = errors.New("a quotation mark is not closed, or not followed by a comma: double those inside a field")
		}
		if fault.Line > fault.StartLine {
			row.err = fmt.Errorf("%w (the row reaches to line %d)", row.err, fault.Line)
		}
		return nil
	case err == errTooLong:
		return fmt.Errorf("the row after line %d: %w", r.line, err)
	case err != nil:
		return err
	}
	row.line, _ = r.csv.FieldPos(0)
	r.line = row.line
	row.values = make([]string, len(r.kind.columns))
	for i, value := range record {
		row.values[r.places[i]] = value
	}
	return nil
}

var errTooLong = fmt.Errorf("it has more than %d bytes: is a quotation mark not closed?", longestRow)

// limited stops a row that does not end; encoding/csv would gather it all.
type limited struct {
	input io.Reader
	left  int
}

func (l *limited) Read(p []byte) (int, error) {
	if l.left <= 0 {
		return 0, errTooLong
	}
	n, err := l.input.Read(p[:min(len(p), l.left)])
	l.left -= n
	return n, err
}
