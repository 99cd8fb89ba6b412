package importer

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"customer-events/internal/tabular"
	"customer-events/models"
)

// csvReader reads CSV with a header line.
type csvReader struct {
	kind     *kind
	csv      *tabular.Records
	columnOf []int  // for each column of the file, the index of the kind's column
	given    []bool // for each of the kind's columns, whether the file has it
}

func newCSV(input io.Reader, kind *kind) (*csvReader, error) {
	file, err := tabular.NewRecords(input, maxRowBytes)
	if err != nil {
		return nil, fmt.Errorf("the header line: %w: begin with a line of column names, %s", err,
			kind.help())
	}
	r := &csvReader{kind: kind, csv: file, given: make([]bool, len(kind.columns))}
	return r, r.header(file.Header)
}

// header reads the column names. Its error lists all problems with them.
func (r *csvReader) header(names []string) error {
	var faults []string
	given := make(map[string]bool)
	for i, name := range names {
		name = strings.TrimSpace(name)
		place := r.kind.place(name)
		switch {
		case given[name]:
			faults = append(faults, models.Sanitize(name)+" is given twice")
		case place == ignored:
		case place < 0 && r.kind.secrets: // without a header line, the name may be a secret
			faults = append(faults, fmt.Sprintf("column %d has an unknown name", i+1))
		case place < 0:
			faults = append(faults, fmt.Sprintf("there is no column %q", models.Sanitize(name)))
		default:
			r.given[place] = true
		}
		given[name] = place != -1
		r.columnOf = append(r.columnOf, place)
	}
	for _, column := range r.kind.columns {
		if column.mandatory && !given[column.name] {
			faults = append(faults, column.name+" is missing")
		}
	}
	if len(faults) == 0 {
		return nil
	}
	return fmt.Errorf("the header line: %s: write %s", strings.Join(faults, ", "), r.kind.help())
}

// read implements rowReader. It skips rows of empty cells, which spreadsheets write.
func (r *csvReader) read(row *row) error {
	for {
		line, record, fault, err := r.csv.Next()
		if row.line, row.err = line, fault; err != nil {
			return err
		}
		blank := record != nil
		row.given, row.values = r.given, make([]string, len(r.kind.columns))
		for i, value := range record {
			if i < len(r.columnOf) && r.columnOf[i] >= 0 {
				row.values[r.columnOf[i]] = value
			}
			blank = blank && strings.TrimSpace(value) == ""
		}
		if !blank {
			if fault != nil {
				row.raw = slices.Clone(record)
			}
			return nil
		}
	}
}
