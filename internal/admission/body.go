package admission

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"customer-events/internal/apierr"
)

// MaxBodyBytes is the size limit of a body, before and after decompression. A thousand full events have 1
// MB.
const MaxBodyBytes = 8 << 20

// Body is the body of a request, and what the request holds of a Controller because of it. The zero Body
// holds nothing.
type Body struct {
	// Text is the whole body in one string. Later steps refer to parts of it without copying them.
	Text string
	// processing releases the bytes that count as being processed, rest everything else.
	processing, rest releases
}

// releases are functions that release something. They run once.
type releases []func()

func (r *releases) run() {
	for _, release := range *r {
		release()
	}
	*r = nil
}

// PauseProcessing lets other requests be processed while this one waits, as a login does for its CPU slot.
// The bytes of the body stay in flight.
func (b *Body) PauseProcessing() { b.processing.run() }

// Release releases everything that the request holds. It may be called several times.
func (b *Body) Release() {
	b.processing.run()
	b.rest.run()
}

type bodyKey struct{}

// WithBody returns the context of a call with its body, for PauseProcessing.
func WithBody(ctx context.Context, body *Body) context.Context {
	return context.WithValue(ctx, bodyKey{}, body)
}

// PauseProcessing pauses the processing of the context's body, see Body.PauseProcessing.
func PauseProcessing(ctx context.Context) {
	if body, ok := ctx.Value(bodyKey{}).(*Body); ok {
		body.PauseProcessing()
	}
}

// ReadBody reads the request's body within the bounds of the controller, and waits until it may be
// processed. The caller must release the body, also after an error or a panic, before it writes the
// response: a client that does not read must hold nothing.
func (c *Controller) ReadBody(w http.ResponseWriter, r *http.Request, body *Body) *apierr.Error {
	b := &bodyReader{controller: c, class: c.authenticated}
	body.rest = releases{b.release}
	text, err := b.read(w, r)
	if err != nil {
		return err
	}
	if b.reserved > largeBody {
		if err := b.acquireSlot(r.Context()); err != nil {
			return err
		}
	}
	release, err := b.class.Acquire(r.Context(), b.reserved)
	if err != nil {
		return err
	}
	body.Text, body.processing = text, releases{release}
	return nil
}

// read reads the body to its end, and decompresses it.
func (b *bodyReader) read(w http.ResponseWriter, r *http.Request) (string, *apierr.Error) {
	tooLarge := apierr.New(apierr.TooLarge,
		"the body may have %d bytes, also after decompression: send fewer events a call", MaxBodyBytes)
	if r.ContentLength > MaxBodyBytes {
		return "", tooLarge
	}
	encoding := strings.ToLower(r.Header.Get("Content-Encoding"))
	if encoding != "" && encoding != "identity" && encoding != "gzip" {
		return "", apierr.New(apierr.UnsupportedMedia, "the body must be sent as it is or by gzip")
	}
	text, err := b.readAll(r.Context(), w, http.MaxBytesReader(w, r.Body, MaxBodyBytes), r.ContentLength)
	if err == nil && encoding == "gzip" {
		// Only a complete body is decompressed: a slow client does not hold a CPU slot.
		text, err = b.decompress(r.Context(), text)
	}
	var overLimit *http.MaxBytesError
	var public *apierr.Error
	switch {
	case errors.As(err, &overLimit):
		return "", tooLarge
	case errors.As(err, &public):
		return "", public
	case err != nil:
		return "", apierr.New(apierr.BadRequest, "the body could not be read to its end")
	}
	return text, nil
}
