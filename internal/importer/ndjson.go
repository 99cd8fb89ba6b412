package importer

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"unicode/utf8"

	"customer-events/internal/tabular"
	"customer-events/models"
)

// ndjsonReader reads one JSON object a line.
type ndjsonReader struct {
	kind  *kind
	lines *tabular.Lines
}

// read implements rowReader.
func (r *ndjsonReader) read(row *row) error {
	line, text, fault, err := r.lines.Next()
	row.json = true
	if row.line, row.err = line, fault; err != nil || fault != nil {
		return err
	}
	if row.values, row.given, row.err = r.object(text); row.err != nil {
		row.raw = []string{string(bytes.TrimSpace(text))}
	}
	return nil
}

// object reads the members of one object. It does not return the decoder's own errors, which may contain a
// part of a value.
func (r *ndjsonReader) object(line []byte) (values []string, given []bool, err error) {
	values, given = make([]string, len(r.kind.columns)), make([]bool, len(r.kind.columns))
	if !utf8.Valid(line) {
		return values, given, errors.New("it is not UTF-8: save the file in that encoding")
	}
	decoder := json.NewDecoder(bytes.NewReader(line))
	decoder.UseNumber()
	malformed := func() error {
		return fmt.Errorf("it is not one JSON object from its first byte to its last: look at byte %d or "+
			"after it",
			decoder.InputOffset()+1)
	}
	if open, err := decoder.Token(); err != nil || open != json.Delim('{') {
		return values, given, malformed()
	}
	for decoder.More() {
		token, err := decoder.Token()
		if err != nil {
			return values, given, malformed()
		}
		name, _ := token.(string)
		place := r.kind.place(name)
		switch {
		case place == ignored:
			if _, err := decoder.Token(); err != nil {
				return values, given, malformed()
			}
			continue
		case place < 0 && r.kind.secrets:
			return values, given, fmt.Errorf("it has an unknown member: write %s", r.kind.help())
		case place < 0:
			return values, given, fmt.Errorf("there is no column %q: write %s", models.Sanitize(name),
				r.kind.help())
		case given[place]:
			return values, given, fmt.Errorf("%s is given twice: write it once", name)
		}
		given[place] = true
		value, err := decoder.Token()
		if err != nil {
			return values, given, malformed()
		}
		if values[place], err = jsonText(name, value); err != nil {
			return values, given, err
		}
	}
	if _, err := decoder.Token(); err != nil { // the closing brace
		return values, given, malformed()
	}
	if _, err := decoder.Token(); err != io.EOF {
		return values, given, malformed()
	}
	return values, given, nil
}

// jsonText returns the text of a JSON value. A one-time password may be a number. A number has no leading
// zeros, and the CRM's passwords have six digits, so jsonText pads it to six, as the API does.
func jsonText(name string, value json.Token) (string, error) {
	switch value := value.(type) {
	case nil:
		return "", nil
	case string:
		return value, nil
	case json.Number:
		if name != oneTimePassword {
			break
		}
		n, err := strconv.ParseUint(value.String(), 10, 63)
		if err != nil {
			return "", fmt.Errorf("%s: write digits only", name)
		}
		return fmt.Sprintf("%06d", n), nil
	}
	return "", fmt.Errorf("%s is no text: write it in quotation marks", name)
}
