package models

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Code says in one word why an event was not processed. The names are the CRM's own, or in its style.
type Code string

// Every code there is, in one list.
const (
	NotFound        Code = "NotFoundAPIValueException"
	Mandatory       Code = "MandatoryAPIValueException"
	Invalid         Code = "InvalidAPIValueException"
	Ambiguous       Code = "AmbiguousAPIValueException"
	Duplicate       Code = "DuplicateAPIValueException"
	Forbidden       Code = "ForbiddenAPIValueException"
	TooManyAttempts Code = "TooManyAttemptsAPIException"
)

var descriptions = map[Code]string{
	NotFound:        "The specified API value was not found.",
	Mandatory:       "A mandatory API value was not specified.",
	Invalid:         "The specified API value is not valid.",
	Ambiguous:       "The specified API value matches more than one record.",
	Duplicate:       "The specified API value is already used.",
	Forbidden:       "The specified API value is not permitted for this user.",
	TooManyAttempts: "Too many failed attempts, try again later.",
}

// Description is the fixed sentence of the code.
func (c Code) Description() string { return descriptions[c] }

// Retryable reports whether the same event may be accepted later without a change to it.
func (c Code) Retryable() bool { return c == TooManyAttempts }

// Problem says what is wrong with one value of one event. It is data, and safe to show: What never holds a secret.
type Problem struct {
	Code Code
	// Path is the way to the value, in the names of the input's fields; empty when the event as a whole is meant.
	Path []string
	// Detail says what is wrong, naming the field and the value.
	Detail string
}

// Description is the text that the CRM gives with the code.
func (f Problem) Description() string {
	return "Error:" + f.Detail + " - Description:" + f.Code.Description()
}

// Sanitize is a caller's value as it may stand in an error text: at most 100 characters, and nothing in it that a terminal,
// a log or a page would act upon.
func Sanitize(value string) string {
	const most = 100
	clean := true
	for i := 0; i < len(value) && clean; i++ {
		clean = value[i] >= ' ' && value[i] < 0x7f
	}
	if clean && len(value) <= most {
		return value
	}
	var b strings.Builder
	n := 0
	for _, r := range value {
		if n == most {
			b.WriteString("…")
			break
		}
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == '\u2028' || r == '\u2029' {
			r = utf8.RuneError
		}
		b.WriteRune(r)
		n++
	}
	return b.String()
}
