package admission

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/iotest"

	"customer-events/internal/apierr"
)

func TestReadBody_Sizes(t *testing.T) {
	t.Parallel()
	controller := newController()
	for _, size := range []int{
		0,
		1,
		chunkBytes - 1,
		chunkBytes,
		chunkBytes + 1,
		3 * chunkBytes,
		MaxBodyBytes,
	} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			text := strings.Repeat("0123456789abcdef!", size/17+1)[:size]
			var body Body
			defer body.Release()
			r := post(iotest.HalfReader(strings.NewReader(text)))
			err := controller.ReadBody(httptest.NewRecorder(), r, &body)
			if err != nil || body.Text != text {
				t.Errorf("%d bytes were read (%v)", len(body.Text), err)
			}
			if got := controller.memory.inFlight.Load(); got < int64(size) || got > int64(size)+chunkBytes {
				t.Errorf("%d bytes are reserved", got)
			}
		})
	}
	left := controller.memory.inFlight.Load()
	if left != 0 || !controller.memory.processing.TryAcquire(controller.memory.maxProcessing) {
		t.Errorf("%d bytes were not released", left)
	}
}

func TestReadBody_Errors(t *testing.T) {
	t.Parallel()
	whole := compressed(strings.Repeat("x", 100_000)).Bytes()
	cutOff := io.MultiReader(strings.NewReader("{"), iotest.ErrReader(io.ErrUnexpectedEOF))
	tooLong := strings.Repeat("x", MaxBodyBytes+1)
	for _, c := range []struct {
		name string
		body io.Reader
		gzip bool
		want apierr.Kind
	}{
		{"too long", strings.NewReader(tooLong), false, apierr.TooLarge},
		{"too long, not announced", io.LimitReader(endless{}, MaxBodyBytes+1), false, apierr.TooLarge},
		{"too long after decompression", compressed(tooLong), true, apierr.TooLarge},
		{"cut off", cutOff, false, apierr.BadRequest},
		{"gzip cut off", bytes.NewReader(whole[:len(whole)-9]), true, apierr.BadRequest},
		{"not gzip", strings.NewReader("plain"), true, apierr.BadRequest},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := post(c.body)
			var body Body
			defer body.Release()
			if c.gzip {
				r.Header.Set("Content-Encoding", "gzip")
			}
			err := newController().ReadBody(httptest.NewRecorder(), r, &body)
			if err == nil || err.Kind != c.want {
				t.Errorf("%v, not %s", err, c.want.Code())
			}
		})
	}
}

// Large bodies are decompressed and decoded in CPU slots, and small ones do not wait for a slot. A gzip
// body is as large as its decompressed size.
func TestReadBody_LargeBodiesWaitForCPU(t *testing.T) {
	t.Parallel()
	controller := newController()
	cpu := controller.cpu
	free := make(chan struct{})
	for range cpu.Size() {
		acquired := make(chan struct{})
		go func() { _ = cpu.Run(t.Context(), func() { close(acquired); <-free }) }()
		<-acquired
	}
	large := strings.Repeat("x", largeBody+chunkBytes)
	largeGzip, smallGzip := compressed(large).Bytes(), compressed(large[:largeBody-chunkBytes]).Bytes()
	postGzip := func(body []byte) *http.Request {
		r := post(bytes.NewReader(body))
		r.Header.Set("Content-Encoding", "gzip")
		return r
	}
	var body Body
	r := post(strings.NewReader(large))
	err := controller.ReadBody(httptest.NewRecorder(), r, &body)
	if err != nil || body.Text != large { // reading it without decompression needs no CPU slot
		t.Fatalf("%d bytes, %v", len(body.Text), err)
	}
	decoded := make(chan *apierr.Error, 1)
	go func() {
		defer body.Release()
		decoded <- controller.RunCPUBound(r.Context(), len(body.Text), func() {})
	}()
	const largeBodies = 12 // more than are processed at once
	decompressed := make(chan string, largeBodies)
	for range largeBodies {
		go func() {
			var body Body
			defer body.Release()
			if err := controller.ReadBody(httptest.NewRecorder(), postGzip(largeGzip), &body); err != nil {
				t.Error(err)
			}
			decompressed <- body.Text
		}()
	}
	var small Body
	if err := controller.ReadBody(httptest.NewRecorder(), postGzip(smallGzip), &small); err != nil {
		t.Errorf("a small body waits: %v", err)
	}
	ran := false
	err = controller.RunCPUBound(t.Context(), len(small.Text), func() { ran = true })
	if err != nil || !ran {
		t.Errorf("decoding a small body waits: %v", err)
	}
	small.Release()
	if len(decompressed) > 0 || len(decoded) > 0 {
		t.Error("a large body did not wait for a CPU slot")
	}
	close(free)
	if err := <-decoded; err != nil {
		t.Error(err)
	}
	for range largeBodies {
		if body := <-decompressed; body != large {
			t.Errorf("%d bytes", len(body))
		}
	}
}

func TestReadBody_AnnouncedLengthReservesNothing(t *testing.T) {
	t.Parallel()
	from, to := io.Pipe()
	r, controller := post(from), newController()
	r.ContentLength = MaxBodyBytes
	var body Body
	done := make(chan *apierr.Error)
	go func() { done <- controller.ReadBody(httptest.NewRecorder(), r, &body) }()
	if _, err := to.Write([]byte("ten bytes.")); err != nil {
		t.Fatal(err)
	}
	_ = to.CloseWithError(errors.New("the connection broke"))
	if err := <-done; err == nil || controller.memory.inFlight.Load() != chunkBytes {
		t.Errorf("%v, and %d bytes are reserved", err, controller.memory.inFlight.Load())
	}
}
