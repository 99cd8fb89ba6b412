package importer

import (
	"bufio"

	"customer-events/internal/tabular"
	"customer-events/models"
)

// row is one row of a file. Its values are in the order of the kind's columns. For a given column, "" clears
// the stored value; for a column that is not given, the stored value stays.
type row struct {
	line      int // the number of its first line, from 1
	values    []string
	given     []bool
	err       error // the reason why the row is rejected
	change    models.Change
	raw       []string // if the row does not fit the columns: its fields, or its line of JSON
	postponed bool     // it is kept for the end of the file
	json      bool     // it is an object of NDJSON, so other rows may have other columns
}

// value returns a column's value as the store expects it: a text, nil, or models.Keep.
func (r *row) value(column int) any {
	switch {
	case !r.given[column]:
		return models.Keep
	case r.values[column] == "":
		return nil
	}
	return r.values[column]
}

// rowReader reads the rows of a file. A fault of one row goes into its err. A returned error ends the
// reading: io.EOF at the end of the file.
type rowReader interface{ read(*row) error }

// maxRowBytes is the maximum size of a row, so that a file without line ends is not read into memory as a
// whole. Eight values of 255 characters take half of it if each character is escaped.
const maxRowBytes = 64 << 10

func openSource(o *Options) (*tabular.Source, error) {
	if o.Input != nil {
		name := o.File
		if name == "" {
			name = "input"
		}
		return &tabular.Source{Name: name, Size: o.Size, Input: o.Input}, nil
	}
	return tabular.Open(o.File, "opening the file to import")
}

// readRows returns a reader for the rows of the source.
func readRows(source *tabular.Source, kind *kind) (rowReader, error) {
	// The source counts the bytes before the encoding is converted.
	text := &tabular.Source{Name: source.Name, Input: tabular.UTF8(source)}
	buffer, isCSV, err := text.Begin(maxRowBytes)
	switch {
	case err != nil:
		return nil, err
	case isCSV:
		return newCSV(buffer, kind)
	}
	return newNDJSON(buffer, kind), nil
}

func newNDJSON(buffer *bufio.Reader, kind *kind) *ndjsonReader {
	return &ndjsonReader{kind: kind, lines: tabular.NewLines(buffer)}
}
