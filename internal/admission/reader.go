package admission

import (
	"compress/gzip"
	"context"
	"encoding/binary"
	"io"
	"math"
	"net/http"
	"strings"
	"sync"
	"time"

	"customer-events/internal/apierr"
)

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

// bodyReader reads the body of one request. It reserves memory as it reads.
type bodyReader struct {
	controller *Controller
	// class is that of the request. It counts as authenticated until classify, since small bodies are
	// treated alike in all classes.
	class      *Class
	classified bool
	// reserved is the number of bytes in flight that are the request's.
	reserved int64
	// slot releases the slot for a large body; empty if the request has none.
	slot releases
}

// classify finds the class of the request, for which the header's token is looked up.
func (b *bodyReader) classify(ctx context.Context) *Class {
	if !b.classified {
		ctx, cancel := context.WithTimeout(ctx, admissionTimeout)
		defer cancel()
		b.classified = true
		if !b.controller.hasValidToken(ctx) {
			b.class = b.controller.anonymous
		}
	}
	return b.class
}

// reserve reserves n more bytes in flight. It never waits for other requests.
func (b *bodyReader) reserve(ctx context.Context, n int) *apierr.Error {
	b.reserved += int64(n)
	inFlight := b.controller.memory.inFlight.Add(int64(n))
	if inFlight > maxBytesInFlight {
		return errOverloaded
	}
	if inFlight > maxAnonymousBytes && b.reserved > chunkBytes {
		if class := b.classify(ctx); inFlight > class.maxBytes {
			return class.overloaded
		}
	}
	return nil
}

// unreserve releases the bytes in flight: the text that they were reserved for is no longer needed.
func (b *bodyReader) unreserve() {
	b.controller.memory.inFlight.Add(-b.reserved)
	b.reserved = 0
}

// acquireSlot waits for the slot of a large body, unless the request has one.
func (b *bodyReader) acquireSlot(ctx context.Context) *apierr.Error {
	if len(b.slot) > 0 {
		return nil
	}
	release, err := b.classify(ctx).AcquireSlot(ctx)
	if err != nil {
		return err
	}
	b.slot = releases{release}
	return nil
}

// release releases the slot and the memory.
func (b *bodyReader) release() {
	b.slot.run()
	b.unreserve()
}

// readAll reads the body to its end. A large body of an anonymous request waits for its slot before.
func (b *bodyReader) readAll(
	ctx context.Context, w http.ResponseWriter, from io.Reader, announced int64,
) (string, error) {
	buffer := bodyBuffer{reader: b}
	defer buffer.free()
	ended, err := buffer.read(ctx, from, prefetchLimit(announced))
	if err == nil && !ended {
		if class := b.classify(ctx); class.slotBeforeUpload {
			if err := b.acquireSlot(ctx); err != nil {
				return "", err
			}
			expired := time.AfterFunc(class.uploadTimeout, func() {
				// Without support for deadlines the server's own deadline holds.
				_ = http.NewResponseController(w).SetReadDeadline(time.Now())
			})
			defer expired.Stop()
		}
		_, err = buffer.read(ctx, from, math.MaxInt)
	}
	if err != nil {
		return "", err
	}
	return buffer.String(), nil
}

// decompress decompresses a complete body up to the size limit. If it becomes large, the request waits for
// the slot of a large body and for a CPU slot.
func (b *bodyReader) decompress(ctx context.Context, compressed string) (string, error) {
	from, err := gzip.NewReader(strings.NewReader(compressed))
	if err != nil {
		return "", apierr.New(apierr.BadRequest, "the body is not gzip")
	}
	b.unreserve()
	buffer := bodyBuffer{reader: b}
	defer buffer.free()
	// The size of the last member: RFC 1952, section 2.3.1.
	size := binary.LittleEndian.Uint32([]byte(compressed[len(compressed)-4:]))
	ended, err := buffer.read(ctx, from, prefetchLimit(int64(size)))
	if err == nil && !ended {
		if err := b.acquireSlot(ctx); err != nil {
			return "", err
		}
		rest := func() { _, err = buffer.read(ctx, from, MaxBodyBytes+1) }
		if overloaded := b.controller.RunCPUBound(ctx, MaxBodyBytes, rest); overloaded != nil {
			return "", overloaded
		}
	}
	if buffer.size > MaxBodyBytes {
		return "", &http.MaxBytesError{Limit: MaxBodyBytes}
	}
	if err != nil {
		return "", err
	}
	return buffer.String(), nil
}

// bodyBuffer is a text that is being read in chunks. It reserves memory for the bytes that have arrived,
// whatever length the client announced.
type bodyBuffer struct {
	reader *bodyReader
	chunks []*[chunkBytes]byte
	size   int
}

// read reads to the source's end, or until the buffer has at least limit bytes.
func (b *bodyBuffer) read(ctx context.Context, from io.Reader, limit int) (ended bool, err error) {
	for b.size < limit {
		if b.size == len(b.chunks)*chunkBytes {
			if err := b.reader.reserve(ctx, chunkBytes); err != nil {
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

// String returns the whole text.
func (b *bodyBuffer) String() string {
	var text strings.Builder
	text.Grow(b.size)
	for _, chunk := range b.chunks {
		text.Write(chunk[:min(chunkBytes, b.size-text.Len())])
	}
	return text.String()
}

// free returns the chunks to the pool.
func (b *bodyBuffer) free() {
	for _, chunk := range b.chunks {
		chunkPool.Put(chunk)
	}
}
