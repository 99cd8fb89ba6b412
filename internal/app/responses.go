package app

import (
	"errors"
	"net"
	"net/http"
	"sync"
	"time"

	"customer-events/internal/api"
)

const (
	// writeChunk is how much of a response a client has to read within WriteStall. Together they define the
	// lowest rate that is served: 64 KiB in 10 seconds.
	writeChunk = 64 << 10
	// WriteStall is the time that a client has for each chunk of a response.
	WriteStall = 10 * time.Second
	// timedBytes is the length of a response that net/http writes out before its handler returns.
	timedBytes = 4 << 10
	// closeAfter is how long an aborted response may take to end before its connection is closed.
	closeAfter = 500 * time.Millisecond
	// unreadBodyTimeout is how long net/http may take to read the rest of a request's body that no handler
	// has read, which it does before it sends the response.
	unreadBodyTimeout = 5 * time.Second
)

var errResponseAborted = errors.New("the response is aborted: clients leave too many bytes unread")

// handler releases the request's share of the admission capacity as soon as the response is built, and then
// writes the response as fast as the client reads it. It expects an api.Request in the context.
func (u *unsentResponses) handler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		paced := &pacedWriter{ResponseWriter: w, responses: u, control: http.NewResponseController(w)}
		paced.request = api.RequestOf(r.Context())
		paced.conn, _ = r.Context().Value(connKey{}).(net.Conn)
		paced.shared = r.ProtoMajor > 1
		paced.body, _ = r.Body.(*uploadBody)
		defer paced.finish()
		next.ServeHTTP(paced, r)
	})
}

// connKey is the key of a context's connection.
type connKey struct{}

// pacedWriter writes a response with a deadline that each chunk renews.
type pacedWriter struct {
	http.ResponseWriter
	responses *unsentResponses
	request   *api.Request
	control   *http.ResponseController
	conn      net.Conn    // nil in tests
	shared    bool        // other responses use the connection too
	body      *uploadBody // nil if the request has none
	built     bool

	// unsentResponses.mu guards these.
	bytes     int64
	progress  time.Time
	anonymous bool
	client    string

	// mu guards these, and the write deadline.
	mu                sync.Mutex
	renewed           time.Time
	timer             *time.Timer // of discardOnStall; nil if there is none
	aborted, finished bool
}

// Unwrap lets http.ResponseController reach the connection.
func (w *pacedWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// WriteHeader treats the response as built: handlers must have no work left when they call it.
func (w *pacedWriter) WriteHeader(status int) {
	if status >= http.StatusOK {
		w.begin()
		w.renew()
	}
	w.ResponseWriter.WriteHeader(status)
}

// Write writes the response in chunks, each with a deadline of its own.
func (w *pacedWriter) Write(p []byte) (written int, err error) {
	w.begin()
	w.responses.add(w, int64(len(p)))
	defer w.responses.remove(w, int64(len(p)))
	if len(p) > timedBytes {
		defer w.discardOnStall()()
	}
	for {
		if !w.renew() {
			w.fail()
			return written, errResponseAborted
		}
		n, err := w.ResponseWriter.Write(p[written:min(len(p), written+writeChunk)])
		written += n
		if err != nil {
			w.fail()
			return written, err
		}
		if written == len(p) {
			break
		}
	}
	if time.Since(w.renewed) > w.responses.stall/10 {
		w.renew() // net/http may have a rest to send once the handler has returned
	}
	return written, nil
}

// begin releases the admission capacity.
func (w *pacedWriter) begin() {
	if w.built {
		return
	}
	w.built = true
	w.request.Admission.Release()
	if w.body != nil && !w.body.ended.Load() {
		_ = w.control.SetReadDeadline(time.Now().Add(unreadBodyTimeout)) // only tests' writers have none
	}
}

// renew gives the client time for the next chunk. It reports whether the response goes on.
func (w *pacedWriter) renew() bool {
	now := time.Now()
	w.responses.mu.Lock()
	w.progress = now
	w.responses.mu.Unlock()
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.aborted {
		return false
	}
	w.renewed = now
	deadline := w.responses.stall
	if w.timer != nil {
		w.timer.Reset(deadline)
		deadline += time.Second // the timer comes first
	}
	_ = w.control.SetWriteDeadline(now.Add(deadline))
	return true
}

// fail records for the log why a response was not completed. A client that has disconnected is not
// recorded.
func (w *pacedWriter) fail() {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case w.aborted:
		w.request.Unsent = "aborted for others: clients leave too many bytes unread"
	case time.Since(w.renewed) > w.responses.stall*9/10: // HTTP/2 names no cause
		w.request.Unsent = "aborted: the client does not read it"
	}
}

// discardOnStall resets the connection if a chunk is not written in time, so that the operating system
// discards the rest of the response. The deadline alone ends the writing too, but net/http then closes the
// connection in a way that makes the system offer the rest for minutes.
func (w *pacedWriter) discardOnStall() (stop func()) {
	if w.shared || w.conn == nil {
		return func() {}
	}
	w.timer = time.AfterFunc(w.responses.stall, func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		if w.timer != nil && time.Since(w.renewed) >= w.responses.stall*9/10 {
			w.end()
		}
	})
	return func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.timer.Stop()
		w.timer = nil
	}
}

// end makes the write that is going on fail. The caller must hold mu.
func (w *pacedWriter) end() {
	if !w.shared && w.conn != nil {
		discard(w.conn)
	}
	_ = w.control.SetWriteDeadline(time.Now().Add(-time.Second))
}

// discard makes the operating system drop unsent data when the connection is closed, instead of offering it
// for minutes to a client that does not read.
func discard(conn net.Conn) {
	if tcp, ok := socket(conn).(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
}

// abort ends the response while another goroutine writes it.
func (w *pacedWriter) abort() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.finished {
		return
	}
	w.aborted = true
	w.end()
	if w.conn == nil {
		return
	}
	// HTTP/2 resets the stream, but cannot even do that on a connection that is not read at all.
	time.AfterFunc(closeAfter, func() {
		w.mu.Lock()
		finished := w.finished
		w.mu.Unlock()
		if !finished {
			_ = w.conn.Close()
		}
	})
}

// finish prevents that the response is aborted later, when the connection carries another one.
func (w *pacedWriter) finish() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.finished = true
}
