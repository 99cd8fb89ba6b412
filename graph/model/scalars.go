package model

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/99designs/gqlgen/graphql"

	"customer-events/models"
)

type zoneKey struct{}

// WithZone returns a context with the zone for dates that have none.
func WithZone(ctx context.Context, zone *time.Location) context.Context {
	return context.WithValue(ctx, zoneKey{}, zone)
}

// MarshalDateTime encodes a DateTime.
func MarshalDateTime(at time.Time) graphql.ContextMarshaler {
	return graphql.ContextWriterFunc(func(_ context.Context, w io.Writer) error {
		_, err := io.WriteString(w, `"`+models.FormatDateTime(at)+`"`)
		return err
	})
}

// InvalidDateTime is the error of a value that is no DateTime.
type InvalidDateTime struct {
	// Value is the text that the caller sent; empty if it was no text.
	Value string
	// Err says what to write instead.
	Err error
}

func (e *InvalidDateTime) Error() string { return e.Err.Error() }

// Unwrap returns what to write instead.
func (e *InvalidDateTime) Unwrap() error { return e.Err }

// UnmarshalDateTime parses a DateTime, in the zone of the context if it has none. Its errors are
// InvalidDateTime.
func UnmarshalDateTime(ctx context.Context, v any) (time.Time, error) {
	text, ok := v.(string)
	if !ok {
		return time.Time{}, &InvalidDateTime{Err: models.ErrDate}
	}
	at, err := models.ParseDateTime(text, ctx.Value(zoneKey{}).(*time.Location))
	if err != nil {
		return time.Time{}, &InvalidDateTime{text, err}
	}
	return at, nil
}

// MarshalErrorCode encodes an ErrorCode.
func MarshalErrorCode(code models.Code) graphql.Marshaler {
	return graphql.WriterFunc(func(w io.Writer) { _, _ = io.WriteString(w, `"`+string(code)+`"`) })
}

// UnmarshalErrorCode exists because gqlgen requires it. No input has an ErrorCode.
func UnmarshalErrorCode(any) (models.Code, error) {
	return "", errors.New("an ErrorCode is for output only")
}
