package apitest

import (
	"fmt"
	"testing"
)

// Object is a JSON object.
type Object = map[string]any

// Processed is a processed event of an Outcome.
type Processed struct {
	RequestUniqueIdentifier, ID, Number string
	Replayed                            bool
	Index                               int
	Event                               Object
}

// Unprocessed is an event of an Outcome that was not processed.
type Unprocessed struct {
	RequestUniqueIdentifier, ErrorCode, ErrorDescription string
	Index                                                int
	Problems                                             []struct {
		Path      []string
		ErrorCode string
	}
}

// Outcome is the answer to the bulk mutation.
type Outcome struct {
	ProcessedCustomerEventsSet   []Processed
	UnprocessedCustomerEventsSet []Unprocessed
	Summary                      struct{ Received, Processed, Replayed, Unprocessed int }
}

// CreateQuery is the bulk mutation with all fields of an Outcome.
const CreateQuery = `mutation create($input: CreateWebCustomerEventsInput!) {
	createWebCustomerEvents(input: $input) {
		processedCustomerEventsSet { requestUniqueIdentifier id number replayed index }
		unprocessedCustomerEventsSet {
			requestUniqueIdentifier index errorCode errorDescription retryable
			problems { path errorCode errorDescription }
		}
		summary { received processed replayed unprocessed } } }`

// CreateInput returns the variables of CreateQuery for a call without a key.
func CreateInput(events []Object) Object {
	return Object{"input": Object{"webCustomerEventsSet": events}}
}

// ByToken returns the changes to Event that name the customer by one part of an access token.
func ByToken(by string, value any) Object {
	return Object{
		"accountsReceivableIdentifier": nil,
		"rewardsParticipantIdentifier": Object{"accessTokenIdentifier": Object{by: value}},
	}
}

// Create calls the bulk mutation.
func (s *Server) Create(t *testing.T, events []Object, headers ...string) Outcome {
	t.Helper()
	return Ask[Outcome](t, s, "createWebCustomerEvents", CreateQuery, CreateInput(events), headers...)
}

// Event returns a valid event with some fields changed; nil removes a field.
func Event(request string, changes Object) Object {
	e := Object{
		"requestUniqueIdentifier":      request,
		"accountsReceivableIdentifier": Object{"number": "ACR0000000020"},
		"performedByUnitIdentifier":    Object{"name": "Admin Unit"},
		"performedOn":                  "2016-06-22T15:00:00",
		"website":                      "www.crm.com",
	}
	for field, value := range changes {
		if e[field] = value; value == nil {
			delete(e, field)
		}
	}
	return e
}

// Events returns n valid events.
func Events(n int) []Object {
	events := make([]Object, n)
	for i := range events {
		events[i] = Event(fmt.Sprint("r", i), nil)
	}
	return events
}
