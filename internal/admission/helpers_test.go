package admission

import (
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
)

// validToken is the only valid token.
const validToken = "a valid token"

type tokenKey struct{}

// withToken returns a context whose request has the token in its header.
func withToken(ctx context.Context, token string) context.Context {
	return context.WithValue(ctx, tokenKey{}, token)
}

func hasValidToken(ctx context.Context) bool { return ctx.Value(tokenKey{}) == validToken }

func newController() *Controller { return NewController(hasValidToken) }

// post returns an authenticated request with a body.
func post(body io.Reader) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/", body)
	return r.WithContext(withToken(r.Context(), validToken))
}

// compressed returns the text compressed with gzip.
func compressed(text string) *bytes.Buffer {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = io.WriteString(w, text)
	_ = w.Close()
	return &b
}

// endless is a reader without an end.
type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }
