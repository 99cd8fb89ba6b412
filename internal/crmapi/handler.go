package crmapi

import (
	"context"
	_ "embed"
	"log/slog"
	"maps"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"customer-events/internal/api"
	"customer-events/internal/apierr"
	"customer-events/internal/auth"
	"customer-events/internal/events"
	"customer-events/internal/strictjson"
)

// Prefix is the beginning of the original's paths.
const Prefix = "/crmapi/rest/v2/"

//go:embed openapi.json
var description []byte

// unauthenticated is the message for a call without a valid token. The text of package auth names the
// GraphQL input.
const unauthenticated = "a valid token is needed: log in, and send it as token in the body, " +
	"or as Authorization: Bearer …"

// emptyObject is the data of an answer without data.
var emptyObject = []byte("{}")

// Handler serves the paths of the Web API. It expects an api.Request in the context.
type Handler struct {
	Service *events.Service
	Auth    *auth.Service
	// Decoder decodes the events. Its FieldNames must be events.SnakeCase.
	Decoder *events.Decoder
	Log     *slog.Logger
	// Timeout is the maximum duration of one request.
	Timeout time.Duration
}

// calls holds the calls by path. Each receives the body and returns the data of the answer.
var calls = map[string]func(h *Handler, ctx context.Context, body string) ([]byte, error){
	"authentication/token":            (*Handler).login,
	"authentication/token/release":    (*Handler).release,
	"customer_events/bulk/web/create": (*Handler).create,
}

const descriptionPath = "openapi.json"

// Operations returns every value that the handler gives api.Request's Operation.
func Operations() []string { return append(slices.Sorted(maps.Keys(calls)), descriptionPath) }

// ServeHTTP serves a request. No answer repeats a body.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if forbidden := api.RequestOf(r.Context()).Forbidden; forbidden != nil {
		h.writeError(w, r, forbidden)
		return
	}
	path := strings.TrimPrefix(r.URL.Path, Prefix)
	call, known := calls[path]
	allowed := []string{http.MethodPost}
	if path == descriptionPath {
		known, allowed = true, []string{http.MethodGet, http.MethodHead}
	}
	if !known {
		h.writeError(w, r, apierr.New(apierr.NotFound,
			"there is no method at this path: %s%s describes the methods", Prefix, descriptionPath))
		return
	}
	api.RequestOf(r.Context()).Operation = path
	if !slices.Contains(allowed, r.Method) {
		w.Header().Set("Allow", strings.Join(allowed, ", "))
		h.writeError(w, r, apierr.New(apierr.MethodNotAllowed, "use %s", strings.Join(allowed, " or ")))
		return
	}
	if call == nil {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(description) // a caller that has disconnected cannot receive an error
		return
	}
	data, err := h.call(w, r, call)
	if err != nil {
		h.writeError(w, r, err)
		return
	}
	writeResponse(w, http.StatusOK, data, status{name: "OK"}, "")
}

// call reads the body and runs the call.
func (h *Handler) call(
	w http.ResponseWriter, r *http.Request, call func(*Handler, context.Context, string) ([]byte, error),
) (data []byte, err error) {
	ctx, cancel := context.WithTimeout(r.Context(), h.Timeout)
	defer cancel()
	defer func() {
		if cause := recover(); cause != nil {
			data, err = nil, api.FromPanic(ctx, h.Log, cause)
		}
	}()
	// Every media type is accepted, since it is unknown which ones the callers of the original send. Only
	// another charset would change the text.
	_, parameters, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if charset, given := parameters["charset"]; given && !strings.EqualFold(charset, "utf-8") {
		return nil, apierr.New(apierr.UnsupportedMedia, "the body must be JSON in UTF-8")
	}
	body, readErr := api.ReadBody(w, r)
	if readErr != nil {
		return nil, readErr
	}
	return call(h, ctx, body)
}

// writeError answers with an error.
func (h *Handler) writeError(w http.ResponseWriter, r *http.Request, err error) {
	public := api.Report(r.Context(), h.Log, err)
	if public.Kind == apierr.Unauthenticated {
		public.Message = unauthenticated
	}
	api.RequestOf(r.Context()).Code = public.Code()
	public.SetHeaders(w.Header())
	writeResponse(w, public.Status(), emptyObject, statusOf(public), public.Message)
}

// writeResponse writes the original's envelope. It sets the HTTP status once the body is complete, since
// unsentResponses in internal/app releases the admission capacity of the request with the status.
func writeResponse(w http.ResponseWriter, httpStatus int, data []byte, s status, message string) {
	body := append(append(make([]byte, 0, len(data)+256), `{"data":`...), data...)
	body = strictjson.AppendText(append(body, `,"status":{"code":`...), s.name)
	body = strictjson.AppendText(append(body, `,"description":`...), s.sentence)
	body = strictjson.AppendText(append(body, `,"message":`...), message)
	body = append(body, "}}"...)
	header := w.Header()
	header.Set("Content-Type", "application/json; charset=utf-8")
	header.Set("Cache-Control", "no-store")
	header.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(httpStatus)
	_, _ = w.Write(body) // a caller that has disconnected cannot receive an error
}
