package api

import (
	"context"

	"customer-events/internal/events"
	"customer-events/models"
)

// LogRecord holds the fields of a request's log line, which also label its metrics and its span. The
// request's own goroutine writes it.
type LogRecord struct {
	// ID identifies the request in responses and in the log.
	ID string
	// Operation is the protocol's name for the operation. It is never a name that the client chose.
	Operation string
	// OperationType is "query" or "mutation" for a GraphQL operation that was parsed, else empty. OperationName
	// is the name that the client gave the operation; only spans have it.
	OperationType, OperationName string
	// User is the name of the authenticated user. It is set when the request is done, from Authentication.User.
	User string
	// Code is the code of the error that the request failed with; empty if it did not fail.
	Code string
	// Address is the client's address, without the port.
	Address string
	// Unsent says why the server stopped writing the response; empty if it did not.
	Unsent string
	// Events counts the events of the request's bulk calls, Replayed those that an earlier call recorded,
	// Unprocessed the unprocessed ones by code.
	Events, Replayed int
	Unprocessed      map[models.Code]int
}

// Count adds the events of a bulk call to those of the request's other calls.
func (r *LogRecord) Count(outcome *events.Outcome) {
	r.Events, r.Replayed = r.Events+outcome.Summary.Received, r.Replayed+outcome.Summary.Replayed
	if r.Unprocessed == nil {
		r.Unprocessed = make(map[models.Code]int)
	}
	for i := range outcome.UnprocessedCustomerEventsSet {
		r.Unprocessed[outcome.UnprocessedCustomerEventsSet[i].ErrorCode]++
	}
}

type logRecordKey struct{}

// WithLogRecord returns a context with the record.
func WithLogRecord(ctx context.Context, record *LogRecord) context.Context {
	return context.WithValue(ctx, logRecordKey{}, record)
}

// LogRecordOf returns the context's record, or an empty one if the context has none.
func LogRecordOf(ctx context.Context) *LogRecord {
	if record, ok := ctx.Value(logRecordKey{}).(*LogRecord); ok {
		return record
	}
	return &LogRecord{}
}
