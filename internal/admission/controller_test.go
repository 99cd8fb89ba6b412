package admission

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"customer-events/internal/apierr"
)

func TestReadBody_WaitsForProcessing(t *testing.T) {
	t.Parallel()
	controller := newController()
	if !controller.memory.processing.TryAcquire(controller.memory.maxProcessing - chunkBytes) {
		t.Fatal("a new controller is not free")
	}
	var first, second, third, fourth Body
	r := post(strings.NewReader(strings.Repeat("x", 100)))
	if err := controller.ReadBody(httptest.NewRecorder(), r, &first); err != nil {
		t.Fatal(err)
	}
	r = post(strings.NewReader("x"))
	ctx, cancel := context.WithCancel(r.Context())
	cancel()
	err := controller.ReadBody(httptest.NewRecorder(), r.WithContext(ctx), &second)
	if err == nil || err.Kind != apierr.Unavailable || err.RetryAfter == 0 {
		t.Errorf("the context ended before the body could be processed: %v", err)
	}
	r = post(strings.NewReader("x"))
	done := make(chan *apierr.Error)
	go func() { done <- controller.ReadBody(httptest.NewRecorder(), r, &third) }()
	select {
	case err := <-done:
		t.Fatalf("it did not wait: %v", err)
	default:
	}
	PauseProcessing(WithBody(t.Context(), &first)) // as while a login waits for its CPU slot
	if err := <-done; err != nil {
		t.Error(err)
	}
	first.Release()
	controller.memory.inFlight.Store(maxBytesInFlight)
	r = post(strings.NewReader("x"))
	err = controller.ReadBody(httptest.NewRecorder(), r, &fourth)
	if err == nil || err.Kind != apierr.Unavailable {
		t.Errorf("more bytes are in flight than allowed: %v", err)
	}
}

// Large bodies of unauthenticated requests wait for each other, and no authenticated request waits for them.
func TestReadBody_AnonymousRequestsWaitForEachOther(t *testing.T) {
	t.Parallel()
	controller := newController()
	releases := make([]func(), controller.anonymous.largeSlots.Size())
	for i := range releases {
		releases[i], _ = controller.anonymous.largeSlots.Acquire(t.Context())
	}
	large := strings.Repeat("x", 2*largeBody)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	read := func(token string, gzip bool, ctx context.Context) *apierr.Error {
		r := post(strings.NewReader(large))
		if gzip {
			r.Body = io.NopCloser(compressed(large))
			r.Header.Set("Content-Encoding", "gzip")
		}
		var body Body
		defer body.Release()
		err := controller.ReadBody(httptest.NewRecorder(), r.WithContext(withToken(ctx, token)), &body)
		if err == nil && body.Text != large {
			t.Errorf("%d bytes", len(body.Text))
		}
		if got := controller.memory.inFlight.Load(); ctx.Err() != nil && got > largeBody+chunkBytes {
			t.Errorf("%d bytes are in flight while it waits", got)
		}
		return err
	}
	for name, gzip := range map[string]bool{"plain": false, "gzip": true} {
		if err := read(validToken, gzip, t.Context()); err != nil {
			t.Errorf("%s, authenticated: %v", name, err)
		}
		for _, token := range []string{"", "not valid"} {
			err := read(token, gzip, ended)
			if err == nil || err.Kind != apierr.Unavailable || err.RetryAfter == 0 ||
				!strings.Contains(err.Message, "Authorization") {
				t.Errorf("%s, with the token %q: %v", name, token, err)
			}
		}
	}
	for _, release := range releases {
		release()
	}
	for range 2 * len(releases) { // each request releases its slot
		if err := read("", false, t.Context()); err != nil {
			t.Errorf("an unauthenticated request with a free slot: %v", err)
		}
	}
	if left := controller.memory.inFlight.Load(); left != 0 {
		t.Errorf("%d bytes were not released", left)
	}
}

// However much unauthenticated clients send, authenticated requests and logins are admitted.
func TestReadBody_AnonymousShare(t *testing.T) {
	t.Parallel()
	controller := newController()
	const each = largeBody - chunkBytes
	refused := 0
	for range maxBytesInFlight / each {
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(strings.Repeat(" ", each)))
		var body Body
		defer body.Release()
		// No body is complete, so that none waits for being processed.
		r.Body = io.NopCloser(io.MultiReader(r.Body, iotest.ErrReader(errors.New("the connection broke"))))
		err := controller.ReadBody(httptest.NewRecorder(), r, &body)
		if err != nil && err.Kind == apierr.Unavailable {
			refused++
		}
	}
	if want := maxBytesInFlight/each - maxAnonymousBytes/each; refused < want || refused > want+1 {
		t.Errorf("%d requests were refused, not %d", refused, want)
	}
	for _, c := range []struct {
		name, token string
		size        int
	}{
		{"authenticated", validToken, 1 << 20},
		{"a login", "", chunkBytes},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := post(strings.NewReader(strings.Repeat(" ", c.size-1)))
			var body Body
			defer body.Release()
			r = r.WithContext(withToken(t.Context(), c.token))
			if err := controller.ReadBody(httptest.NewRecorder(), r, &body); err != nil {
				t.Errorf("a body of %d bytes: %v", c.size, err)
			}
		})
	}
}

// An unauthenticated client that sends slowly loses its slot.
func TestReadBody_AnonymousUploadTimeout(t *testing.T) {
	t.Parallel()
	controller := newController()
	controller.anonymous.uploadTimeout = 50 * time.Millisecond
	refused := make(chan *apierr.Error)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var body Body
		defer body.Release()
		refused <- controller.ReadBody(w, r, &body)
	}))
	defer server.Close()
	from, to := io.Pipe()
	defer to.Close()
	go func() { _, _ = to.Write(make([]byte, largeBody+1)) }()
	go func() { _, _ = http.Post(server.URL, "", from) }() //nolint // the response never ends
	if err := <-refused; err == nil || err.Kind != apierr.BadRequest {
		t.Errorf("a slow client: %v", err)
	}
}
