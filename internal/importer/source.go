package importer

import (
	"bufio"

	"customer-events/internal/tabular"
	"customer-events/models"
)

// row is one row of a file. Its values stand as the kind's columns do: "" clears what is stored if the
// column is given, and a column that is not given keeps it.
type row struct {
	line   int // where it begins in the file, from 1
	values []string
	given  []bool
	err    error // why it is not imported
	change models.Change
	raw    []string // of a row that does not fit its columns: its fields, or its line of JSON
	later  bool     // it waits for the end of the file
	json   bool     // it is an object of NDJSON, so that other rows may have other columns
}

// value is a text as it is written.
func (r *row) value(column int) any {
	switch {
	case !r.given[column]:
		return models.Keep
	case r.values[column] == "":
		return nil
	}
	return r.values[column]
}

// rowReader reads the rows of a file. What is wrong with one row goes into its err. An error ends the
// reading: io.EOF at the end of the file.
type rowReader interface{ read(*row) error }

// longestRow is how many bytes of a file one row may take. It is what keeps a file without line ends from
// being read into memory whole. Eight values of 255 characters take half of it, if each is escaped.
const longestRow = 64 << 10

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

// readRows begins to read the source.
func readRows(source *tabular.Source, kind *kind) (rowReader, error) {
	// The source counts the bytes of the file, whatever their encoding.
	text := &tabular.Source{Name: source.Name, Input: tabular.UTF8(source)}
	buffer, isCSV, err := text.Begin(longestRow)
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
