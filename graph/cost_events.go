package graph

import (
	"strings"

	"customer-events/graph/model"
	"customer-events/internal/api"
	"customer-events/internal/events"
	"customer-events/models"
)

// bulkSizes returns the sizes of the answer to a set of events.
func bulkSizes(set events.ReceivedEvents) sizeFunc {
	n, problems := int64(set.Received), api.MaxProblems(set.Received)
	return func(coordinate string) (int64, bool) {
		switch coordinate {
		case "CreateWebCustomerEventsPayload.processedCustomerEventsSet",
			"CreateWebCustomerEventsPayload.unprocessedCustomerEventsSet",
			"CheckWebCustomerEventsPayload.unprocessedCustomerEventsSet":
			return n, true
		case "UnprocessedCustomerEvent.problems":
			return problems.Count, true
		case "EventProblem.errorDescription":
			return problems.DescriptionBytes, true
		case "EventProblem.path":
			return problems.PathBytes, true
		case "ProcessedCustomerEvent.requestUniqueIdentifier":
			return requestIdentifierBytes(set, events.MaxShortText*characterBytes), true
		case "UnprocessedCustomerEvent.requestUniqueIdentifier":
			return requestIdentifierBytes(set, 0), true
		}
		// An event that is read back has the received values. A replayed event has the same ones.
		name, _ := strings.CutPrefix(coordinate, "WebCustomerEvent.")
		if text, known := eventTexts[name]; known {
			return textBytes(set, text), true
		}
		return 0, false
	}
}

// eventTexts holds the texts of an event that the server stores and returns unchanged.
var eventTexts = map[string]func(d *models.EventDetails) *string{
	"website":        func(d *models.EventDetails) *string { return &d.Website },
	"description":    func(d *models.EventDetails) *string { return d.Description },
	"externalSystem": func(d *models.EventDetails) *string { return d.ExternalSystem },
	"externalSystemReferenceNumber": func(d *models.EventDetails) *string {
		return d.ExternalSystemReferenceNumber
	},
	"udfString1": func(d *models.EventDetails) *string { return d.UDFString1 },
	"udfString2": func(d *models.EventDetails) *string { return d.UDFString2 },
	"udfString3": func(d *models.EventDetails) *string { return d.UDFString3 },
	"udfString4": func(d *models.EventDetails) *string { return d.UDFString4 },
	"udfString5": func(d *models.EventDetails) *string { return d.UDFString5 },
	"udfString6": func(d *models.EventDetails) *string { return d.UDFString6 },
	"udfString7": func(d *models.EventDetails) *string { return d.UDFString7 },
	"udfString8": func(d *models.EventDetails) *string { return d.UDFString8 },
}

// textBytes returns the total length of one text of the events.
func textBytes(set events.ReceivedEvents, text func(d *models.EventDetails) *string) (sum int64) {
	for i := range set.Events {
		if value := text(&set.Events[i].Details); value != nil {
			sum += api.TextBytes(*value)
		} else {
			sum += int64(len("null"))
		}
	}
	return sum
}

// requestIdentifierBytes returns the total length of the request identifiers of at most maxBytes. If
// maxBytes is 0 it counts all of them: an unprocessed event may have one of any length.
func requestIdentifierBytes(set events.ReceivedEvents, maxBytes int) (sum int64) {
	for i := range set.Events {
		switch id := set.Events[i].RequestUniqueIdentifier; {
		case id == nil:
			sum += int64(len("null"))
		case maxBytes == 0 || len(*id) <= maxBytes:
			sum += api.TextBytes(*id)
		}
	}
	return sum
}

// measureBulk measures a field that receives events.
func measureBulk(h *handler, arguments map[string]any) (demand, error) {
	d := demand{events: model.CountEvents(arguments)}
	if d.events > events.MaxEventsPerCall {
		return d, nil
	}
	var input model.CreateWebCustomerEventsInput
	if err := input.UnmarshalGQL(arguments["input"]); err != nil {
		return d, err
	}
	set, err := input.Set(h.Decoder)
	d.notDecoded, d.sizes = len(set.Events) < set.Received, bulkSizes(set)
	return d, err
}
