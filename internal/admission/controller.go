package admission

import (
	"context"
	"sync/atomic"
	"time"

	"golang.org/x/sync/semaphore"

	"customer-events/internal/apierr"
	"customer-events/models"
)

const (
	// maxBytesInFlight bounds the bytes of all bodies. A thousand full events have 1 MB, and take 5 MB
	// while they are processed.
	maxBytesInFlight = 128 << 20
	// maxAnonymousBytes is the number of bytes in flight from which on an unauthenticated request gets no
	// more than one chunk. A login fits into a chunk.
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

// Controller limits the request bytes held in memory. Requests over 2 MiB also need a large-request slot,
// so that few of them are processed at once, and a CPU slot for decoding. Unauthenticated requests share
// a smaller part. Both protocols share one Controller.
type Controller struct {
	// bytesInFlight counts the bytes of complete bodies and of those that are still arriving. Above
	// maxBytesInFlight a request is refused.
	bytesInFlight atomic.Int64
	// processing bounds the bytes of complete bodies until their requests are answered. Requests wait for
	// it in the order of their arrival.
	processing    *semaphore.Weighted
	maxProcessing int64
	// largeSlots are held by large bodies from their arrival until their requests are answered. The
	// holder of a CPU slot never waits for one.
	largeSlots chan struct{}
	// anonymousSlots are held by large bodies of unauthenticated requests, from when the bodies become
	// large until the requests are answered.
	anonymousSlots *CPULimiter
	uploadTimeout  time.Duration
	cpu            *CPULimiter
	authenticator  Authenticator
}

// Authenticator finds the caller of a token. It returns an error if the token is not valid, or if that
// cannot be found out.
type Authenticator interface {
	Caller(ctx context.Context, token string) (models.Caller, error)
}

// NewController returns a controller without any request. Large bodies are decoded in a slot of cpu; a
// request whose token the authenticator does not accept is unauthenticated.
func NewController(cpu *CPULimiter, authenticator Authenticator) *Controller {
	maxProcessing := processingBytesPerSlot * int64(cpu.Size())
	return &Controller{
		processing: semaphore.NewWeighted(maxProcessing), maxProcessing: maxProcessing,
		largeSlots:     make(chan struct{}, cpu.Size()),
		anonymousSlots: NewWithCooldown(), uploadTimeout: anonymousUploadTimeout,
		cpu: cpu, authenticator: authenticator,
	}
}

var (
	errOverloaded = apierr.New(apierr.Unavailable,
		"too many calls are under way, nothing has been stored: try again later")
	errOverloadedAnonymous = apierr.New(apierr.Unavailable,
		"too many calls are under way, nothing has been stored: "+
			"send a valid token in the header Authorization, or try again later")
)
