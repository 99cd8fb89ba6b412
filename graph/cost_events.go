package graph

import (
	"strings"

	"customer-events/graph/model"
	"customer-events/internal/api"
	"customer-events/internal/events"
	"customer-events/models"
)

// bulkExtent tells how much the answer to a set of events holds.
func bulkExtent(set events.ReceivedEvents) extent {
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
		// An event that is read back holds what came in, now or in the call that is replayed: the same.
		name, _ := strings.CutPrefix(coordinate, "WebCustomerEvent.")
		if text, known := eventTexts[name]; known {
			return textBytes(set, text), true
		}
		return 0, false
	}
}

// eventTexts are the texts of an event that come from the caller as they are.
var eventTexts = map[string]func(d *models.EventDetails) *string{
	"website":                       func(d *models.EventDetails) *string { return &d.Website },
	"description":                   func(d *models.EventDetails) *string { return d.Description },
	"externalSystem":                func(d *models.EventDetails) *string { return d.ExternalSystem },
	"externalSystemReferenceNumber": func(d *models.EventDetails) *string { return d.ExternalSystemReferenceNumber },
	"udfString1":                    func(d *models.EventDetails) *string { return d.UDFString1 },
	"udfString2":                    func(d *models.EventDetails) *string { return d.UDFString2 },
	"udfString3":                    func(d *models.EventDetails) *string { return d.UDFString3 },
	"udfString4":                    func(d *models.EventDetails) *string { return d.UDFString4 },
	"udfString5":                    func(d *models.EventDetails) *string { return d.UDFString5 },
	"udfString6":                    func(d *models.EventDetails) *string { return d.UDFString6 },
	"udfString7":                    func(d *models.EventDetails) *string { return d.UDFString7 },
	"udfString8":                    func(d *models.EventDetails) *string { return d.UDFString8 },
}

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

// requestIdentifierBytes is how long the events' request identifiers are; of at most so many bytes each,
// or 0 for any length, as those of unprocessed events are.
func requestIdentifierBytes(set events.ReceivedEvents, most int) (sum int64) {
	for i := range set.Events {
		switch id := set.Events[i].RequestUniqueIdentifier; {
		case id == nil:
			sum += int64(len("null"))
		case most == 0 || len(*id) <= most:
			sum += api.TextBytes(*id)
		}
	}
	return sum
}

// measureBulk measures a field that carries events in.
func measureBulk(h *handler, arguments map[string]any) (asked, error) {
	a := asked{events: model.CountEvents(arguments)}
	if a.events > events.MaxEventsPerCall {
		return a, nil
	}
	var input model.CreateWebCustomerEventsInput
	if err := input.UnmarshalGQL(arguments["input"]); err != nil {
		return a, err
	}
	set, err := input.Set(h.Decoder)
	a.unread, a.extent = len(set.Events) < set.Received, bulkExtent(set)
	return a, err
}
