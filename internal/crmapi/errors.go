package crmapi

import "customer-events/internal/apierr"

// status is the status of an answer: status.code and status.description.
type status struct{ name, sentence string }

// statusOf returns the class name and the fixed sentence of an error's kind. What is wrong with this very
// call is in status.message.
func statusOf(err *apierr.Error) status {
	row := err.Kind.Row()
	return status{row.Class, row.Sentence}
}
