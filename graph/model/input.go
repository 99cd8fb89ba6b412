package model

import (
	"encoding/json"
	"fmt"
	"io"

	"customer-events/internal/events"
	"customer-events/internal/strictjson"
)

// EventType is the one input type that is not coerced by GraphQL's rules but decoded by us, event by event.
const EventType = "WebCustomerEventInput"

// CreateWebCustomerEventsInput is the input of a call.
type CreateWebCustomerEventsInput struct {
	Token          *string
	IdempotencyKey *string
	// WebCustomerEventsSet is what Set reads.
	WebCustomerEventsSet any
}

// UnmarshalGQL takes the input apart. gqlgen then leaves the events alone.
func (in *CreateWebCustomerEventsInput) UnmarshalGQL(v any) error {
	object, ok := v.(map[string]any)
	if !ok {
		return fmt.Errorf("the input is %T, not an object", v)
	}
	if token, ok := object["token"].(string); ok {
		in.Token = &token
	}
	if key, ok := object["idempotencyKey"].(string); ok {
		in.IdempotencyKey = &key
	}
	in.WebCustomerEventsSet = object["webCustomerEventsSet"]
	return nil
}

// MarshalGQL is there because gqlgen wants both directions; an input is never answered.
func (in CreateWebCustomerEventsInput) MarshalGQL(w io.Writer) { _, _ = io.WriteString(w, "null") }

// Set is the events of the call. Those that came in variables have been decoded already; those that were written into the
// query text have passed GraphQL's validation, and are decoded now.
func (in CreateWebCustomerEventsInput) Set(decoder *events.Decoder) (set events.ReceivedEvents, err error) {
	if set, ok := in.WebCustomerEventsSet.(events.ReceivedEvents); ok {
		return set, nil
	}
	list, ok := in.WebCustomerEventsSet.([]any)
	if !ok {
		list = []any{in.WebCustomerEventsSet} // as in GraphQL, one alone is a list of one
	}
	for _, v := range list {
		if err := appendEvent(decoder, &set, v); err != nil {
			return set, err
		}
	}
	return set, nil
}

// appendEvent adds an event that stands alone: decoded already, or a literal, which goes through JSON to the same decoder.
func appendEvent(decoder *events.Decoder, to *events.ReceivedEvents, v any) error {
	if decoded, ok := v.(*events.WebCustomerEventInput); ok {
		to.Events, to.Received = append(to.Events, *decoded), to.Received+1
		return nil
	}
	literal, err := json.Marshal(v)
	if err != nil {
		return err
	}
	var event events.WebCustomerEventInput
	if err := decoder.DecodeEvent(strictjson.New(string(literal)), &event); err != nil {
		return err
	}
	to.Events, to.Received = append(to.Events, event), to.Received+1
	return nil
}

// CountEvents counts the events in the arguments of a field, before anything is done with them.
func CountEvents(arguments map[string]any) int {
	input, _ := arguments["input"].(map[string]any)
	switch set := input["webCustomerEventsSet"].(type) {
	case nil:
		return 0
	case events.ReceivedEvents:
		return set.Received
	case []any:
		return len(set)
	default:
		return 1
	}
}
