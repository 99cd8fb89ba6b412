package models

import (
	"maps"
	"slices"
)

// Code is the reason why an event was not processed. The names are the CRM's own, or follow its style.
type Code string

// The codes.
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

// Codes returns all codes, sorted.
func Codes() []Code { return slices.Sorted(maps.Keys(descriptions)) }

// Description returns the fixed sentence of the code.
func (c Code) Description() string { return descriptions[c] }

// Retryable reports whether the same event may be accepted later, without a change.
func (c Code) Retryable() bool { return c == TooManyAttempts }

// Problem describes what is wrong with one value of one event. It is safe to show: Detail never contains a
// secret.
type Problem struct {
	Code Code
	// Path leads to the value, in names of input fields. It is empty if the event as a whole is wrong.
	Path []string
	// Detail says what is wrong, and names the field and the value.
	Detail string
}

// Description returns the text in the CRM's format: the detail and the sentence of the code.
func (p Problem) Description() string {
	return "Error:" + p.Detail + " - Description:" + p.Code.Description()
}
