package api

import (
	"compress/gzip"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"net/http"
	"strings"
	"sync"
	"time"

	"customer-events/internal/apierr"
)

// MaxBodyBytes is the most that a request's body may have, before and after decompression. A thousand full events have 1 MB.
const MaxBodyBytes = 8 << 20

// ReadBody reads the body into one text, whose parts every later step refers to without copying.
func ReadBody(w http.ResponseWriter, r *http.Request) (string, *apierr.Error) {
	tooMuch := apierr.New(apierr.TooLarge, "the body may have %d bytes, also after decompression: send fewer events a call", MaxBodyBytes)
	if r.ContentLength > MaxBodyBytes {
		return "", tooMuch
	}
	encoding := strings.ToLower(r.Header.Get("Content-Encoding"))
	if encoding != "" && encoding != "identity" && encoding != "gzip" {
		return "", apierr.New(apierr.UnsupportedMedia, "the body must be sent as it is or by gzip")
	}
	request := RequestOf(r.Context())
	body, err := request.readAll(r.Context(), w, http.MaxBytesReader(w, r.Body, MaxBodyBytes), r.ContentLength)
	if err == nil && encoding == "gzip" {
		// Only what has arrived whole is inflated: a slow sender keeps nobody waiting for a turn.
		body, err = request.inflate(r.Context(), body)
	}
	var large *http.MaxBytesError
	var refusal *apierr.Error
	switch {
	case errors.As(err, &large):
		return "", tooMuch
	case errors.As(err, &refusal):
		return "", refusal
	case err != nil:
		return "", apierr.New(apierr.BadRequest, "the body could not be read to its end")
	}
	return body, request.startProcessing(r.Context())
}

// chunkPool are what bodies are read into.
var chunkPool = sync.Pool{New: func() any { return new([chunkBytes]byte) }}

// chunkBytes is little, since whoever sends one byte and waits holds a piece.
const chunkBytes = 4 << 10

// anonymousPrefetch are read of what says that it is large, while it waits.
const anonymousPrefetch = 16 * chunkBytes

// prefetchLimit is how much is read before it waits of a body that says that it has so many bytes. It may say so falsely.
func prefetchLimit(announced int64) int {
	if announced > largeBody {
		return anonymousPrefetch
	}
	return largeBody
}

// readAll reads to the end. What makes a stranger's body large waits for its turn to come in.
func (r *Request) readAll(ctx context.Context, w http.ResponseWriter, from io.Reader, announced int64) (string, error) {
	p := bodyBuffer{request: r}
	defer p.free()
	ended, err := p.add(ctx, from, prefetchLimit(announced))
	if err == nil && !ended && r.anonymous(ctx) {
		if refusal := r.acquireLarge(ctx); refusal != nil {
			return "", refusal
		}
		late := time.AfterFunc(r.Admission.uploadTimeout, func() { _ = http.NewResponseController(w).SetReadDeadline(time.Now()) }) // or else the server's own is left
		defer late.Stop()
	}
	if err == nil && !ended {
		_, err = p.add(ctx, from, math.MaxInt)
	}
	if err != nil {
		return "", err
	}
	return p.String(), nil
}

// inflate unpacks a body, as far as it may be long; what makes it large in a turn.
func (r *Request) inflate(ctx context.Context, packed string) (string, error) {
	from, err := gzip.NewReader(strings.NewReader(packed))
	if err != nil {
		return "", apierr.New(apierr.BadRequest, "the body is not gzip")
	}
	r.unreserve()
	p := bodyBuffer{request: r}
	defer p.free()
	size := binary.LittleEndian.Uint32([]byte(packed[len(packed)-4:])) // of the last member: RFC 1952, section 2.3.1
	ended, err := p.add(ctx, from, prefetchLimit(int64(size)))
	if err == nil && !ended {
		if refusal := r.acquireLarge(ctx); refusal != nil {
			return "", refusal
		}
		if refusal := RunCPUBound(ctx, MaxBodyBytes, func() { _, err = p.add(ctx, from, MaxBodyBytes+1) }); refusal != nil {
			return "", refusal
		}
	}
	if p.size > MaxBodyBytes {
		return "", &http.MaxBytesError{Limit: MaxBodyBytes}
	}
	if err != nil {
		return "", err
	}
	return p.String(), nil
}

// bodyBuffer is a body that is being read, piece by piece: it takes the memory that has arrived, whatever length is announced.
type bodyBuffer struct {
	request *Request
	chunks  []*[chunkBytes]byte
	size    int
}

// add reads until the reader's end, or until the pile has at least so many bytes.
func (p *bodyBuffer) add(ctx context.Context, from io.Reader, most int) (ended bool, err error) {
	for p.size < most {
		if p.size == len(p.chunks)*chunkBytes {
			if refusal := p.request.reserve(ctx, chunkBytes); refusal != nil {
				return false, refusal
			}
			p.chunks = append(p.chunks, chunkPool.Get().(*[chunkBytes]byte))
		}
		n, err := from.Read(p.chunks[len(p.chunks)-1][p.size%chunkBytes:])
		p.size += n
		switch {
		case err == io.EOF:
			return true, nil
		case err != nil:
			return false, err
		}
	}
	return false, nil
}

func (p *bodyBuffer) String() string {
	var body strings.Builder
	body.Grow(p.size)
	for _, piece := range p.chunks {
		body.Write(piece[:min(chunkBytes, p.size-body.Len())])
	}
	return body.String()
}

// free gives the pieces back.
func (p *bodyBuffer) free() {
	for _, piece := range p.chunks {
		chunkPool.Put(piece)
	}
}
