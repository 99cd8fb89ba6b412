package app

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/klauspost/compress/gzhttp"

	"customer-events/internal/api"
	"customer-events/internal/auth"
	"customer-events/internal/middleware"
	"customer-events/models"
)

// middlewareConfig is what every request has to pass on its way to the doors.
type middlewareConfig struct {
	proxies     middleware.TrustedProxies
	crossOrigin *middleware.CrossOrigin
	// loopback lets in only what names a host of the loopback.
	loopback bool
	// tls says that the server speaks TLS itself.
	tls       bool
	admission *api.Controller
	limiter   *api.Limiter
	// uploads are the bodies that arrive, unsent the responses that are not read yet.
	uploads *uploads
	unsent  *unsentResponses
	// lines writes the requests' lines into the log.
	lines *requestLog
}

// logRequests gives every request an id, and one line in the log and a count in the metrics when it is done. Nothing a caller sent stands in it but names:
// no query, no variable, no header.
func logRequests(next http.Handler, seen *metrics, ward middlewareConfig) http.Handler {
	next = gzhttp.GzipHandler(ward.unsent.handler(next))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		request := &api.Request{ID: requestID(r), Token: bearer(r.Header.Get("Authorization")), IdempotencyKey: r.Header.Get("Idempotency-Key"), Admission: ward.admission, Limiter: ward.limiter}
		defer request.Release()
		w.Header().Set("X-Request-Id", request.ID)
		w.Header().Set("X-Content-Type-Options", "nosniff")
		if ward.tls {
			w.Header().Set("Strict-Transport-Security", "max-age=31536000")
		}
		if r.ProtoMajor == 1 && len(r.TransferEncoding) > 0 {
			// Whether it had a Content-Length as well is not known any more. A proxy that went by that would take what follows for the
			// body's rest: so nothing follows.
			w.Header().Set("Connection", "close")
		}
		if ward.crossOrigin.Check(r) != nil {
			request.Forbidden = api.NewError(api.Forbidden, "%s", middleware.ErrCrossOrigin)
		}
		address := ward.proxies.ClientIP(r)
		request.Address = address
		r = r.WithContext(withAddress(r.Context(), address))
		answer := &statusRecorder{ResponseWriter: w, status: http.StatusOK, request: request}
		if ward.loopback && !middleware.IsLoopbackHost(r) {
			writeText(answer, http.StatusForbidden, "this server is for the loopback: call it by localhost or 127.0.0.1")
		} else {
			r := r.WithContext(auth.WithAddress(api.WithRequest(r.Context(), request), address))
			defer ward.uploads.track(answer, r, request.Token)()
			next.ServeHTTP(answer, r)
		}
		level := slog.LevelInfo
		if r.URL.Path == "/healthz" || r.URL.Path == "/readyz" {
			level = slog.LevelDebug
		}
		attributes := []slog.Attr{slog.String("request", request.ID), slog.String("method", r.Method), slog.String("path", models.Sanitize(r.URL.Path)),
			slog.String("address", address), slog.Int("status", answer.status), slog.Float64("ms", float64(time.Since(start).Microseconds())/1000)}
		for _, text := range []struct{ key, value string }{{"operation", request.Operation}, {"user", request.User}, {"code", request.Code}, {"response", request.Unsent}} {
			if text.value != "" {
				attributes = append(attributes, slog.String(text.key, models.Sanitize(text.value)))
			}
		}
		if request.Events > 0 {
			attributes = append(attributes, slog.Int("events", request.Events), slog.Int("replayed", request.Replayed), slog.Any("unprocessed", request.Unprocessed))
		}
		seen.request(r.URL.Path, answer.status, request, time.Since(start))
		ward.lines.write(context.Background(), level, address, answer.status, request, attributes)
	})
}

// bearer is the token in an Authorization header. Other schemes are somebody else's, such as a proxy's.
func bearer(header string) string {
	scheme, token, _ := strings.Cut(header, " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}

// requestID takes over the id that a proxy gave, if it is one, so that its log and ours can be read together.
func requestID(r *http.Request) string {
	given := r.Header.Get("X-Request-Id")
	good := given != "" && len(given) <= 64
	for i := 0; i < len(given) && good; i++ {
		b := given[i]
		good = b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= '0' && b <= '9' || b == '-' || b == '_' || b == '.'
	}
	if good {
		return given
	}
	return uuid.NewString()
}

// statusRecorder remembers the status, and adds the headers that are known only now.
type statusRecorder struct {
	http.ResponseWriter
	status  int
	request *api.Request
}

func (a *statusRecorder) WriteHeader(status int) {
	a.status = status
	a.request.WriteRateHeaders(a.Header())
	a.ResponseWriter.WriteHeader(status)
}

// Unwrap lets http.ResponseController reach the connection.
func (a *statusRecorder) Unwrap() http.ResponseWriter { return a.ResponseWriter }
