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

// columns are the possible columns of a CSV file: the fields of WebCustomerEventInput, and for identifiers
// the paths to their fields. A test compares them with the schema.
var columns = func() []string {
	names := []string{
		"requestUniqueIdentifier",
		"performedOn",
		"website",
		"description",
		"externalSystem",
		"externalSystemReferenceNumber",
		"accountsReceivableIdentifier.id",
		"accountsReceivableIdentifier.number",
		"accountsReceivableIdentifier.name",
		"rewardsParticipantIdentifier.id",
		"rewardsParticipantIdentifier.number",
		"rewardsParticipantIdentifier.accessTokenIdentifier.authenticationCode",
		"rewardsParticipantIdentifier.accessTokenIdentifier.credentials.identifier",
		"rewardsParticipantIdentifier.accessTokenIdentifier.credentials.passCode",
		"rewardsParticipantIdentifier.accessTokenIdentifier.oneTimePassword",
		"classificationIdentifier.id",
		"classificationIdentifier.name",
		"classificationIdentifier.alternativeCode",
		"performedByUnitIdentifier.id",
		"performedByUnitIdentifier.name",
		"performedByUnitIdentifier.alternativeCode",
	}
	for i := range 8 {
		names = append(names, fmt.Sprint("udfString", i+1))
	}
	for i := range 4 {
		names = append(names, fmt.Sprint(floatPrefix, i+1), fmt.Sprint("udfDate", i+1))
	}
	return names
}()

// floatPrefix is the prefix of the names of the columns with numbers.
const floatPrefix = "udfFloat"

// csvEvents reads CSV rows as events.
type csvEvents struct {
	csv  *tabular.CSV
	root node
	text []byte
}

// node is an object of the event, or a value of it in a column.
type node struct {
	name     string
	children []*node
	column   int
	number   bool
}

func newCSVEvents(input io.Reader) (*csvEvents, error) {
	file, err := tabular.NewCSV(input, maxRowBytes)
	if err != nil {
		return nil, fmt.Errorf("the header line: %w: begin with a line of column names", err)
	}
	e := &csvEvents{csv: file}
	var faults []string
	given := make(map[string]bool)
	for i, name := range file.Header {
		name = strings.TrimSpace(name)
		switch {
		case !slices.Contains(columns, name): // not shown: without a header line it may be a secret
			faults = append(faults, fmt.Sprintf("column %d has an unknown name", i+1))
		case given[name]:
			faults = append(faults, name+" stands there twice")
		default:
			e.root.add(strings.Split(name, "."), i)
		}
		given[name] = true
	}
	if len(faults) > 0 {
		return nil, fmt.Errorf("the header line: %s: write names out of %s, separated by commas",
			strings.Join(faults, ", "), strings.Join(columns, ","))
	}
	return e, nil
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

// Next reads one row, and returns it as an event.
func (e *csvEvents) Next() (line int, event []byte, fault, err error) {
	line, record, fault, err := e.csv.Next()
	if fault != nil || err != nil {
		return line, nil, fault, err
	}
	if e.text = e.root.append(e.text[:0], record); len(e.text) == 0 {
		e.text = append(e.text, "{}"...) // a row without values; the server reports what is missing
	}
	if len(e.text) > maxEventBytes {
		e.text = e.text[:0:0]
		return line, nil, fmt.Errorf("it has more than %d bytes: the texts of an event may not be so long",
			maxEventBytes), nil
	}
	if !validUTF8(record) {
		return line, nil, errors.New("it is not UTF-8: save the file in that encoding"), nil
	}
	return line, e.text, nil, nil
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
