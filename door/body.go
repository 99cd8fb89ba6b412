package door

import (
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"strings"
)

// MaxBodyBytes is the most that a request's body may have, before and after decompression. A thousand full events have 1 MB.
const MaxBodyBytes = 8 << 20

// ReadBody reads the body into one text, whose parts every later step refers to without copying.
func ReadBody(w http.ResponseWriter, r *http.Request) (string, *Refusal) {
	tooMuch := Refuse(TooLarge, "the body may have %d bytes, also after decompression: send fewer events a call", MaxBodyBytes)
	if r.ContentLength > MaxBodyBytes {
		return "", tooMuch
	}
	var from io.Reader = http.MaxBytesReader(w, r.Body, MaxBodyBytes)
	size := int(max(r.ContentLength, 0))
	switch encoding := r.Header.Get("Content-Encoding"); strings.ToLower(encoding) {
	case "", "identity":
	case "gzip":
		inflated, err := gzip.NewReader(from)
		if err != nil {
			return "", Refuse(BadRequest, "the body is not gzip")
		}
		from, size = inflated, 4*size
	default:
		return "", Refuse(UnsupportedMedia, "the body must be sent as it is or by gzip")
	}
	var body strings.Builder
	body.Grow(min(size, MaxBodyBytes) + 1)
	n, err := io.Copy(&body, io.LimitReader(from, MaxBodyBytes+1))
	var large *http.MaxBytesError
	switch {
	case n > MaxBodyBytes || errors.As(err, &large):
		return "", tooMuch
	case err != nil:
		return "", Refuse(BadRequest, "the body could not be read to its end")
	}
	return body.String(), nil
}
