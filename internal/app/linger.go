package app

import (
	"io"
	"net/http"
	"strings"
	"time"
)

const (
	// lingerTimeout and lingerBytes bound how long the server reads on, once it has answered a request whose
	// body is still arriving. Many clients read the response only after they have sent everything. If the
	// server closed the connection while data arrives, the system would reset it and discard the response.
	// nginx has the same under the name lingering_close.
	lingerTimeout = time.Second
	lingerBytes   = 256 << 20
	// maxLingering is how many requests linger at once; a flood of large bodies must not keep the server
	// reading.
	maxLingering = 32
	// keptAliveBytes is how much of a body net/http itself reads after the response, to use the connection
	// again: maxPostHandlerReadBytes in net/http/server.go.
	keptAliveBytes = 256 << 10
)

// linger sends the response and then discards the rest of the body, for a short time.
func (u *uploads) linger(w http.ResponseWriter, r *http.Request, body *uploadBody) {
	switch {
	case body.ended.Load():
		return
	case strings.EqualFold(r.Header.Get("Expect"), "100-continue") && body.received.Load() == 0:
		return // the client does not send the body
	case r.ProtoMajor == 1 && r.ContentLength >= 0 && r.ContentLength-body.received.Load() < keptAliveBytes:
		return
	}
	select {
	case u.lingering <- struct{}{}:
		defer func() { <-u.lingering }()
	default:
		return
	}
	if http.NewResponseController(w).Flush() != nil || !body.limitReading(lingerTimeout) {
		return
	}
	_, _ = io.CopyN(io.Discard, body, lingerBytes)
}

// limitReading sets the time in which the rest of the body may arrive, unless the body has ended or been
// cut.
func (b *uploadBody) limitReading(timeout time.Duration) bool {
	b.uploads.mu.Lock()
	defer b.uploads.mu.Unlock()
	if b.ended.Load() || b.cut.Load() {
		return false
	}
	return b.control.SetReadDeadline(time.Now().Add(timeout)) == nil
}
