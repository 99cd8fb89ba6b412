package admission

import (
	"context"

	"customer-events/internal/apierr"
)

// Ticket is what one request holds of a Controller. A nil Ticket has no bounds. The request's own
// goroutine uses it, except for RunCPUBound, which any goroutine may call.
type Ticket struct {
	controller *Controller
	// token is the token of the request's header.
	token string
	// reserved is the number of bytes in flight that are the request's.
	reserved int64
	// processing says that the reserved bytes also count as being processed.
	processing bool
	// releaseLarge releases the slot of a large body; nil if the request has none.
	releaseLarge func()
	// authenticated says whether the token is valid; nil until that is needed.
	authenticated *bool
}

// NewTicket returns the ticket of a request with the given token in its header. Release must be called.
func (c *Controller) NewTicket(token string) *Ticket { return &Ticket{controller: c, token: token} }

// anonymous reports whether the token of the request's header is not valid. It looks the token up once.
func (t *Ticket) anonymous(ctx context.Context) bool {
	if t == nil {
		return false
	}
	if t.authenticated == nil {
		ctx, cancel := context.WithTimeout(ctx, admissionTimeout)
		defer cancel()
		_, err := t.controller.authenticator.Caller(ctx, t.token)
		valid := err == nil
		t.authenticated = &valid
	}
	return !*t.authenticated
}

// reserve reserves n more bytes in flight.
func (t *Ticket) reserve(ctx context.Context, n int) *apierr.Error {
	if t == nil {
		return nil
	}
	t.reserved += int64(n)
	switch inFlight := t.controller.bytesInFlight.Add(int64(n)); {
	case inFlight > maxBytesInFlight:
		return errOverloaded
	case inFlight > maxAnonymousBytes && t.reserved > chunkBytes && t.anonymous(ctx):
		return errOverloadedAnonymous
	}
	return nil
}

// unreserve releases the bytes in flight: the body that they were reserved for is no longer needed.
func (t *Ticket) unreserve() {
	if t != nil {
		t.controller.bytesInFlight.Add(-t.reserved)
		t.reserved = 0
	}
}

// RunCPUBound runs a function whose input has size bytes. If the input is large, it first waits for a CPU
// slot.
func (t *Ticket) RunCPUBound(ctx context.Context, size int, run func()) *apierr.Error {
	if t == nil || size <= largeBody {
		run()
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, admissionTimeout)
	defer cancel()
	if t.controller.cpu.Run(ctx, run) != nil {
		return errOverloaded
	}
	return nil
}

// acquireLarge waits for the slot of a large body, unless the request has one.
func (t *Ticket) acquireLarge(ctx context.Context) *apierr.Error {
	if t == nil || t.releaseLarge != nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, admissionTimeout)
	defer cancel()
	if t.anonymous(ctx) {
		release, err := t.controller.anonymousSlots.Acquire(ctx)
		if err != nil {
			return errOverloadedAnonymous
		}
		t.releaseLarge = release
		return nil
	}
	select {
	case t.controller.largeSlots <- struct{}{}:
		t.releaseLarge = func() { <-t.controller.largeSlots }
		return nil
	case <-ctx.Done():
		return errOverloaded
	}
}

// startProcessing waits until the request's complete body may be processed.
func (t *Ticket) startProcessing(ctx context.Context) *apierr.Error {
	if t == nil {
		return nil
	}
	if t.reserved > largeBody {
		if err := t.acquireLarge(ctx); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithTimeout(ctx, admissionTimeout)
	defer cancel()
	if t.controller.processing.Acquire(ctx, t.reserved) != nil {
		return errOverloaded
	}
	t.processing = true
	return nil
}

// PauseProcessing lets other requests be processed while this one waits, as a login does for its CPU
// slot. The bytes of its body stay in flight.
func (t *Ticket) PauseProcessing() {
	if t != nil && t.processing {
		t.controller.processing.Release(t.reserved)
		t.processing = false
	}
}

// Release releases everything that the request holds. It may be called several times.
func (t *Ticket) Release() {
	if t == nil {
		return
	}
	t.PauseProcessing()
	if t.releaseLarge != nil {
		t.releaseLarge()
	}
	t.unreserve()
	t.releaseLarge = nil
}
