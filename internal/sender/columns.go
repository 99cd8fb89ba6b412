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

// columns are what a CSV file may hold: the fields of WebCustomerEventInput, of identifiers the paths to their fields. A test holds
// them against the schema.
var columns = func() []string {
	names := []string{
		"requestUniqueIdentifier", "performedOn", "website", "description", "externalSystem", "externalSystemReferenceNumber",
		"accountsReceivableIdentifier.id", "accountsReceivableIdentifier.number", "accountsReceivableIdentifier.name",
		"rewardsParticipantIdentifier.id", "rewardsParticipantIdentifier.number",
		"rewardsParticipantIdentifier.accessTokenIdentifier.authenticationCode",
		"rewardsParticipantIdentifier.accessTokenIdentifier.credentials.identifier",
		"rewardsParticipantIdentifier.accessTokenIdentifier.credentials.passCode",
		"rewardsParticipantIdentifier.accessTokenIdentifier.oneTimePassword",
		"classificationIdentifier.id", "classificationIdentifier.name", "classificationIdentifier.alternativeCode",
		"performedByUnitIdentifier.id", "performedByUnitIdentifier.name", "performedByUnitIdentifier.alternativeCode",
	}
	for i := range 8 {
		names = append(names, fmt.Sprint("udfString", i+1))
	}
	for i := range 4 {
		names = append(names, fmt.Sprint(floats, i+1), fmt.Sprint("udfDate", i+1))
	}
	return names
}()

// floats is how the names of the columns begin that hold numbers.
const floats = "udfFloat"

// csvEvents reads CSV rows as events.
type csvEvents struct {
	csv  *tabular.CSV
	root node
	text []byte
}

// node is an object of the event, or a value of it, which stands in a column.
type node struct {
	name     string
	children []*node
	column   int
	number   bool
}

func newCSVEvents(input io.Reader) (*csvEvents, error) {
	file, err := tabular.NewCSV(input, longestRow)
	if err != nil {
		return nil, fmt.Errorf("the header line: %w: begin with a line of column names", err)
	}
	e := &csvEvents{csv: file}
	var faults []string
	given := make(map[string]bool)
	for i, name := range file.Header {
		name = strings.TrimSpace(name)
		switch {
		case !slices.Contains(columns, name): // not repeated: without a header line it is a value, and may be a secret
			faults = append(faults, fmt.Sprintf("column %d has an unknown name", i+1))
		case given[name]:
			faults = append(faults, name+" stands there twice")
		default:
			e.root.add(strings.Split(name, "."), i)
		}
		given[name] = true
	}
	if len(faults) > 0 {
		return nil, fmt.Errorf("the header line: %s: write names out of %s, separated by commas", strings.Join(faults, ", "), strings.Join(columns, ","))
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
		child = &node{name: path[0], column: column, number: strings.HasPrefix(path[0], floats)}
		n.children = append(n.children, child)
	}
	if len(path) > 1 {
		child.add(path[1:], column)
	}
}

// Next reads one row.
func (e *csvEvents) Next() (line int, event []byte, fault, err error) {
	line, record, fault, err := e.csv.Next()
	if fault != nil || err != nil {
		return line, nil, fault, err
	}
	if e.text = e.root.append(e.text[:0], record); len(e.text) == 0 {
		e.text = append(e.text, "{}"...) // a row of commas only; the server says all that it lacks
	}
	if len(e.text) > longestEvent {
		e.text = e.text[:0:0]
		return line, nil, fmt.Errorf("it has more than %d bytes: the texts of an event may not be so long", longestEvent), nil
	}
	if !encoded(record) {
		return line, nil, errors.New("it is not UTF-8: save the file in that encoding"), nil
	}
	return line, e.text, nil, nil
}

// encoded reports whether the row is UTF-8; anything else has been replaced on the way.
func encoded(record []string) bool {
	for _, value := range record {
		if !utf8.ValidString(value) {
			return false
		}
	}
	return true
}

// append writes the object, or nothing if all its cells are empty.
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

// appendCell writes a value. What should be a number and is none goes as a text: the server says what is wrong with it.
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
