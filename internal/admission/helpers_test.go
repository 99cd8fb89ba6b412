package admission

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"

	"customer-events/models"
)

// validToken is the only token that tokens accepts.
const validToken = "a valid token"

type tokens struct{}

func (tokens) Caller(_ context.Context, token string) (models.Caller, error) {
	if token != validToken {
		return models.Caller{}, errors.New("the token is not valid")
	}
	return models.Caller{}, nil
}

func newController() *Controller { return NewController(NewCPULimiter(), tokens{}) }

// post returns an authenticated request with a body, and its ticket.
func post(body io.Reader, controller *Controller) (*http.Request, *Ticket) {
	return httptest.NewRequest(http.MethodPost, "/", body), controller.NewTicket(validToken)
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
