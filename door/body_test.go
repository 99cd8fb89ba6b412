package door

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/iotest"

	"customer-events/heavy"
)

// post is a request with a body, as the server sees it, and what is known of it.
func post(body io.Reader, room *Room) (*http.Request, *Request) {
	r := httptest.NewRequest(http.MethodPost, "/", body)
	request := &Request{Room: room}
	return r.WithContext(WithRequest(r.Context(), request)), request
}

func TestBodiesAreReadWhole(t *testing.T) {
	t.Parallel()
	room := NewRoom(heavy.New())
	for _, size := range []int{0, 1, pieceBytes - 1, pieceBytes, pieceBytes + 1, 3 * pieceBytes, MaxBodyBytes} {
		text := strings.Repeat("0123456789abcdef!", size/17+1)[:size]
		r, request := post(iotest.HalfReader(strings.NewReader(text)), room)
		body, refusal := ReadBody(httptest.NewRecorder(), r)
		if refusal != nil || body != text {
			t.Errorf("%d bytes: %d were read (%v)", size, len(body), refusal)
		}
		if got := room.read.Load(); got < int64(size) || got > int64(size)+pieceBytes {
			t.Errorf("%d bytes take room for %d", size, got)
		}
		request.Leave()
	}
	if left := room.read.Load(); left != 0 || !room.work.TryAcquire(room.maxWork) {
		t.Errorf("room for %d bytes was not given back", left)
	}
}

func zipped(text string) *bytes.Buffer {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = io.WriteString(w, text)
	_ = w.Close()
	return &b
}

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
		r, request := post(c.body, NewRoom(heavy.New()))
		if c.gzip {
			r.Header.Set("Content-Encoding", "gzip")
		}
		if _, refusal := ReadBody(httptest.NewRecorder(), r); refusal == nil || refusal.Code != c.want {
			t.Errorf("%s: %v, not %s", name, refusal, c.want)
		}
		request.Leave()
	}
}

type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }

// What is large is taken apart in turns, and what is small does not wait for them; gzip is large by what it inflates to.
func TestLargeBodiesTakeTurns(t *testing.T) {
	t.Parallel()
	turns := heavy.New()
	room := NewRoom(turns)
	end := make(chan struct{})
	for range turns.Count() {
		taken := make(chan struct{})
		go func() { _ = turns.Do(t.Context(), func() { close(taken); <-end }) }()
		<-taken
	}
	large := strings.Repeat("x", largeBody+pieceBytes)
	largeZipped, smallZipped := zipped(large).Bytes(), zipped(large[:largeBody-pieceBytes]).Bytes()
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
	apart := make(chan *Refusal, 1)
	go func() {
		defer request.Leave()
		apart <- Apart(r.Context(), len(body), func() {})
	}()
	const bombs = 12 // more than there is room to work on
	inflated := make(chan string, bombs)
	for range bombs {
		bomb, bomber := packed(largeZipped)
		go func() {
			defer bomber.Leave()
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
	if refusal := Apart(brief.Context(), len(little), func() { ran = true }); refusal != nil || !ran {
		t.Errorf("a small one waits: %v", refusal)
	}
	small.Leave()
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
	room := NewRoom(heavy.New())
	from, to := io.Pipe()
	r, request := post(from, room)
	r.ContentLength = MaxBodyBytes
	done := make(chan *Refusal)
	go func() {
		_, refusal := ReadBody(httptest.NewRecorder(), r)
		done <- refusal
	}()
	if _, err := to.Write([]byte("ten bytes.")); err != nil {
		t.Fatal(err)
	}
	_ = to.CloseWithError(errors.New("gone"))
	if refusal := <-done; refusal == nil || request.taken != pieceBytes {
		t.Errorf("%v, and room for %d bytes", refusal, request.taken)
	}
}

func TestCallsWaitForRoom(t *testing.T) {
	t.Parallel()
	room := NewRoom(heavy.New())
	if !room.work.TryAcquire(room.maxWork - pieceBytes) {
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
	done := make(chan *Refusal)
	go func() {
		_, refusal := ReadBody(httptest.NewRecorder(), r)
		done <- refusal
	}()
	select {
	case refusal := <-done:
		t.Fatalf("it did not wait: %v", refusal)
	default:
	}
	first.Leave()
	if refusal := <-done; refusal != nil {
		t.Error(refusal)
	}
	room.read.Store(maxRead)
	r, _ = post(strings.NewReader("x"), room)
	if _, refusal := ReadBody(httptest.NewRecorder(), r); refusal == nil || refusal.Code != Unavailable {
		t.Errorf("more has been read than there is room for: %v", refusal)
	}
}
