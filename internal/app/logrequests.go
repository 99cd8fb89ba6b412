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

// logRequests writes a log line and counts in the metrics when a request is done. Of what the client sent, the line has
// names only: no query, no variable, no header.
func logRequests(lines *requestLog, metrics *telemetry.Metrics) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			start, request := time.Now(), api.RequestOf(r.Context())
			recorder := &statusRecorder{ResponseWriter: w, status: http.StatusOK, request: request}
			next.ServeHTTP(recorder, r)
			took := time.Since(start)
			metrics.CountRequest(r.URL.Path, recorder.status, request, took)
			level := slog.LevelInfo
			if r.URL.Path == "/healthz" || r.URL.Path == "/readyz" {
				level = slog.LevelDebug
			}
			attributes := requestAttributes(r, recorder.status, took, request)
			lines.write(context.Background(), level, request.Address, recorder.status, request, attributes)
		})
	}
}

// requestAttributes returns the attributes of a request's log line.
func requestAttributes(r *http.Request, status int, took time.Duration, request *api.Request) []slog.Attr {
	attributes := []slog.Attr{
		slog.String("request", request.ID),
		slog.String("method", r.Method),
		slog.String("path", models.Sanitize(r.URL.Path)),
		slog.String("address", request.Address),
		slog.Int("status", status),
		slog.Float64("ms", float64(took.Microseconds())/1000),
	}
	for _, text := range []struct{ key, value string }{
		{"operation", request.Operation},
		{"user", request.User},
		{"code", request.Code},
		{"response", request.Unsent},
	} {
		if text.value != "" {
			attributes = append(attributes, slog.String(text.key, models.Sanitize(text.value)))
		}
	}
	if reason := forbiddenReason(request); reason != "" {
		attributes = append(attributes, slog.String("reason", reason))
	}
	if request.Events > 0 {
		attributes = append(attributes, slog.Int("events", request.Events), slog.Int("replayed", request.Replayed),
			slog.Any("unprocessed", request.Unprocessed))
	}
	return attributes
}

// forbiddenReason returns why a request from a web page of another site was rejected. It names the origin,
// which front-end developers look for first.
func forbiddenReason(request *api.Request) string {
	if request.Forbidden == nil || request.Forbidden.Kind != apierr.Forbidden {
		return ""
	}
	return request.Forbidden.Message
}

// statusRecorder remembers the status of a response, and adds the headers of the rate limit.
type statusRecorder struct {
	http.ResponseWriter
	status  int
	request *api.Request
}

// WriteHeader adds the headers that are known only now.
func (s *statusRecorder) WriteHeader(status int) {
	s.status = status
	s.request.WriteRateHeaders(s.Header())
	s.ResponseWriter.WriteHeader(status)
}

// Unwrap lets http.ResponseController reach the connection.
func (s *statusRecorder) Unwrap() http.ResponseWriter { return s.ResponseWriter }
