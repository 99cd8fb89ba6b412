package app

import (
	"encoding/json"
	"mime"
	"net/http"
	"strings"

	"customer-events/internal/api"
	"customer-events/internal/apierr"
	"customer-events/internal/crmapi"
	"customer-events/models"
)

// notFound answers requests for unknown paths, for every method. It names the right paths, since the usual
// mistakes are a trailing slash and a prefix. Clients of GraphQL show the text only as a GraphQL error.
func notFound(w http.ResponseWriter, r *http.Request) {
	err := apierr.New(apierr.NotFound,
		"there is nothing at %s: GraphQL is at /graphql, the Web API at %s", models.Sanitize(r.URL.Path),
		crmapi.Prefix)
	api.RequestOf(r.Context()).Code = err.Code()
	if r.Method != http.MethodPost || !isJSON(r.Header.Get("Content-Type")) {
		writeText(w, err.Status(), err.Message)
		return
	}
	type graphQLError struct {
		Message    string            `json:"message"`
		Extensions map[string]string `json:"extensions"`
	}
	// Marshal fails for no text.
	body, _ := json.Marshal(map[string][]graphQLError{
		"errors": {{err.Message, map[string]string{"code": err.Code()}}},
	})
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(err.Status())
	_, _ = w.Write(body) // a client that has disconnected cannot receive an error
}

func isJSON(contentType string) bool {
	media, _, err := mime.ParseMediaType(contentType)
	return err == nil && media == "application/json"
}

// readOnly serves GET and HEAD, and rejects other methods.
func readOnly(handler http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			writeText(w, http.StatusMethodNotAllowed, "use GET")
			return
		}
		handler(w, r)
	})
}

// redirectBrowsers sends a browser that opens the GraphQL endpoint to GraphiQL. A browser accepts text/html
// by name; with a query, it gets the response of the query.
func redirectBrowsers(graphQL http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		parameters := r.URL.Query()
		opens := (r.Method == http.MethodGet || r.Method == http.MethodHead) &&
			!parameters.Has("query") && !parameters.Has("extensions")
		if !opens || !acceptsHTML(r.Header.Values("Accept")) {
			graphQL.ServeHTTP(w, r)
			return
		}
		w.Header().Add("Vary", "Accept")
		w.Header().Set("Cache-Control", "no-store")
		// Relative to /graphql, so that it is right behind a proxy that adds a prefix to the path.
		w.Header().Set("Location", "graphiql")
		w.WriteHeader(http.StatusSeeOther)
	})
}

func acceptsHTML(headers []string) bool {
	for part := range strings.SplitSeq(strings.Join(headers, ","), ",") {
		media, parameters, err := mime.ParseMediaType(part)
		if err != nil || media != "text/html" {
			continue
		}
		quality, given := parameters["q"]
		return !given || strings.Trim(quality, "0.") != ""
	}
	return false
}
