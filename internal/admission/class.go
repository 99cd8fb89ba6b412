package admission

import (
	"context"
	"time"

	"customer-events/internal/apierr"
)

// Class admits the requests of one kind of client: authenticated or anonymous ones. All classes share the
// memory; each has slots of its own for large bodies.
type Class struct {
	memory *memory
	// maxBytes is the number of bytes in flight, of all classes, from which on a request of this class gets
	// no more than its first chunk. A login fits into a chunk.
	maxBytes int64
	// largeSlots are held by large bodies until their requests are answered.
	largeSlots *CPULimiter
	// slotBeforeUpload says that a large body waits for its slot before it is read, not only before it is
	// processed. Its client then has uploadTimeout to send the rest.
	slotBeforeUpload bool
	uploadTimeout    time.Duration
	// overloaded is the error of a request that is not admitted.
	overloaded *apierr.Error
}

// Acquire waits until a complete body of n bytes may be processed, and returns the function that releases
// them. Requests wait in the order of their arrival.
func (c *Class) Acquire(ctx context.Context, n int64) (release func(), err *apierr.Error) {
	ctx, cancel := context.WithTimeout(ctx, admissionTimeout)
	defer cancel()
	if c.memory.processing.Acquire(ctx, n) != nil {
		return nil, errOverloaded
	}
	return func() { c.memory.processing.Release(n) }, nil
}

// AcquireSlot waits for a slot for a large body, and returns the function that releases it.
func (c *Class) AcquireSlot(ctx context.Context) (release func(), err *apierr.Error) {
	ctx, cancel := context.WithTimeout(ctx, admissionTimeout)
	defer cancel()
	release, ended := c.largeSlots.Acquire(ctx)
	if ended != nil {
		return nil, c.overloaded
	}
	return release, nil
}
