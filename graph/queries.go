package graph

import (
	"context"
	"strconv"

	"github.com/99designs/gqlgen/graphql"

	"customer-events/graph/generated"
	"customer-events/graph/model"
	"customer-events/internal/api"
	"customer-events/internal/events"
	"customer-events/models"
)

// MaxPageSize is the largest page of events. defaultPageSize applies if first is absent or null.
const (
	MaxPageSize     = 500
	defaultPageSize = 50
)

// The costs of the root fields that this file resolves.
var (
	eventField  = rootField{measure: measureFlat}
	pageField   = rootField{measure: measurePage}
	checkField  = rootField{measure: measureBulk}
	limitsField = rootField{measure: measureFlat} // Resolver.Limits
)

// measurePage measures a page of events. A page size that is not valid counts as zero: the resolver rejects
// it.
func measurePage(_ *handler, arguments map[string]any) (demand, error) {
	size := defaultPageSize
	if first := arguments["first"]; first != nil {
		size, _ = graphql.UnmarshalInt(first)
	}
	if size < 1 || size > MaxPageSize {
		size = 0
	}
	return demand{nodes: size, pages: 1, sizes: func(coordinate string) (int64, bool) {
		switch coordinate {
		case "WebCustomerEventConnection.nodes", "WebCustomerEventConnection.edges":
			return int64(size), true
		}
		return 0, false
	}}, nil
}

// event returns the named event, or nil if the caller may not see it or it does not exist.
func (r *Resolver) event(
	ctx context.Context, by generated.WebCustomerEventBy,
) (*model.WebCustomerEvent, error) {
	caller, err := api.Caller(ctx, r.Auth, api.RequestOf(ctx).Token)
	if err != nil {
		return nil, err
	}
	if err := api.Take(ctx, caller, 1); err != nil {
		return nil, err
	}
	var event *models.RecordedEvent
	switch {
	case by.ID != nil:
		if id, ok := models.ParseID(*by.ID); ok {
			event, err = r.Reader.EventByID(ctx, caller, id)
		}
	case by.Number != nil:
		if number, ok := parseNumber(*by.Number); ok {
			event, err = r.Reader.Event(ctx, caller, number)
		}
	default:
		err = newError(badRequest, "by names no event: use id or number")
	}
	if err != nil || event == nil {
		return nil, err
	}
	return &model.WebCustomerEvent{RecordedEvent: *event}, nil
}

// parseNumber parses the number of an event. Other spellings ("007", "+7") name no event.
func parseNumber(text string) (int64, bool) {
	number, err := strconv.ParseInt(text, 10, 64)
	return number, err == nil && strconv.FormatInt(number, 10) == text
}

// events returns a page of events, newest number first.
func (r *Resolver) events(
	ctx context.Context, first *int, after *string, filter *generated.WebCustomerEventFilter,
) (*model.Page, error) {
	caller, err := api.Caller(ctx, r.Auth, api.RequestOf(ctx).Token)
	if err != nil {
		return nil, err
	}
	limit := defaultPageSize
	if first != nil {
		limit = *first
	}
	if limit < 1 || limit > MaxPageSize {
		return nil, newError(badRequest, "first (%d) is not valid: write 1 to %d", limit, MaxPageSize)
	}
	before := int64(0)
	if after != nil {
		if before, err = model.ParseCursor(*after); err != nil {
			return nil, newError(badRequest, "%s", err)
		}
	}
	// The page size counts against the rate limit, not the number of events found: a filter without matches
	// may cost the database as much.
	if err := api.TakeUpTo(ctx, caller, limit); err != nil {
		return nil, err
	}
	conditions, err := eventFilter(filter)
	if err != nil {
		return nil, err
	}
	// One event more than the page shows whether there is a next page.
	found, err := r.Reader.Events(ctx, caller, conditions, before, limit+1)
	if err != nil {
		return nil, err
	}
	page := &model.Page{Nodes: []model.WebCustomerEvent{}}
	page.PageInfo = model.PageInfo{HasNextPage: len(found) > limit, HasPreviousPage: after != nil}
	for _, event := range found[:min(limit, len(found))] {
		page.Nodes = append(page.Nodes, model.WebCustomerEvent{RecordedEvent: event})
	}
	if n := len(page.Nodes); n > 0 {
		start := model.Cursor(page.Nodes[0].RecordedEvent.Number)
		end := model.Cursor(page.Nodes[n-1].RecordedEvent.Number)
		page.PageInfo.StartCursor, page.PageInfo.EndCursor = &start, &end
	}
	return page, nil
}

// check returns what create would answer to the same input now.
func (r *Resolver) check(
	ctx context.Context, input model.CreateWebCustomerEventsInput,
) (*events.DryRunResult, error) {
	request, err := r.bulkCall(input).Request(ctx, r.Auth)
	if err != nil {
		return nil, err
	}
	result, err := r.Service.CheckWebCustomerEvents(ctx, request)
	if err != nil {
		return nil, err
	}
	api.BoundProblems(result.UnprocessedCustomerEventsSet, request.Events.Received)
	return &result, nil
}
