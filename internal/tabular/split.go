package tabular

import (
	"bytes"
	"slices"
	"strings"
)

// Comma returns the separator of the fields.
func (r *Records) Comma() rune { return rune(r.comma) }

// Text returns the last row as it is in the input, with its line end, until the next call of Next. Of a row
// with a wrong quotation mark it is the first line. A line that is too long is empty here.
func (r *Records) Text() []byte { return r.text }

// Split splits the text of a row into fields, for showing them. It splits a row with a wrong quotation mark
// at every separator, and leaves the quotation marks in the fields. A blank line has no fields.
func (r *Records) Split(text []byte) []string {
	previous := r.fields
	defer func() { r.fields = previous }()
	r.fields = nil
	fields, fault := r.parse(text)
	if fault != nil {
		line := string(bytes.TrimRight(text, "\r\n"))
		return strings.Split(line, string(r.comma))
	}
	return slices.Clip(fields)
}
