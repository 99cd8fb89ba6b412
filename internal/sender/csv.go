package sender

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"customer-events/internal/strictjson"
	"customer-events/internal/tabular"
)

// The columns that a file of rejected events has after its own. They are ignored when that file is sent.
const (
	errorColumn = "error"
	lineColumn  = "line"
)

// csvEvents reads CSV rows as events.
type csvEvents struct {
	csv  *tabular.Records
	root node
	text []byte
	// kept are the columns that belong to the event; the others are errorColumn and lineColumn.
	kept []bool
	// unnamed are the columns without a name, which must be empty.
	unnamed []int
}

// node is an object of the event, or a value of it in a column.
type node struct {
	name     string
	children []*node
	column   int
	number   bool
}

func newCSVEvents(input io.Reader) (*csvEvents, error) {
	file, err := tabular.NewRecords(input, maxRowBytes)
	if err != nil {
		return nil, fmt.Errorf("the header line: %w: begin with a line of column names", err)
	}
	e := &csvEvents{csv: file}
	var faults []string
	given := make(map[string]bool)
	for i, name := range file.Header {
		name = strings.TrimSpace(name)
		e.kept = append(e.kept, name != errorColumn && name != lineColumn)
		switch {
		case name == "": // spreadsheets write them after the last column
			e.unnamed = append(e.unnamed, i)
			continue
		case given[name]:
			faults = append(faults, name+" stands there twice")
		case !e.kept[i]:
		case !slices.Contains(columns, name): // not shown: without a header line it may be a secret
			faults = append(faults, fmt.Sprintf("column %d has an unknown name", i+1))
		default:
			e.root.add(strings.Split(name, "."), i)
		}
		given[name] = true
	}
	if len(e.root.children) == 0 && len(faults) == 0 {
		faults = append(faults, "no column has a name")
	}
	if len(faults) > 0 {
		return nil, fmt.Errorf("the header line: %s: write names out of %s, separated by commas",
			strings.Join(faults, ", "), strings.Join(columns, ","))
	}
	return e, nil
}

// Next reads one row, and returns it as an event.
func (e *csvEvents) Next() (*row, error) {
	line, record, fault, err := e.csv.Next()
	if err != nil {
		return nil, err
	}
	r := &row{line: line, raw: e.csv.Text(), fault: fault}
	if r.fault == nil {
		r.event, r.fault = e.event(record)
	}
	return r, nil
}

func (e *csvEvents) event(record []string) ([]byte, error) {
	if e.text = e.root.append(e.text[:0], record); len(e.text) == 0 {
		e.text = append(e.text, "{}"...) // a row without values; the server reports what is missing
	}
	if len(e.text) > maxEventBytes {
		e.text = nil
		return nil, fmt.Errorf("it has more than %d bytes: the texts of an event may not be so long",
			maxEventBytes)
	}
	if !validUTF8(record) {
		return nil, errors.New("it is not UTF-8: save the file in that encoding")
	}
	for _, column := range e.unnamed {
		if record[column] != "" {
			return nil, fmt.Errorf("it has a value in column %d, which has no name", column+1)
		}
	}
	return e.text, nil
}

// validUTF8 reports whether the row is UTF-8; other bytes have been replaced in the event.
func validUTF8(record []string) bool {
	for _, value := range record {
		if !utf8.ValidString(value) {
			return false
		}
	}
	return true
}

func (n *node) add(path []string, column int) {
	var child *node
	for _, c := range n.children {
		if c.name == path[0] {
			child = c
		}
	}
	if child == nil {
		child = &node{name: path[0], column: column, number: strings.HasPrefix(path[0], floatPrefix)}
		n.children = append(n.children, child)
	}
	if len(path) > 1 {
		child.add(path[1:], column)
	}
}

// append appends the object, or nothing if all its cells are empty.
func (n *node) append(to []byte, record []string) []byte {
	begin := len(to)
	to = append(to, '{')
	for _, child := range n.children {
		before := len(to)
		to = append(strictjson.AppendText(to, child.name), ':')
		value := len(to)
		if child.children != nil {
			to = child.append(to, record)
		} else if cell := record[child.column]; cell != "" {
			to = child.appendCell(to, cell)
		}
		if len(to) == value {
			to = to[:before]
		} else {
			to = append(to, ',')
		}
	}
	if len(to) == begin+1 {
		return to[:begin]
	}
	to[len(to)-1] = '}'
	return to
}

// appendCell appends a value. In a column of numbers, it sends a malformed number as a text, which the
// server rejects.
func (n *node) appendCell(to []byte, cell string) []byte {
	if n.number {
		trimmed := strings.TrimSpace(cell)
		cursor := strictjson.New(trimmed)
		if _, err := cursor.Number(); err == nil && cursor.Left() == 0 {
			return append(to, trimmed...)
		}
	}
	return strictjson.AppendText(to, cell)
}
