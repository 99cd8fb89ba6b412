package sender

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"customer-events/internal/strictjson"
	"customer-events/internal/tabular"
)

// maxLineBytes is the maximum size of a line: of an event with the reasons why it was rejected.
const maxLineBytes = 1 << 20

// rejectedMembers are the members of a line of FILE.rejected.ndjson, beside the event.
var rejectedMembers = map[string]bool{
	"line": true, "requestUniqueIdentifier": true, "errorCode": true, "errorDescription": true,
	"retryable": true, "problems": true,
}

// ndjsonEvents reads the lines of an NDJSON file as events.
type ndjsonEvents struct{ lines *tabular.Lines }

func newNDJSONEvents(input *bufio.Reader) *ndjsonEvents {
	return &ndjsonEvents{lines: tabular.NewLines(input)}
}

// Next reads one line. Of a line that this package has written to a file of rejected events, it returns the
// event.
func (e *ndjsonEvents) Next() (*row, error) {
	line, text, fault, err := e.lines.Next()
	if err != nil {
		return nil, err
	}
	r := &row{line: line, event: text, fault: fault}
	if event, rejected := rejectedEvent(text); rejected {
		if r.event = []byte(event); event == "null" {
			r.fault = errors.New("write the corrected event in place of null, or delete the line")
		}
	}
	if r.fault == nil && len(r.event) > maxEventBytes {
		r.fault = fmt.Errorf("it has more than %d bytes: write one object a line", maxEventBytes)
	}
	if r.fault != nil {
		r.event = nil
	}
	return r, nil
}

// rejectedEvent returns the event of a line of a file of rejected events. An event is not mistaken for such
// a line, because it has no field named event.
func rejectedEvent(text []byte) (event string, rejected bool) {
	if !bytes.Contains(text, []byte(`"event"`)) {
		return "", false
	}
	cursor, other := strictjson.New(string(text)), false
	err := cursor.Object(func(name string) (err error) {
		switch {
		case name == "event":
			event, err = cursor.Raw()
		case rejectedMembers[name]:
			err = cursor.Skip()
		default:
			other, err = true, cursor.Skip()
		}
		return err
	})
	if err == nil {
		err = cursor.End()
	}
	return event, err == nil && event != "" && !other
}

// ndjsonRejected writes a line for each rejected event: the reason, and the event as it was sent.
type ndjsonRejected struct{}

func (ndjsonRejected) extension() string { return ".rejected.ndjson" }

func (ndjsonRejected) appendHeader(to []byte) []byte { return to }

func (ndjsonRejected) appendRejected(to []byte, it *item, c *call) []byte {
	rejected := it.rejected
	to = append(to, `{"line":`...)
	to = strconv.AppendInt(to, int64(it.line), 10)
	to = append(to, `,"requestUniqueIdentifier":`...)
	if rejected.RequestUniqueIdentifier == nil {
		to = append(to, "null"...)
	} else {
		to = strictjson.AppendText(to, *rejected.RequestUniqueIdentifier)
	}
	to = appendError(to, rejected.ErrorCode, rejected.ErrorDescription)
	to = append(to, `,"retryable":`...)
	to = strconv.AppendBool(to, rejected.Retryable)
	to = append(to, `,"problems":`...)
	to = strictjson.AppendList(to, len(rejected.Problems), func(to []byte, n int) []byte {
		p := &rejected.Problems[n]
		to = append(to, `{"path":`...)
		to = strictjson.AppendList(to, len(p.Path),
			func(to []byte, n int) []byte { return strictjson.AppendText(to, p.Path[n]) })
		return append(appendError(to, p.ErrorCode, p.ErrorDescription), '}')
	})
	to = append(to, `,"event":`...)
	if event := it.event(c.text); len(event) > 0 {
		return append(append(to, strings.ToValidUTF8(string(event), "\ufffd")...), "}\n"...)
	}
	return append(to, "null}\n"...)
}

func appendError(to []byte, code, description string) []byte {
	to = strictjson.AppendText(append(to, `,"errorCode":`...), code)
	return strictjson.AppendText(append(to, `,"errorDescription":`...), description)
}
