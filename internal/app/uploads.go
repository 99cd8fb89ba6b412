package app

import (
	"context"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"customer-events/internal/admission"
	"customer-events/internal/api"
	"customer-events/internal/apierr"
)

const (
	// anonymousUploadGrace is how long bodies of callers without a valid token may still arrive once the
	// drain is over.
	anonymousUploadGrace = time.Second
	// uploadGrace is the same for callers with a valid token, as long as they send uploadRate bytes a
	// second.
	uploadGrace = 10 * time.Second
	uploadRate  = 16 << 10
	// uploadWindow is the time over which their rate is measured.
	uploadWindow = 2 * time.Second
)

var errShuttingDown = apierr.New(apierr.Unavailable,
	"the server is shutting down and the body has not arrived in time, nothing has been stored: send the call again")

// uploads are the bodies of requests that are still arriving.
type uploads struct {
	tokens admission.Authenticator

	// lingering bounds how many requests linger at once.
	lingering chan struct{}

	mu   sync.Mutex
	open map[*uploadBody]struct{}
}

func newUploads(tokens admission.Authenticator) *uploads {
	return &uploads{
		tokens: tokens, lingering: make(chan struct{}, maxLingering), open: make(map[*uploadBody]struct{}),
	}
}

// uploadBody is the body of a request that counts what arrives.
type uploadBody struct {
	io.ReadCloser
	uploads  *uploads
	token    string
	conn     net.Conn
	control  *http.ResponseController
	started  time.Time
	received atomic.Int64
	// ended says that the body has arrived, or cannot arrive any more. cut says that the server ended it.
	ended, cut atomic.Bool

	// Only the goroutine of endSlow uses these: whether the token is valid, and what had arrived when it was
	// last looked at.
	known  *bool
	seen   int64
	seenAt time.Time
}

// handler keeps track of the bodies of the requests to a handler.
func (u *uploads) handler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer u.track(w, r, api.RequestOf(r.Context()).Token)()
		next.ServeHTTP(w, r)
		if body, ok := r.Body.(*uploadBody); ok {
			u.linger(w, r, body)
		}
	})
}

// track counts the body of a request until the returned function is called.
func (u *uploads) track(w http.ResponseWriter, r *http.Request, token string) (untrack func()) {
	if r.Body == nil || r.Body == http.NoBody {
		return func() {}
	}
	body := &uploadBody{ReadCloser: r.Body, uploads: u, token: token, started: time.Now()}
	body.control = http.NewResponseController(w)
	body.conn, _ = r.Context().Value(connKey{}).(net.Conn)
	r.Body = body
	u.mu.Lock()
	defer u.mu.Unlock()
	u.open[body] = struct{}{}
	return body.end
}

func (b *uploadBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.received.Add(int64(n))
	if err != nil {
		b.ended.Store(true)
		b.end()
		if err != io.EOF && b.cut.Load() {
			err = errShuttingDown
		}
	}
	return n, err
}

func (b *uploadBody) end() {
	b.uploads.mu.Lock()
	defer b.uploads.mu.Unlock()
	delete(b.uploads.open, b)
}

// since says of each connection with a body that is arriving when that began.
func (u *uploads) since() map[net.Conn]time.Time {
	u.mu.Lock()
	defer u.mu.Unlock()
	started := make(map[net.Conn]time.Time, len(u.open))
	for body := range u.open {
		conn := socket(body.conn)
		if at, known := started[conn]; !known || body.started.Before(at) {
			started[conn] = body.started
		}
	}
	return started
}

// endSlow ends the bodies that a server which shuts down does not wait for, after so much time. It returns
// how many of callers without a valid token it has ended, and how many of others.
func (u *uploads) endSlow(ctx context.Context, waited time.Duration) (anonymous, slow int) {
	u.mu.Lock()
	open := make([]*uploadBody, 0, len(u.open))
	for body := range u.open {
		open = append(open, body)
	}
	u.mu.Unlock()
	lookup, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	for _, body := range open {
		switch {
		case waited < anonymousUploadGrace:
		case !body.hasValidToken(lookup):
			if u.cut(body) {
				anonymous++
			}
		case waited >= uploadGrace || body.isSlow():
			if u.cut(body) {
				slow++
			}
		}
	}
	return anonymous, slow
}

func (b *uploadBody) hasValidToken(ctx context.Context) bool {
	if b.known == nil {
		known := false
		if b.token != "" {
			_, err := b.uploads.tokens.Caller(ctx, b.token)
			known = err == nil
		}
		b.known = &known
	}
	return *b.known
}

// isSlow reports whether less than uploadRate has arrived since it was last asked; it looks once in each
// uploadWindow.
func (b *uploadBody) isSlow() bool {
	now, received := time.Now(), b.received.Load()
	passed := now.Sub(b.seenAt)
	if b.seenAt.IsZero() || passed >= uploadWindow {
		slow := !b.seenAt.IsZero() && float64(received-b.seen) < uploadRate*passed.Seconds()
		b.seen, b.seenAt = received, now
		return slow
	}
	return false
}

// cut ends a body. It reports whether there still was something to end.
func (u *uploads) cut(body *uploadBody) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	if _, open := u.open[body]; !open || body.cut.Swap(true) {
		return false
	}
	// Under the lock, since the connection carries another request once this one has been taken off the
	// list.
	_ = body.control.SetReadDeadline(time.Now().Add(-time.Second))
	return true
}
