package api

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"customer-events/internal/admission"
	"customer-events/models"
	"customer-events/test/testutil"
)

// post is a request with a body, as the server sees it, and what is known of it.
func post(body io.Reader, room *Controller) (*http.Request, *Request) {
	r := httptest.NewRequest(http.MethodPost, "/", body)
	request := &Request{Admission: room, Token: callers}
	return r.WithContext(WithRequest(r.Context(), request)), request
}

func TestBodiesAreReadWhole(t *testing.T) {
	t.Parallel()
	room := NewController(admission.New(), tokens{})
	for _, size := range []int{0, 1, chunkBytes - 1, chunkBytes, chunkBytes + 1, 3 * chunkBytes, MaxBodyBytes} {
		text := strings.Repeat("0123456789abcdef!", size/17+1)[:size]
		r, request := post(iotest.HalfReader(strings.NewReader(text)), room)
		body, refusal := ReadBody(httptest.NewRecorder(), r)
		if refusal != nil || body != text {
			t.Errorf("%d bytes: %d were read (%v)", size, len(body), refusal)
		}
		if got := room.bytesInFlight.Load(); got < int64(size) || got > int64(size)+chunkBytes {
			t.Errorf("%d bytes take room for %d", size, got)
		}
		request.Release()
	}
	if left := room.bytesInFlight.Load(); left != 0 || !room.processing.TryAcquire(room.maxProcessing) {
		t.Errorf("room for %d bytes was not given back", left)
	}
}

func zipped(text string) *bytes.Buffer { return bytes.NewBufferString(testutil.Gzip(text)) }

func TestBodiesThatAreRefused(t *testing.T) {
	t.Parallel()
	whole := zipped(strings.Repeat("x", 100_000))
	for name, c := range map[string]struct {
		body io.Reader
		gzip bool
		want Code
	}{
		"too long":              {body: strings.NewReader(strings.Repeat("x", MaxBodyBytes+1)), want: TooLarge},
		"too long, unannounced": {body: io.LimitReader(endless{}, MaxBodyBytes+1), want: TooLarge},
		"a bomb":                {body: zipped(strings.Repeat("x", MaxBodyBytes+1)), gzip: true, want: TooLarge},
		"cut off":               {body: io.MultiReader(strings.NewReader("{"), iotest.ErrReader(io.ErrUnexpectedEOF)), want: BadRequest},
		"gzip cut off":          {body: bytes.NewReader(whole.Bytes()[:whole.Len()-9]), gzip: true, want: BadRequest},
		"no gzip":               {body: strings.NewReader("plain"), gzip: true, want: BadRequest},
	} {
		r, request := post(c.body, NewController(admission.New(), tokens{}))
		if c.gzip {
			r.Header.Set("Content-Encoding", "gzip")
		}
		if _, refusal := ReadBody(httptest.NewRecorder(), r); refusal == nil || refusal.Code != c.want {
			t.Errorf("%s: %v, not %s", name, refusal, c.want)
		}
		request.Release()
	}
}

type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }

// What is large is taken apart in turns, and what is small does not wait for them; gzip is large by what it inflates to.
func TestLargeBodiesTakeTurns(t *testing.T) {
	t.Parallel()
	turns := admission.New()
	room := NewController(turns, tokens{})
	end := make(chan struct{})
	for range turns.Size() {
		taken := make(chan struct{})
		go func() { _ = turns.Run(t.Context(), func() { close(taken); <-end }) }()
		<-taken
	}
	large := strings.Repeat("x", largeBody+chunkBytes)
	largeZipped, smallZipped := zipped(large).Bytes(), zipped(large[:largeBody-chunkBytes]).Bytes()
	packed := func(zipped []byte) (*http.Request, *Request) {
		r, request := post(bytes.NewReader(zipped), room)
		r.Header.Set("Content-Encoding", "gzip")
		return r, request
	}
	r, request := post(strings.NewReader(large), room)
	body, refusal := ReadBody(httptest.NewRecorder(), r)
	if refusal != nil || body != large { // what is sent as it is arrives without a turn
		t.Fatalf("%d bytes, %v", len(body), refusal)
	}
	apart := make(chan *Error, 1)
	go func() {
		defer request.Release()
		apart <- RunCPUBound(r.Context(), len(body), func() {})
	}()
	const bombs = 12 // more than there is room to work on
	inflated := make(chan string, bombs)
	for range bombs {
		bomb, bomber := packed(largeZipped)
		go func() {
			defer bomber.Release()
			body, refusal := ReadBody(httptest.NewRecorder(), bomb)
			if refusal != nil {
				t.Error(refusal)
			}
			inflated <- body
		}()
	}
	brief, small := packed(smallZipped)
	little, refusal := ReadBody(httptest.NewRecorder(), brief)
	if refusal != nil {
		t.Errorf("a small one waits: %v", refusal)
	}
	ran := false
	if refusal := RunCPUBound(brief.Context(), len(little), func() { ran = true }); refusal != nil || !ran {
		t.Errorf("a small one waits: %v", refusal)
	}
	small.Release()
	if len(inflated) > 0 || len(apart) > 0 {
		t.Error("a large one has not waited for its turn")
	}
	close(end)
	if refusal := <-apart; refusal != nil {
		t.Error(refusal)
	}
	for range bombs {
		if body := <-inflated; body != large {
			t.Errorf("%d bytes", len(body))
		}
	}
}

func TestAnnouncedLengthTakesNoRoom(t *testing.T) {
	t.Parallel()
	room := NewController(admission.New(), tokens{})
	from, to := io.Pipe()
	r, request := post(from, room)
	r.ContentLength = MaxBodyBytes
	done := make(chan *Error)
	go func() {
		_, refusal := ReadBody(httptest.NewRecorder(), r)
		done <- refusal
	}()
	if _, err := to.Write([]byte("ten bytes.")); err != nil {
		t.Fatal(err)
	}
	_ = to.CloseWithError(errors.New("gone"))
	if refusal := <-done; refusal == nil || request.reserved != chunkBytes {
		t.Errorf("%v, and room for %d bytes", refusal, request.reserved)
	}
}

func TestCallsWaitForRoom(t *testing.T) {
	t.Parallel()
	room := NewController(admission.New(), tokens{})
	if !room.processing.TryAcquire(room.maxProcessing - chunkBytes) {
		t.Fatal("a new room is not free")
	}
	r, first := post(strings.NewReader(strings.Repeat("x", 100)), room)
	if _, refusal := ReadBody(httptest.NewRecorder(), r); refusal != nil {
		t.Fatal(refusal)
	}
	r, _ = post(strings.NewReader("x"), room)
	ctx, cancel := context.WithCancel(r.Context())
	cancel()
	if _, refusal := ReadBody(httptest.NewRecorder(), r.WithContext(ctx)); refusal == nil || refusal.Code != Unavailable || refusal.RetryAfter == 0 {
		t.Errorf("no room, and nobody to wait: %v", refusal)
	}
	r, _ = post(strings.NewReader("x"), room)
	done := make(chan *Error)
	go func() {
		_, refusal := ReadBody(httptest.NewRecorder(), r)
		done <- refusal
	}()
	select {
	case refusal := <-done:
		t.Fatalf("it did not wait: %v", refusal)
	default:
	}
	first.pauseProcessing() // as while a login waits for its turn
	if refusal := <-done; refusal != nil {
		t.Error(refusal)
	}
	first.Release()
	room.bytesInFlight.Store(maxBytesInFlight)
	r, _ = post(strings.NewReader("x"), room)
	if _, refusal := ReadBody(httptest.NewRecorder(), r); refusal == nil || refusal.Code != Unavailable {
		t.Errorf("more has been read than there is room for: %v", refusal)
	}
}

// callers is the one token that is somebody's.
const callers = "a caller's token"

type tokens struct{}

func (tokens) Caller(_ context.Context, token string) (models.Caller, error) {
	if token != callers {
		return models.Caller{}, errors.New("nobody's token")
	}
	return models.Caller{}, nil
}

// Strangers' large bodies come in one by one, and no caller waits for that.
func TestStrangersWaitForStrangers(t *testing.T) {
	t.Parallel()
	room := NewController(admission.New(), tokens{})
	ends := make([]func(), room.anonymousSlots.Size())
	for i := range ends {
		ends[i], _ = room.anonymousSlots.Acquire(t.Context())
	}
	large := strings.Repeat("x", 2*largeBody)
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	read := func(token string, gzip bool, ctx context.Context) *Error {
		r, request := post(strings.NewReader(large), room)
		if gzip {
			r.Body = io.NopCloser(zipped(large))
			r.Header.Set("Content-Encoding", "gzip")
		}
		request.Token = token
		defer request.Release()
		body, refusal := ReadBody(httptest.NewRecorder(), r.WithContext(WithRequest(ctx, request)))
		if refusal == nil && body != large {
			t.Errorf("%d bytes", len(body))
		}
		if got := room.bytesInFlight.Load(); ctx.Err() != nil && got > largeBody+chunkBytes {
			t.Errorf("while it waits there is room for %d bytes of it", got)
		}
		return refusal
	}
	for _, gzip := range []bool{false, true} {
		if refusal := read(callers, gzip, t.Context()); refusal != nil {
			t.Errorf("a caller's body: %v", refusal)
		}
		for _, token := range []string{"", "nobody's"} {
			refusal := read(token, gzip, gone)
			if refusal == nil || refusal.Code != Unavailable || refusal.RetryAfter == 0 || !strings.Contains(refusal.Message, "Authorization") {
				t.Errorf("a stranger's body with the token %q: %v", token, refusal)
			}
		}
	}
	for _, end := range ends {
		end()
	}
	for range 2 * len(ends) { // each gives its turn back
		if refusal := read("", false, t.Context()); refusal != nil {
			t.Errorf("a stranger's body in its turn: %v", refusal)
		}
	}
	if left := room.bytesInFlight.Load(); left != 0 {
		t.Errorf("room for %d bytes was not given back", left)
	}
}

// However much strangers send, there is room for callers and for logins.
func TestStrangersLeaveRoom(t *testing.T) {
	t.Parallel()
	room := NewController(admission.New(), tokens{})
	const each = largeBody - chunkBytes
	refused := 0
	for range maxBytesInFlight / each {
		r, request := post(strings.NewReader(strings.Repeat(" ", each)), room)
		request.Token = ""
		defer request.Release()
		// None of them is whole yet, so that none of them waits to be worked on.
		r.Body = io.NopCloser(io.MultiReader(r.Body, iotest.ErrReader(errors.New("gone"))))
		if _, refusal := ReadBody(httptest.NewRecorder(), r); refusal != nil && refusal.Code == Unavailable {
			refused++
		}
	}
	if want := maxBytesInFlight/each - maxAnonymousBytes/each; refused < want || refused > want+1 {
		t.Errorf("%d were refused and not %d", refused, want)
	}
	for _, c := range []struct {
		token string
		size  int
	}{{callers, 1 << 20}, {"", chunkBytes}} {
		r, request := post(strings.NewReader(strings.Repeat(" ", c.size-1)), room)
		request.Token = c.token
		defer request.Release()
		if _, refusal := ReadBody(httptest.NewRecorder(), r); refusal != nil {
			t.Errorf("a body of %d bytes with the token %q: %v", c.size, c.token, refusal)
		}
	}
}

// A stranger who has his turn and then sends slowly loses it.
func TestStrangersAreSwift(t *testing.T) {
	t.Parallel()
	room := NewController(admission.New(), tokens{})
	room.uploadTimeout = 50 * time.Millisecond
	refused := make(chan *Error)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		request := &Request{Admission: room}
		defer request.Release()
		_, refusal := ReadBody(w, r.WithContext(WithRequest(r.Context(), request)))
		refused <- refusal
	}))
	defer server.Close()
	from, to := io.Pipe()
	defer to.Close()
	go func() { _, _ = to.Write(make([]byte, largeBody+1)) }()
	go func() { _, _ = http.Post(server.URL, "", from) }() //nolint // it is never answered in full
	if refusal := <-refused; refusal == nil || refusal.Code != BadRequest {
		t.Errorf("a slow stranger: %v", refusal)
	}
}
