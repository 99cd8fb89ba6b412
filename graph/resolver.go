package graph

import (
	"context"
	"log/slog"
	"time"

	"customer-events/graph/generated"
	"customer-events/internal/auth"
	"customer-events/internal/events"
	"customer-events/models"
)

// Reader reads recorded events. It must return events of the caller's units only.
type Reader interface {
	Event(ctx context.Context, caller models.Caller, number int64) (*models.RecordedEvent, error)
	EventByID(ctx context.Context, caller models.Caller, id models.ID) (*models.RecordedEvent, error)
	EventsByNumber(
		ctx context.Context, caller models.Caller, numbers []int64,
	) ([]models.RecordedEvent, error)
	// Events returns up to limit events that match the filter, newest number first. If before is not 0 their
	// numbers must be smaller.
	Events(
		ctx context.Context, caller models.Caller, filter models.EventFilter, before int64, limit int,
	) ([]models.RecordedEvent, error)
}

// Resolver holds the services that the resolvers call. schema.resolvers.go has one method for each root
// field.
type Resolver struct {
	Service *events.Service
	Auth    *auth.Service
	Reader  Reader
	Decoder *events.Decoder
	Limits  generated.Limits
	Log     *slog.Logger
	// Introspection allows callers to query the schema.
	Introspection bool
	// Timeout is the maximum duration of one request.
	Timeout time.Duration
}
