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
	body, err := request.readAll(r.Context(), w, http.MaxBytesReader(w, r.Body, MaxBodyBytes), r.ContentLength)
	if err == nil && encoding == "gzip" {
		// Only what has arrived whole is inflated: a slow sender keeps nobody waiting for a turn.
		body, err = request.inflate(r.Context(), body)
	}
	var large *http.MaxBytesError
	var refusal *Refusal
	switch {
	case errors.As(err, &large):
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
const pieceBytes = 4 << 10

// fewBytes are read of what says that it is large, while it waits.
const fewBytes = 16 * pieceBytes

// waitAt is how much is read before it waits of a body that says that it has so many bytes. It may say so falsely.
func waitAt(announced int64) int {
	if announced > largeBody {
		return fewBytes
	}
	return largeBody
}

// readAll reads to the end. What makes a stranger's body large waits for its turn to come in.
func (r *Request) readAll(ctx context.Context, w http.ResponseWriter, from io.Reader, announced int64) (string, error) {
	p := pile{request: r}
	defer p.drop()
	ended, err := p.add(ctx, from, waitAt(announced))
	if err == nil && !ended && r.stranger(ctx) {
		if refusal := r.enlarge(ctx); refusal != nil {
			return "", refusal
		}
		late := time.AfterFunc(r.Room.arrival, func() { _ = http.NewResponseController(w).SetReadDeadline(time.Now()) }) // or else the server's own is left
		defer late.Stop()
	}
	if err == nil && !ended {
		_, err = p.add(ctx, from, math.MaxInt)
	}
	if err != nil {
		return "", err
	}
	return p.text(), nil
}

// inflate unpacks a body, as far as it may be long; what makes it large in a turn.
func (r *Request) inflate(ctx context.Context, packed string) (string, error) {
	from, err := gzip.NewReader(strings.NewReader(packed))
	if err != nil {
		return "", Refuse(BadRequest, "the body is not gzip")
	}
	r.forget()
	p := pile{request: r}
	defer p.drop()
	size := binary.LittleEndian.Uint32([]byte(packed[len(packed)-4:])) // of the last member: RFC 1952, section 2.3.1
	ended, err := p.add(ctx, from, waitAt(int64(size)))
	if err == nil && !ended {
		if refusal := r.enlarge(ctx); refusal != nil {
			return "", refusal
		}
		if refusal := Apart(ctx, MaxBodyBytes, func() { _, err = p.add(ctx, from, MaxBodyBytes+1) }); refusal != nil {
			return "", refusal
		}
	}
	if p.size > MaxBodyBytes {
		return "", &http.MaxBytesError{Limit: MaxBodyBytes}
	}
	if err != nil {
		return "", err
	}
	return p.text(), nil
}

// pile is a body that is being read, piece by piece: it takes the memory that has arrived, whatever length is announced.
type pile struct {
	request *Request
	pieces  []*[pieceBytes]byte
	size    int
}

// add reads until the reader's end, or until the pile has at least so many bytes.
func (p *pile) add(ctx context.Context, from io.Reader, most int) (ended bool, err error) {
	for p.size < most {
		if p.size == len(p.pieces)*pieceBytes {
			if refusal := p.request.arrived(ctx, pieceBytes); refusal != nil {
				return false, refusal
			}
			p.pieces = append(p.pieces, pieces.Get().(*[pieceBytes]byte))
		}
		n, err := from.Read(p.pieces[len(p.pieces)-1][p.size%pieceBytes:])
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

func (p *pile) text() string {
	var body strings.Builder
	body.Grow(p.size)
	for _, piece := range p.pieces {
		body.Write(piece[:min(pieceBytes, p.size-body.Len())])
	}
	return body.String()
}

// drop gives the pieces back.
func (p *pile) drop() {
	for _, piece := range p.pieces {
		pieces.Put(piece)
	}
}
