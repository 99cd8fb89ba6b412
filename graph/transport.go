package graph

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"mime"
	"net/http"
	"strconv"
	"strings"

	"github.com/vektah/gqlparser/v2/gqlerror"

	"customer-events/internal/api"
	"customer-events/internal/strictjson"
)

const (
	plainJSON    = "application/json"
	responseJSON = "application/graphql-response+json"
)

// ServeHTTP serves POST and GET according to the GraphQL-over-HTTP draft. No answer repeats a body.
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Add("Vary", "Accept")
	media, ok := negotiateMediaType(r.Header.Values("Accept"))
	if !ok {
		h.writeError(w, r, plainJSON,
			newError(notAcceptable, "the answer is %s or %s", responseJSON, plainJSON))
		return
	}
	if forbidden := api.RequestOf(r.Context()).Forbidden; forbidden != nil {
		h.writeError(w, r, media, forbidden)
		return
	}
	e, err := parseRequest(w, r)
	if err != nil {
		switch err.Kind {
		case persistedQueryNotSupported:
			// The JSON was parsed. Apollo's gateway does not read the body of a 400.
			api.RequestOf(r.Context()).Code = err.Code()
			writeResult(w, media, nil, asList(err))
			return
		case methodNotAllowed:
			w.Header().Set("Allow", "GET, POST")
		}
		h.writeError(w, r, media, err)
		return
	}
	data, errs := h.execute(r.Context(), e, r.Method == http.MethodGet)
	if len(errs) > 0 {
		first := fromGraphQL(errs[0])
		api.RequestOf(r.Context()).Code = first.Code()
		if first.Kind == methodNotAllowed {
			w.Header().Set("Allow", "POST")
		}
	}
	writeResult(w, media, data, errs)
}

// writeError answers a request that failed before its JSON was parsed. The status of the error applies to
// every media type.
func (h *handler) writeError(w http.ResponseWriter, r *http.Request, media string, err *callError) {
	api.RequestOf(r.Context()).Code = err.Code()
	err.SetHeaders(w.Header())
	writeResponse(w, media, err.Status(), nil, asList(err))
}

// writeResult writes the result of the execution. The status is that of the first error if no field has
// data, else 200.
func writeResult(w http.ResponseWriter, media string, data []byte, errs gqlerror.List) {
	status := http.StatusOK
	if len(errs) > 0 && hasNoData(data) {
		first := fromGraphQL(errs[0])
		errStatus := first.Status()
		if media == responseJSON || keepsStatus(errStatus) || errStatus == http.StatusMethodNotAllowed {
			status = errStatus
		}
		first.SetHeaders(w.Header())
	}
	writeResponse(w, media, status, data, errs)
}

var errHasData = errors.New("the answer has data")

// hasNoData reports whether the data is absent, or has only nulls at the root.
func hasNoData(data []byte) bool {
	if data == nil || bytes.Equal(data, []byte("null")) {
		return true
	}
	// The longest aliases with nulls fit into twice the length of a query text.
	cursor := strictjson.New(string(data[:min(len(data), 2*MaxQueryBytes)]))
	err := cursor.Object(func(string) error {
		if cursor.Kind() != strictjson.Null {
			return errHasData
		}
		return cursor.Null()
	})
	return err == nil
}

// writeResponse writes the response. It sets the status once the body is complete, since unsentResponses in
// internal/app releases the admission capacity of the request with the status.
func writeResponse(w http.ResponseWriter, media string, status int, data []byte, errs gqlerror.List) {
	// The specification recommends errors first, so that a reader of the response sees them early.
	body := append(make([]byte, 0, len(data)+64), '{')
	if len(errs) > 0 {
		text, err := json.Marshal(errs)
		if err != nil {
			text = []byte(`[{"message":"the errors cannot be written"}]`)
		}
		body = append(append(body, `"errors":`...), text...)
		if data != nil {
			body = append(body, ',')
		}
	}
	if data != nil {
		body = append(append(body, `"data":`...), data...)
	}
	body = append(body, '}')
	header := w.Header()
	header.Set("Content-Type", media+"; charset=utf-8")
	header.Set("Cache-Control", "no-store")
	header.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body) // a caller that has disconnected cannot receive an error
}

// parseRequest reads the parameters of a request from its URL or its body.
func parseRequest(w http.ResponseWriter, r *http.Request) (envelope, *callError) {
	switch r.Method {
	case http.MethodGet:
		query := r.URL.Query()
		e := envelope{query.Get("query"), query.Get("operationName"), query.Get("variables")}
		extensions := query.Get("extensions")
		if err := checkParameter("variables", e.variables); err != nil {
			return e, err
		}
		if err := checkParameter("extensions", extensions); err != nil {
			return e, err
		}
		if e.query == "" {
			return e, missingQuery(extensions)
		}
		return e, nil
	case http.MethodPost:
		media, parameters, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
		charset, given := parameters["charset"]
		if err != nil || media != plainJSON || given && !strings.EqualFold(charset, "utf-8") {
			return envelope{}, newError(unsupportedMedia, "the body must be %s, in UTF-8", plainJSON)
		}
		body, readErr := api.ReadBody(w, r)
		if readErr != nil {
			return envelope{}, readErr
		}
		return parseEnvelope(r.Context(), body)
	default:
		return envelope{}, newError(methodNotAllowed, "use POST, or GET for queries")
	}
}

// checkParameter returns an error unless the parameter of a URL is a JSON object, null or absent.
func checkParameter(name, text string) *callError {
	if text == "" {
		return nil
	}
	cursor := strictjson.New(text)
	kind := cursor.Kind()
	if cursor.Skip() != nil || cursor.End() != nil {
		return api.SyntaxError(name, text, cursor.Offset())
	}
	if kind != strictjson.Object && kind != strictjson.Null {
		return newError(badRequest, "%s must be a JSON object", name)
	}
	return nil
}

// missingQuery returns the error of a request without a query text. Clients that send only the hash of a
// query, such as Apollo Client and urql, send the text after exactly this message or its code.
func missingQuery(extensions string) *callError {
	hashed := false
	cursor := strictjson.New(extensions)
	_ = cursor.Object(func(name string) error { // it is valid JSON
		hashed = hashed || name == "persistedQuery" && cursor.Kind() != strictjson.Null
		return cursor.Skip()
	})
	if hashed {
		return newError(persistedQueryNotSupported, "PersistedQueryNotSupported")
	}
	return newError(badRequest, "query is missing")
}

// parseEnvelope parses the body of a POST.
func parseEnvelope(ctx context.Context, body string) (e envelope, err *callError) {
	var query, operationName *string
	var extensions string
	err = api.Members{
		"query":         api.Text(&query),
		"operationName": api.Text(&operationName),
		"variables":     api.Object(&e.variables),
		"extensions":    api.Object(&extensions),
	}.Read(ctx, body)
	switch {
	case err != nil:
		return e, err
	case query == nil || *query == "":
		return e, missingQuery(extensions)
	case operationName != nil:
		e.operationName = *operationName
	}
	e.query = *query
	return e, nil
}

// negotiateMediaType selects the media type of the answer by the Accept headers: application/json unless
// they prefer application/graphql-response+json.
func negotiateMediaType(headers []string) (media string, ok bool) {
	if len(headers) == 0 {
		return plainJSON, true
	}
	best := 0.0
	for _, part := range strings.Split(strings.Join(headers, ","), ",") {
		name, parameters, err := mime.ParseMediaType(part)
		if err != nil {
			continue
		}
		quality := 1.0
		if q, given := parameters["q"]; given {
			if quality, err = strconv.ParseFloat(q, 64); err != nil {
				continue
			}
		}
		if charset, given := parameters["charset"]; given && !strings.EqualFold(charset, "utf-8") {
			continue
		}
		candidate := ""
		switch name {
		case plainJSON, "*/*", "application/*":
			candidate = plainJSON
		case responseJSON:
			candidate = responseJSON
		}
		if candidate != "" && quality > best {
			best, media = quality, candidate
		}
	}
	return media, media != ""
}
