package model

import (
	"encoding/json"
	"fmt"
	"io"

	"customer-events/internal/events"
	"customer-events/internal/strictjson"
)

// EventType is the input type whose values package events decodes. GraphQL's coercion does not apply to it.
const EventType = "WebCustomerEventInput"

// CreateWebCustomerEventsInput is the input of a bulk call.
type CreateWebCustomerEventsInput struct {
	Token          *string
	IdempotencyKey *string
	// WebCustomerEventsSet holds the events: decoded ones, or literals. Set returns them.
	WebCustomerEventsSet any
}

// UnmarshalGQL sets the fields of the input. With it, gqlgen does not unmarshal the events.
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

// MarshalGQL exists because gqlgen requires it. No answer has an input.
func (in CreateWebCustomerEventsInput) MarshalGQL(w io.Writer) { _, _ = io.WriteString(w, "null") }

// Set returns the events of the call. Those from variables are decoded already. It decodes those from
// literals, which GraphQL has validated.
func (in CreateWebCustomerEventsInput) Set(decoder *events.Decoder) (set events.ReceivedEvents, err error) {
	if set, ok := in.WebCustomerEventsSet.(events.ReceivedEvents); ok {
		return set, nil
	}
	list, ok := in.WebCustomerEventsSet.([]any)
	if !ok {
		list = []any{in.WebCustomerEventsSet} // GraphQL coerces a single value to a list of one
	}
	for _, v := range list {
		if err := appendEvent(decoder, &set, v); err != nil {
			return set, err
		}
	}
	return set, nil
}

// appendEvent adds one event: a decoded one, or a literal, which it converts to JSON for the same decoder.
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

// CountEvents returns the number of events in the arguments of a field, without decoding them.
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
