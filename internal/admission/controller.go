package admission

import (
	"context"
	"sync/atomic"
	"time"

	"golang.org/x/sync/semaphore"

	"customer-events/internal/apierr"
)

const (
	// maxBytesInFlight bounds the bytes of all bodies. A thousand full events have 1 MB, and take 5 MB
	// while they are processed.
	maxBytesInFlight = 128 << 20
	// maxAnonymousBytes is the number of bytes in flight from which on an unauthenticated request gets no
	// more than one chunk.
	maxAnonymousBytes = maxBytesInFlight / 2
	// processingBytesPerSlot bounds the bytes of the bodies that are processed at once, for each CPU
	// slot. There is one CPU slot for two processors.
	processingBytesPerSlot = 24 << 20
	// largeBody is the size from which on a body needs a large-request slot. It is twice the size of a
	// thousand full events.
	largeBody = 2 << 20
	// admissionTimeout is how long a request waits for a slot.
	admissionTimeout = 10 * time.Second
	// anonymousUploadTimeout is how long an unauthenticated client may take to send the rest of a large
	// body.
	anonymousUploadTimeout = 20 * time.Second
)

// Controller limits the request bytes held in memory. Requests over 2 MiB also need a slot of their class,
// so that few of them are processed at once, and a CPU slot for decoding. Both protocols share one
// Controller.
type Controller struct {
	memory                   *memory
	authenticated, anonymous *Class
	cpu                      *CPULimiter
	hasValidToken            func(ctx context.Context) bool
}

// memory counts the bytes of all bodies.
type memory struct {
	// inFlight counts the bytes of complete bodies and of those that are still arriving. Above
	// maxBytesInFlight a request is refused.
	inFlight atomic.Int64
	// processing bounds the bytes of complete bodies until their requests are answered.
	processing    *semaphore.Weighted
	maxProcessing int64
}

// NewController returns a controller without any request. A request for whose context hasValidToken returns
// false is anonymous. It is called once for each request whose class matters: because its body is large, or
// because many bytes are in flight.
func NewController(hasValidToken func(ctx context.Context) bool) *Controller {
	cpu := NewCPULimiter()
	maxProcessing := processingBytesPerSlot * int64(cpu.Size())
	m := &memory{processing: semaphore.NewWeighted(maxProcessing), maxProcessing: maxProcessing}
	return &Controller{
		memory: m, cpu: cpu, hasValidToken: hasValidToken,
		authenticated: &Class{
			memory: m, maxBytes: maxBytesInFlight, largeSlots: NewCPULimiter(), overloaded: errOverloaded,
		},
		anonymous: &Class{
			memory: m, maxBytes: maxAnonymousBytes, largeSlots: NewWithCooldown(),
			slotBeforeUpload: true, uploadTimeout: anonymousUploadTimeout,
			overloaded: errOverloadedAnonymous,
		},
	}
}

// RunCPUBound runs a function whose input has size bytes. If the input is large, it first waits for a CPU
// slot. The holder of a CPU slot must not wait for anything else.
func (c *Controller) RunCPUBound(ctx context.Context, size int, run func()) *apierr.Error {
	if size <= largeBody {
		run()
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, admissionTimeout)
	defer cancel()
	if c.cpu.Run(ctx, run) != nil {
		return errOverloaded
	}
	return nil
}

var (
	errOverloaded = apierr.New(apierr.Unavailable,
		"too many calls are under way, nothing has been stored: try again later")
	errOverloadedAnonymous = apierr.New(apierr.Unavailable,
		"too many calls are under way, nothing has been stored: "+
			"send a valid token in the header Authorization, or try again later")
)
