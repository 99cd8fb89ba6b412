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

// WithZone gives a request the zone that dates without one are read in.
func WithZone(ctx context.Context, zone *time.Location) context.Context {
	return context.WithValue(ctx, zoneKey{}, zone)
}

// MarshalDateTime writes a DateTime.
func MarshalDateTime(at time.Time) graphql.ContextMarshaler {
	return graphql.ContextWriterFunc(func(_ context.Context, w io.Writer) error {
		_, err := io.WriteString(w, `"`+models.FormatDateTime(at)+`"`)
		return err
	})
}

// UnmarshalDateTime reads a DateTime, in the server's zone if it has none.
func UnmarshalDateTime(ctx context.Context, v any) (time.Time, error) {
	text, ok := v.(string)
	if !ok {
		return time.Time{}, models.ErrDate
	}
	return models.ParseDateTime(text, ctx.Value(zoneKey{}).(*time.Location))
}

// MarshalErrorCode writes an ErrorCode.
func MarshalErrorCode(code models.Code) graphql.Marshaler {
	return graphql.WriterFunc(func(w io.Writer) { _, _ = io.WriteString(w, `"`+string(code)+`"`) })
}

// UnmarshalErrorCode is there because gqlgen wants both directions; ErrorCode stands in no input.
func UnmarshalErrorCode(any) (models.Code, error) {
	return "", errors.New("an ErrorCode is only answered")
}
