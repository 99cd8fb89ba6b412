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

// Reader reads recorded events, within the caller's units.
type Reader interface {
	Event(ctx context.Context, caller models.Caller, number int64) (*models.RecordedEvent, error)
	EventByID(ctx context.Context, caller models.Caller, id models.ID) (*models.RecordedEvent, error)
	EventsByNumber(ctx context.Context, caller models.Caller, numbers []int64) ([]models.RecordedEvent, error)
	Events(ctx context.Context, caller models.Caller, filter models.EventFilter, before int64, limit int) ([]models.RecordedEvent, error)
}

// Resolver is where the schema meets the program. gqlgen keeps one method a root field in schema.resolvers.go.
type Resolver struct {
	Service *events.Service
	Auth    *auth.Service
	Reader  Reader
	Decoder *events.Decoder
	Limits  generated.Limits
	Log     *slog.Logger
	// Introspection lets callers ask for the schema.
	Introspection bool
	// Patience is how long one request may take.
	Patience time.Duration
}
