package admission

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

// MaxBodyBytes is the size limit of a body, before and after decompression. A thousand full events have 1
// MB.
const MaxBodyBytes = 8 << 20

// ReadBody reads the request's body into one string. Later steps refer to parts of it without copying them.
func (t *Ticket) ReadBody(w http.ResponseWriter, r *http.Request) (string, *apierr.Error) {
	tooLarge := apierr.New(apierr.TooLarge,
		"the body may have %d bytes, also after decompression: send fewer events a call", MaxBodyBytes)
	if r.ContentLength > MaxBodyBytes {
		return "", tooLarge
	}
	encoding := strings.ToLower(r.Header.Get("Content-Encoding"))
	if encoding != "" && encoding != "identity" && encoding != "gzip" {
		return "", apierr.New(apierr.UnsupportedMedia, "the body must be sent as it is or by gzip")
	}
	body, err := t.readAll(r.Context(), w, http.MaxBytesReader(w, r.Body, MaxBodyBytes), r.ContentLength)
	if err == nil && encoding == "gzip" {
		// Only a complete body is decompressed: a slow client does not hold a CPU slot.
		body, err = t.decompress(r.Context(), body)
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
	return body, t.startProcessing(r.Context())
}

// chunkPool holds chunks that no body uses.
var chunkPool = sync.Pool{New: func() any { return new([chunkBytes]byte) }}

// chunkBytes is the size of a chunk. It is small, because a client that sends one byte and waits holds a
// chunk.
const chunkBytes = 4 << 10

// anonymousPrefetch is how much of a body that is announced as large is read before the request is admitted.
const anonymousPrefetch = 16 * chunkBytes

// prefetchLimit returns how much of a body is read before the request must hold a large-request slot. The
// announced length is not trusted.
func prefetchLimit(announced int64) int {
	if announced > largeBody {
		return anonymousPrefetch
	}
	return largeBody
}

// readAll reads the body to its end. Before it reads the large body of an unauthenticated request, it
// waits for a slot.
func (t *Ticket) readAll(
	ctx context.Context, w http.ResponseWriter, from io.Reader, announced int64,
) (string, error) {
	b := bodyBuffer{ticket: t}
	defer b.free()
	ended, err := b.read(ctx, from, prefetchLimit(announced))
	if err == nil && !ended && t.anonymous(ctx) {
		if err := t.acquireLarge(ctx); err != nil {
			return "", err
		}
		expired := time.AfterFunc(t.controller.uploadTimeout, func() {
			// Without support for deadlines the server's own deadline holds.
			_ = http.NewResponseController(w).SetReadDeadline(time.Now())
		})
		defer expired.Stop()
	}
	if err == nil && !ended {
		_, err = b.read(ctx, from, math.MaxInt)
	}
	if err != nil {
		return "", err
	}
	return b.String(), nil
}

// decompress decompresses a complete body up to the size limit. If it becomes large, the request waits for a
// large-request slot and a CPU slot.
func (t *Ticket) decompress(ctx context.Context, compressed string) (string, error) {
	from, err := gzip.NewReader(strings.NewReader(compressed))
	if err != nil {
		return "", apierr.New(apierr.BadRequest, "the body is not gzip")
	}
	t.unreserve()
	b := bodyBuffer{ticket: t}
	defer b.free()
	// The size of the last member: RFC 1952, section 2.3.1.
	size := binary.LittleEndian.Uint32([]byte(compressed[len(compressed)-4:]))
	ended, err := b.read(ctx, from, prefetchLimit(int64(size)))
	if err == nil && !ended {
		if err := t.acquireLarge(ctx); err != nil {
			return "", err
		}
		rest := func() { _, err = b.read(ctx, from, MaxBodyBytes+1) }
		if overloaded := t.RunCPUBound(ctx, MaxBodyBytes, rest); overloaded != nil {
			return "", overloaded
		}
	}
	if b.size > MaxBodyBytes {
		return "", &http.MaxBytesError{Limit: MaxBodyBytes}
	}
	if err != nil {
		return "", err
	}
	return b.String(), nil
}

// bodyBuffer is a body that is being read in chunks. It reserves memory for the bytes that have arrived,
// whatever length the client announced.
type bodyBuffer struct {
	ticket *Ticket
	chunks []*[chunkBytes]byte
	size   int
}

// read reads to the reader's end, or until the buffer has at least limit bytes.
func (b *bodyBuffer) read(ctx context.Context, from io.Reader, limit int) (ended bool, err error) {
	for b.size < limit {
		if b.size == len(b.chunks)*chunkBytes {
			if err := b.ticket.reserve(ctx, chunkBytes); err != nil {
				return false, err
			}
			b.chunks = append(b.chunks, chunkPool.Get().(*[chunkBytes]byte))
		}
		n, err := from.Read(b.chunks[len(b.chunks)-1][b.size%chunkBytes:])
		b.size += n
		switch {
		case err == io.EOF:
			return true, nil
		case err != nil:
			return false, err
		}
	}
	return false, nil
}

// String returns the body as one string.
func (b *bodyBuffer) String() string {
	var body strings.Builder
	body.Grow(b.size)
	for _, chunk := range b.chunks {
		body.Write(chunk[:min(chunkBytes, b.size-body.Len())])
	}
	return body.String()
}

// free returns the chunks to the pool.
func (b *bodyBuffer) free() {
	for _, chunk := range b.chunks {
		chunkPool.Put(chunk)
	}
}
