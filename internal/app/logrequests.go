package app

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"customer-events/internal/api"
	"customer-events/internal/apierr"
	"customer-events/internal/telemetry"
	"customer-events/models"
)

// logRequests writes a log line and counts in the metrics when a request is done. Of what the client sent,
// the line has names only: no query, no variable, no header.
func logRequests(lines *requestLog, metrics *telemetry.Metrics) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			start, record := time.Now(), api.LogRecordOf(r.Context())
			recorder := &statusRecorder{ResponseWriter: w, status: http.StatusOK}
			next.ServeHTTP(recorder, r)
			took := time.Since(start)
			record.User = api.AuthenticationOf(r.Context()).User()
			metrics.CountRequest(r.URL.Path, recorder.status, record, took)
			level := slog.LevelInfo
			if r.URL.Path == "/healthz" || r.URL.Path == "/readyz" {
				level = slog.LevelDebug
			}
			attributes := requestAttributes(r, recorder.status, took, record)
			lines.write(context.Background(), level, record.Address, recorder.status, record, attributes)
		})
	}
}

// requestAttributes returns the attributes of a request's log line.
func requestAttributes(r *http.Request, status int, took time.Duration, record *api.LogRecord) []slog.Attr {
	attributes := []slog.Attr{
		slog.String("request", record.ID),
		slog.String("method", r.Method),
		slog.String("path", models.Sanitize(r.URL.Path)),
		slog.String("address", record.Address),
		slog.Int("status", status),
		slog.Float64("ms", float64(took.Microseconds())/1000),
	}
	for _, text := range []struct{ key, value string }{
		{"operation", record.Operation},
		{"user", record.User},
		{"code", record.Code},
		{"response", record.Unsent},
	} {
		if text.value != "" {
			attributes = append(attributes, slog.String(text.key, models.Sanitize(text.value)))
		}
	}
	if reason := forbiddenReason(r.Context()); reason != "" {
		attributes = append(attributes, slog.String("reason", reason))
	}
	if record.Events > 0 {
		attributes = append(attributes, slog.Int("events", record.Events),
			slog.Int("replayed", record.Replayed), slog.Any("unprocessed", record.Unprocessed))
	}
	return attributes
}

// forbiddenReason returns why a request from a web page of another site was rejected. It names the origin,
// which front-end developers look for first.
func forbiddenReason(ctx context.Context) string {
	forbidden := api.Forbidden(ctx)
	if forbidden == nil || forbidden.Kind != apierr.Forbidden {
		return ""
	}
	return forbidden.Message
}

// statusRecorder remembers the status of a response.
type statusRecorder struct {
	http.ResponseWriter
	status int
}

// WriteHeader remembers the status.
func (s *statusRecorder) WriteHeader(status int) {
	s.status = status
	s.ResponseWriter.WriteHeader(status)
}

// Unwrap lets http.ResponseController reach the connection.
func (s *statusRecorder) Unwrap() http.ResponseWriter { return s.ResponseWriter }
