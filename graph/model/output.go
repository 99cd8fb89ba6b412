package model

import (
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"

	"customer-events/internal/events"
	"customer-events/models"
)

// Outcome is the payload of createWebCustomerEvents.
type Outcome struct {
	ProcessedCustomerEventsSet   []ProcessedCustomerEvent
	UnprocessedCustomerEventsSet []events.UnprocessedCustomerEvent
	Summary                      events.BatchSummary
}

// ProcessedCustomerEvent is a processed event. Event is nil unless the request selects it.
type ProcessedCustomerEvent struct {
	*events.ProcessedCustomerEvent
	Event *WebCustomerEvent
}

// WebCustomerEvent is a recorded event.
type WebCustomerEvent struct{ models.RecordedEvent }

// ID returns the id of the event.
func (e WebCustomerEvent) ID() string { return e.RecordedEvent.ID.String() }

// Number returns the number of the event.
func (e WebCustomerEvent) Number() string { return strconv.FormatInt(e.RecordedEvent.Number, 10) }

// Type returns the type of the event.
func (e WebCustomerEvent) Type() string { return models.WebEvent }

// LifeCycleState returns the state of the event.
func (e WebCustomerEvent) LifeCycleState() string { return models.Posted }

// AccountsReceivable returns the account of the event.
func (e WebCustomerEvent) AccountsReceivable() models.Account { return e.Account }

// RewardsParticipant returns the participant of the event, or nil.
func (e WebCustomerEvent) RewardsParticipant() *models.Participant { return e.Participant }

// PerformedByUnit returns the unit of the event.
func (e WebCustomerEvent) PerformedByUnit() models.Unit { return e.Unit }

// CreatedBy returns the name of the API user who sent the event.
func (e WebCustomerEvent) CreatedBy() string { return e.RecordedEvent.CreatedBy.Name }

// Page is a page of recorded events.
type Page struct {
	Nodes    []WebCustomerEvent
	PageInfo PageInfo
}

// Edges returns the events with their cursors.
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

// PageInfo describes the position of a page.
type PageInfo struct {
	HasNextPage, HasPreviousPage bool
	StartCursor, EndCursor       *string
}

const cursorPrefix = "number:"

// Cursor returns the cursor of an event. Callers must treat it as opaque.
func Cursor(number int64) string {
	return base64.RawURLEncoding.EncodeToString([]byte(cursorPrefix + strconv.FormatInt(number, 10)))
}

// ParseCursor returns the event number of a cursor.
func ParseCursor(cursor string) (number int64, err error) {
	text, err := base64.RawURLEncoding.DecodeString(cursor)
	if digits, ok := strings.CutPrefix(string(text), cursorPrefix); ok && err == nil {
		if number, err = strconv.ParseInt(digits, 10, 64); err == nil && number > 0 {
			return number, nil
		}
	}
	return 0, fmt.Errorf("after (%s) is not a cursor: use a cursor from a page", models.Sanitize(cursor))
}
