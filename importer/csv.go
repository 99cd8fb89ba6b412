package importer

import (
	"fmt"
	"io"
	"strings"

	"customer-events/models"
	"customer-events/rows"
)

// csvReader reads CSV with a header line.
type csvReader struct {
	kind   *kind
	csv    *rows.CSV
	places []int // of the kind's columns, for each column of the file
}

func newCSV(input io.Reader, kind *kind) (*csvReader, error) {
	file, err := rows.NewCSV(input, longestRow)
	if err != nil {
		return nil, fmt.Errorf("the header line: %w: begin with a line of column names, %s", err, kind.help())
	}
	r := &csvReader{kind: kind, csv: file}
	return r, r.header(file.Header)
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
	line, record, fault, err := r.csv.Next()
	if row.line, row.err = line, fault; err != nil || fault != nil {
		return err
	}
	row.values = make([]string, len(r.kind.columns))
	for i, value := range record {
		row.values[r.places[i]] = value
	}
	return nil
}
