package app

//lint:file-ignore SA1019 http2.Server is the only public way to serve HTTP/2 on a connection of our own type.

import (
	"context"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"math"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/net/http2"
)

// configureHTTP2 serves HTTP/2 on connections that can announce a shutdown without losing a request. The
// HTTP/2 server of net/http sends one GOAWAY frame that names the last request it has read, and drops the
// requests that are already in transit; a client that cannot send a body twice loses those. RFC 9113,
// section 6.8, asks for an earlier GOAWAY that accepts every request, see goAwayConn.
func configureHTTP2(server *http.Server, conns *connections) error {
	h2 := &http2.Server{WriteByteTimeout: WriteStall}
	if err := http2.ConfigureServer(server, h2); err != nil {
		return err
	}
	server.TLSNextProto[http2.NextProtoTLS] = func(hs *http.Server, conn *tls.Conn, handler http.Handler) {
		ctx := context.Background() // http2.ConfigureServer does the same
		if base, ok := handler.(interface{ BaseContext() context.Context }); ok {
			ctx = base.BaseContext()
		}
		c := &goAwayConn{Conn: conn}
		conns.serveHTTP2(c)
		h2.ServeConn(c, &http2.ServeConnOpts{Context: ctx, BaseConfig: hs, Handler: handler})
	}
	return nil
}

// goAwayFrame asks the client to open no further requests on the connection, and accepts those in transit:
// its last stream is the highest possible one, and its code is NO_ERROR. Source: RFC 9113, section 6.8.
var goAwayFrame = func() []byte {
	frame := make([]byte, frameHeaderBytes+8) // stream 0, no flags
	frame[2], frame[3] = 8, byte(http2.FrameGoAway)
	binary.BigEndian.PutUint32(frame[frameHeaderBytes:], math.MaxInt32)
	return frame
}()

const frameHeaderBytes = 9

// goAwayConn is the server's side of an HTTP/2 connection. It parses the frames that are written, so that it
// can write a GOAWAY frame between two of them.
type goAwayConn struct {
	*tls.Conn

	// mu is held while frames are written, and guards the fields after it.
	mu sync.Mutex
	// header is the part of a frame's header that has been written; left is the number of missing bytes of
	// its payload.
	header []byte
	left   int
	// answered is true once a response has begun, sent once the GOAWAY frame was written.
	answered, sent bool

	// wanted is not guarded by mu, because a write may block while it holds mu.
	wanted atomic.Bool
}

// goAwayPause is how long the server writes nothing before it sends a GOAWAY frame. After it, clients that
// make one call after the other all wait for a response. A client that is just sending a request would give
// up on it: clients of net/http do, and cannot send its body again.
const goAwayPause = 100 * time.Millisecond

// GoAway sends one GOAWAY frame, now or with the next frame that is written. It never sends it before a
// response has begun, so that each connection carries at least one request.
func (c *goAwayConn) GoAway() {
	c.wanted.Store(true)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.sent || !c.answered {
		return
	}
	// Writes of the HTTP/2 server set their own deadline.
	_ = c.SetWriteDeadline(time.Now().Add(goAwayPause + WriteStall))
	if c.announce() != nil {
		_ = c.Close()
		return
	}
	_ = c.SetWriteDeadline(time.Time{})
}

// Write writes frames, and the GOAWAY frame between them if it is wanted.
func (c *goAwayConn) Write(p []byte) (written int, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for len(p) > 0 {
		if err := c.announce(); err != nil {
			return written, err
		}
		n := len(p)
		if !c.sent && c.wanted.Load() {
			n = c.nextBoundary(p)
		}
		n, err := c.Conn.Write(p[:n])
		c.follow(p[:n])
		written += n
		if err != nil {
			if errors.Is(err, os.ErrDeadlineExceeded) {
				discard(c)
			}
			return written, err
		}
		p = p[n:]
	}
	return written, c.announce()
}

// announce writes the GOAWAY frame if it is wanted, a response has begun, and no frame is incomplete. The
// caller must hold mu.
func (c *goAwayConn) announce() error {
	between := c.left == 0 && len(c.header) == 0
	if c.sent || !c.wanted.Load() || !between || !c.answered {
		return nil
	}
	c.sent = true
	time.Sleep(goAwayPause)
	_, err := c.Conn.Write(goAwayFrame)
	return err
}

// nextBoundary returns the number of bytes of p up to the end of a frame, or all if no frame ends in p.
func (c *goAwayConn) nextBoundary(p []byte) int {
	missing := frameHeaderBytes - len(c.header)
	switch {
	case c.left > 0:
		return min(c.left, len(p))
	case missing > len(p):
		return len(p)
	}
	header := append(append(make([]byte, 0, frameHeaderBytes), c.header...), p[:missing]...)
	return min(missing+payloadBytes(header), len(p))
}

// follow tracks the frames of what has been written.
func (c *goAwayConn) follow(p []byte) {
	for len(p) > 0 {
		if c.left > 0 {
			n := min(c.left, len(p))
			c.left, p = c.left-n, p[n:]
			continue
		}
		n := min(frameHeaderBytes-len(c.header), len(p))
		c.header, p = append(c.header, p[:n]...), p[n:]
		if len(c.header) < frameHeaderBytes {
			return
		}
		c.left = payloadBytes(c.header)
		c.answered = c.answered || http2.FrameType(c.header[3]) == http2.FrameHeaders
		c.header = c.header[:0]
	}
}

func payloadBytes(header []byte) int { return int(header[0])<<16 | int(header[1])<<8 | int(header[2]) }
