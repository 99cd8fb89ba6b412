package door

import (
	"compress/gzip"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
)

// MaxBodyBytes is the most that a request's body may have, before and after decompression. A thousand full events have 1 MB.
const MaxBodyBytes = 8 << 20

// ReadBody reads the body into one text, whose parts every later step refers to without copying.
func ReadBody(w http.ResponseWriter, r *http.Request) (string, *Refusal) {
	tooMuch := Refuse(TooLarge, "the body may have %d bytes, also after decompression: send fewer events a call", MaxBodyBytes)
	if r.ContentLength > MaxBodyBytes {
		return "", tooMuch
	}
	encoding := strings.ToLower(r.Header.Get("Content-Encoding"))
	if encoding != "" && encoding != "identity" && encoding != "gzip" {
		return "", Refuse(UnsupportedMedia, "the body must be sent as it is or by gzip")
	}
	request := RequestOf(r.Context())
	body, err := request.readAll(r.Context(), http.MaxBytesReader(w, r.Body, MaxBodyBytes), false)
	if err == nil && encoding == "gzip" {
		// Only what has arrived whole is inflated: a slow sender keeps nobody waiting for a turn with a large body.
		inflated, header := gzip.NewReader(strings.NewReader(body))
		if header != nil {
			return "", Refuse(BadRequest, "the body is not gzip")
		}
		request.forget()
		body, err = request.readAll(r.Context(), io.LimitReader(inflated, MaxBodyBytes+1), true)
	}
	var large *http.MaxBytesError
	var refusal *Refusal
	switch {
	case len(body) > MaxBodyBytes || errors.As(err, &large):
		return "", tooMuch
	case errors.As(err, &refusal):
		return "", refusal
	case err != nil:
		return "", Refuse(BadRequest, "the body could not be read to its end")
	}
	return body, request.begin(r.Context())
}

// pieces are what bodies are read into.
var pieces = sync.Pool{New: func() any { return new([pieceBytes]byte) }}

// pieceBytes is little, since whoever sends one byte and waits holds a piece.
const pieceBytes = 16 << 10

// readAll reads to the end, piece by piece: a body takes the memory that it has sent, whatever length it announces. What is
// at hand waits for its turn as soon as it is large.
func (r *Request) readAll(ctx context.Context, from io.Reader, atHand bool) (string, error) {
	var read []*[pieceBytes]byte
	defer func() {
		for _, piece := range read {
			pieces.Put(piece)
		}
	}()
	for size := 0; ; {
		if size == len(read)*pieceBytes {
			if refusal := r.arrived(pieceBytes); refusal != nil {
				return "", refusal
			}
			if atHand && size >= largeBody {
				if refusal := r.turn(ctx); refusal != nil {
					return "", refusal
				}
			}
			read = append(read, pieces.Get().(*[pieceBytes]byte))
		}
		n, err := from.Read(read[len(read)-1][size%pieceBytes:])
		size += n
		switch {
		case err == io.EOF:
			var body strings.Builder
			body.Grow(size)
			for _, piece := range read {
				body.Write(piece[:min(pieceBytes, size-body.Len())])
			}
			return body.String(), nil
		case err != nil:
			return "", err
		}
	}
}
