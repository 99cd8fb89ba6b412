package app

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"time"

	"customer-events/internal/api"
	"customer-events/internal/apierr"
)

// detectDisconnects gives a request that failed because its client disconnected the code
// api.ClientClosedRequest, in place of the code of what the server could then not do. Otherwise one
// client with a short timeout would look like an unavailable database. A call that was completed keeps
// its result.
func detectDisconnects(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx := r.Context()
		body := &watchedBody{
			ReadCloser: r.Body, http2: r.ProtoMajor > 1, ctx: ctx, control: http.NewResponseController(w),
		}
		if r.Body == nil || r.Body == http.NoBody {
			body.arrived()
		} else {
			r.Body = body
		}
		next.ServeHTTP(&disconnectRecorder{w, ctx, body}, r)
	})
}

// watchedBody is the body of a request. The handler's goroutine alone reads it.
type watchedBody struct {
	io.ReadCloser
	http2   bool
	ctx     context.Context
	control *http.ResponseController
	// cutOff says that the client disconnected before the body was complete.
	cutOff bool
}

// Read reads the body, and notes how it ends.
func (b *watchedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	switch {
	case err == io.EOF:
		b.arrived()
	case err != nil && b.isDisconnect(err):
		b.cutOff = true
	}
	return n, err
}

// arrived removes the deadline for reading the request. net/http goes on to read the connection and
// would take the deadline for a disconnect, so that no call could last longer than http.Server's
// ReadTimeout.
func (b *watchedBody) arrived() {
	_ = b.control.SetReadDeadline(time.Time{}) // only tests' writers have none
}

// isDisconnect reports whether reading failed because the client disconnected: not if the server ended
// the body or the connection, if the client is too slow, or if the body is not well-formed.
func (b *watchedBody) isDisconnect(err error) bool {
	var own *apierr.Error
	var network net.Error
	switch {
	case errors.As(err, &own), errors.Is(err, net.ErrClosed), errors.As(err, &network) && network.Timeout():
		return false
	case api.Disconnected(b.ctx), b.http2, errors.Is(err, io.ErrUnexpectedEOF):
		return true // a body of HTTP/2 fails in no other way than by the end of its stream
	default:
		return network != nil // such as a connection that the client has reset
	}
}

// disconnectRecorder replaces the status and the code of a request whose client has disconnected.
type disconnectRecorder struct {
	http.ResponseWriter
	ctx  context.Context
	body *watchedBody
}

// WriteHeader checks for a disconnect. It does so before the response is written, because a client may
// disconnect as soon as it has the response.
func (d *disconnectRecorder) WriteHeader(status int) {
	request := api.RequestOf(d.ctx)
	unavailable := request.Code == apierr.Unavailable.Code() && api.Disconnected(d.ctx)
	if request.Code != "" && (d.body.cutOff || unavailable) {
		request.Code, status = api.ClientClosedRequest, api.StatusClientClosedRequest
	}
	d.ResponseWriter.WriteHeader(status)
}

// Unwrap lets http.ResponseController reach the connection.
func (d *disconnectRecorder) Unwrap() http.ResponseWriter { return d.ResponseWriter }
