package model

import (
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"

	"customer-events/internal/events"
	"customer-events/models"
)

// Outcome is the answer to a call, with the events read back where they were asked for.
type Outcome struct {
	ProcessedCustomerEventsSet   []ProcessedCustomerEvent
	UnprocessedCustomerEventsSet []events.UnprocessedCustomerEvent
	Summary                      events.BatchSummary
}

// ProcessedCustomerEvent is a recorded event of a call.
type ProcessedCustomerEvent struct {
	*events.ProcessedCustomerEvent
	Event *WebCustomerEvent
}

// WebCustomerEvent is a recorded event as it is read.
type WebCustomerEvent struct{ models.RecordedEvent }

// ID is the event's id.
func (e WebCustomerEvent) ID() string { return e.RecordedEvent.ID.String() }

// Number is the event's number.
func (e WebCustomerEvent) Number() string { return strconv.FormatInt(e.RecordedEvent.Number, 10) }

// Type is the type of the event.
func (e WebCustomerEvent) Type() string { return models.WebEvent }

// LifeCycleState is the state of the event.
func (e WebCustomerEvent) LifeCycleState() string { return models.Posted }

// AccountsReceivable is the event's account.
func (e WebCustomerEvent) AccountsReceivable() models.Account { return e.Account }

// RewardsParticipant is the event's participant, if it has one.
func (e WebCustomerEvent) RewardsParticipant() *models.Participant { return e.Participant }

// PerformedByUnit is the event's unit.
func (e WebCustomerEvent) PerformedByUnit() models.Unit { return e.Unit }

// CreatedBy is the name of the user who sent the event.
func (e WebCustomerEvent) CreatedBy() string { return e.RecordedEvent.CreatedBy.Name }

// Page is a page of recorded events.
type Page struct {
	Nodes    []WebCustomerEvent
	PageInfo PageInfo
}

// Edges are the events with their cursors.
func (p Page) Edges() []WebCustomerEventEdge {
	edges := make([]WebCustomerEventEdge, len(p.Nodes))
	for i, node := range p.Nodes {
		edges[i] = WebCustomerEventEdge{Cursor(node.RecordedEvent.Number), node}
	}
	return edges
}

// WebCustomerEventEdge is an event with its cursor.
type WebCustomerEventEdge struct {
	Cursor string
	Node   WebCustomerEvent
}

// PageInfo says where a page stands.
type PageInfo struct {
	HasNextPage, HasPreviousPage bool
	StartCursor, EndCursor       *string
}

const cursorPrefix = "number:"

// Cursor names the place of an event. It is opaque to callers.
func Cursor(number int64) string {
	return base64.RawURLEncoding.EncodeToString([]byte(cursorPrefix + strconv.FormatInt(number, 10)))
}

// ParseCursor reads what Cursor wrote.
func ParseCursor(cursor string) (number int64, err error) {
	text, err := base64.RawURLEncoding.DecodeString(cursor)
	if digits, ok := strings.CutPrefix(string(text), cursorPrefix); ok && err == nil {
		if number, err = strconv.ParseInt(digits, 10, 64); err == nil && number > 0 {
			return number, nil
		}
	}
	return 0, fmt.Errorf("after (%s) is not a cursor: use one that a page has given", models.Sanitize(cursor))
}
