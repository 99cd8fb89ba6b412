package importer

import (
	"bufio"

	"customer-events/rows"
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

// longestRow is how many bytes of a file one row may take. It is what keeps a file without line ends from being read into memory
// whole. Eight values of 255 characters take half of it, if each is escaped.
const longestRow = 64 << 10

func openSource(o *Options) (*rows.Source, error) {
	if o.Input != nil {
		name := o.File
		if name == "" {
			name = "input"
		}
		return &rows.Source{Name: name, Size: o.Size, Input: o.Input}, nil
	}
	return rows.Open(o.File, "opening the file to import")
}

// readRows begins to read the source.
func readRows(source *rows.Source, kind *kind) (rowReader, error) {
	buffer, isCSV, err := source.Begin(longestRow)
	switch {
	case err != nil:
		return nil, err
	case isCSV:
		return newCSV(buffer, kind)
	}
	return newNDJSON(buffer, kind), nil
}

func newNDJSON(buffer *bufio.Reader, kind *kind) *ndjsonReader {
	return &ndjsonReader{kind: kind, lines: rows.NewLines(buffer)}
}
