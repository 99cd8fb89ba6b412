package crmapi

import (
	"context"
	_ "embed"
	"log/slog"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"customer-events/internal/api"
	"customer-events/internal/auth"
	"customer-events/internal/events"
	"customer-events/internal/strictjson"
)

// Prefix is where the paths of the original begin.
const Prefix = "/crmapi/rest/v2/"

//go:embed openapi.json
var description []byte

// emptyObject is the data of an answer that has none.
var emptyObject = []byte("{}")

// Handler answers the paths of the Web API. It expects a door.Request in the context.
type Handler struct {
	Service *events.Service
	Auth    *auth.Service
	// Decoder reads the events; its naming is events.Wire.
	Decoder *events.Decoder
	Log     *slog.Logger
	// Timeout is how long one request may take.
	Timeout time.Duration
}

// calls are the calls by their paths. Each takes the body and gives the answer's data.
var calls = map[string]func(h *Handler, ctx context.Context, body string) ([]byte, error){
	"authentication/token":            (*Handler).login,
	"authentication/token/release":    (*Handler).release,
	"customer_events/bulk/web/create": (*Handler).create,
}

const descriptionPath = "openapi.json"

// ServeHTTP answers a request. A body is never repeated in an answer.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if barred := api.RequestOf(r.Context()).Forbidden; barred != nil {
		h.writeError(w, r, barred)
		return
	}
	path := strings.TrimPrefix(r.URL.Path, Prefix)
	call, known := calls[path]
	allowed := []string{http.MethodPost}
	if path == descriptionPath {
		known, allowed = true, []string{http.MethodGet, http.MethodHead}
	}
	if !known {
		h.writeError(w, r, api.NewError(api.NotFound, "there is no method at this path: %s%s describes those that there are", Prefix, descriptionPath))
		return
	}
	api.RequestOf(r.Context()).Operation = path
	if !slices.Contains(allowed, r.Method) {
		w.Header().Set("Allow", strings.Join(allowed, ", "))
		h.writeError(w, r, api.NewError(api.MethodNotAllowed, "use %s", strings.Join(allowed, " or ")))
		return
	}
	if call == nil {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(description) // a caller who has gone has no use for an error
		return
	}
	data, err := h.call(w, r, call)
	if err != nil {
		h.writeError(w, r, err)
		return
	}
	writeResponse(w, http.StatusOK, data, status{name: "OK"}, "")
}

// call reads the body and makes the call.
func (h *Handler) call(w http.ResponseWriter, r *http.Request, call func(*Handler, context.Context, string) ([]byte, error)) (data []byte, err error) {
	ctx, cancel := context.WithTimeout(r.Context(), h.Timeout)
	defer cancel()
	defer func() {
		if cause := recover(); cause != nil {
			data, err = nil, api.FromPanic(ctx, h.Log, cause)
		}
	}()
	// The media type may be any, since nobody knows what the original's callers send; only another charset would change the text.
	_, parameters, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if charset, given := parameters["charset"]; given && !strings.EqualFold(charset, "utf-8") {
		return nil, api.NewError(api.UnsupportedMedia, "the body must be JSON in UTF-8")
	}
	body, refusal := api.ReadBody(w, r)
	if refusal != nil {
		return nil, refusal
	}
	return call(h, ctx, body)
}

func (h *Handler) writeError(w http.ResponseWriter, r *http.Request, err error) {
	refusal := api.Report(r.Context(), h.Log, err)
	api.RequestOf(r.Context()).Code = string(refusal.Code)
	if refusal.RetryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(refusal.RetryAfter))
	}
	writeResponse(w, refusal.Code.Status(), emptyObject, statusOf(err, refusal), refusal.Message)
}

// writeResponse writes the original's envelope. It sets the status once the body is complete, for that ends the request's work,
// see unsentResponses of the server.
func writeResponse(w http.ResponseWriter, status int, data []byte, said status, message string) {
	body := append(append(make([]byte, 0, len(data)+256), `{"data":`...), data...)
	body = strictjson.AppendText(append(body, `,"status":{"code":`...), said.name)
	body = strictjson.AppendText(append(body, `,"description":`...), said.sentence)
	body = strictjson.AppendText(append(body, `,"message":`...), message)
	body = append(body, "}}"...)
	header := w.Header()
	header.Set("Content-Type", "application/json; charset=utf-8")
	header.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(body) // a caller who has gone has no use for an error
}
