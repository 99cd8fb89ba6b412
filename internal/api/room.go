package api

import (
	"context"
	"sync/atomic"
	"time"

	"golang.org/x/sync/semaphore"

	"customer-events/internal/admission"
	"customer-events/internal/apierr"
	"customer-events/models"
)

// Controller bounds how many bytes of bodies are in the server at once, so that no number of calls can use its memory up: a thousand
// full events have 1 MB, and 5 MB while they are judged. Small calls hardly count. Large bodies are dear, or bombs: few are in work
// at once, so that they do not take the room from the others, and they are taken apart in turns. Strangers, whose header has no
// valid token, come last: they never keep callers from their room. The doors share one room.
type Controller struct {
	// bytesInFlight counts the bytes that have arrived, of whole bodies and of those still coming. Beyond the bound a call is refused.
	bytesInFlight atomic.Int64
	// processing is held by whole bodies, from then until they are answered. Calls wait a while for it, in their order.
	processing    *semaphore.Weighted
	maxProcessing int64
	// largeSlots is held by bodies of more than largeBody, from when they have arrived until they are answered. Whoever holds a turn waits
	// for nothing of this.
	largeSlots chan struct{}
	// anonymousSlots are the turns of strangers' large bodies, from when they get large until they are answered.
	anonymousSlots *admission.CPULimiter
	// uploadTimeout is how long the rest of a stranger's large body may take to come in.
	uploadTimeout time.Duration
	cpu           *admission.CPULimiter
	authenticator Authenticator
}

// Authenticator tells whose a token is; an error says that it is nobody's, or that this cannot be found out.
type Authenticator interface {
	Caller(ctx context.Context, token string) (models.Caller, error)
}

const (
	maxBytesInFlight = 128 << 20
	// maxAnonymousBytes is how much may have arrived before strangers get no room but for a piece each, which a login fits into.
	maxAnonymousBytes = maxBytesInFlight / 2
	// processingBytesPerSlot is how many bytes are worked on at once for each turn, which is for two processors.
	processingBytesPerSlot = 24 << 20
	// largeBody is twice what a thousand full events have.
	largeBody = 2 << 20
	// admissionTimeout is how long a call that has arrived waits for its turn.
	admissionTimeout = 10 * time.Second
)

// NewController makes a room, all of it free. Large bodies are taken apart in turns; strangers are those whose tokens are nobody's.
func NewController(turns *admission.CPULimiter, tokens Authenticator) *Controller {
	most := processingBytesPerSlot * int64(turns.Size())
	return &Controller{
		processing: semaphore.NewWeighted(most), maxProcessing: most, largeSlots: make(chan struct{}, turns.Size()),
		anonymousSlots: admission.NewWithCooldown(), uploadTimeout: 20 * time.Second, cpu: turns, authenticator: tokens,
	}
}

var (
	errOverloaded          = apierr.New(apierr.Unavailable, "too many calls are under way, nothing has been stored: try again later")
	errOverloadedAnonymous = apierr.New(apierr.Unavailable, "too many calls are under way, nothing has been stored: send a valid token in the header Authorization, or try again later")
)

// anonymous says whether a request is nobody's, as far as its header tells. Without a room there is no need to know.
func (r *Request) anonymous(ctx context.Context) bool {
	if r.Admission == nil {
		return false
	}
	if r.authenticated == nil {
		ctx, cancel := context.WithTimeout(ctx, admissionTimeout)
		defer cancel()
		_, err := r.Admission.authenticator.Caller(ctx, r.Token)
		known := err == nil
		r.authenticated = &known
	}
	return !*r.authenticated
}

// reserve takes room for n more bytes of a request.
func (r *Request) reserve(ctx context.Context, n int) *apierr.Error {
	if r.Admission == nil {
		return nil
	}
	r.reserved += int64(n)
	switch read := r.Admission.bytesInFlight.Add(int64(n)); {
	case read > maxBytesInFlight:
		return errOverloaded
	case read > maxAnonymousBytes && r.reserved > chunkBytes && r.anonymous(ctx):
		return errOverloadedAnonymous
	}
	return nil
}

// unreserve gives back what a request's body has taken so far, which is another's from now on.
func (r *Request) unreserve() {
	if r.Admission != nil {
		r.Admission.bytesInFlight.Add(-r.reserved)
		r.reserved = 0
	}
}

// RunCPUBound runs what takes a text of so many bytes apart; in a turn, if the text is large. It waits a while for that.
func RunCPUBound(ctx context.Context, size int, run func()) *apierr.Error {
	room := RequestOf(ctx).Admission
	if room == nil || size <= largeBody {
		run()
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, admissionTimeout)
	defer cancel()
	if room.cpu.Run(ctx, run) != nil {
		return errOverloaded
	}
	return nil
}

// acquireLarge waits until the request may be one of those with large bodies.
func (r *Request) acquireLarge(ctx context.Context) *apierr.Error {
	if r.Admission == nil || r.releaseLarge != nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, admissionTimeout)
	defer cancel()
	if r.anonymous(ctx) {
		end, err := r.Admission.anonymousSlots.Acquire(ctx)
		if err != nil {
			return errOverloadedAnonymous
		}
		r.releaseLarge = end
		return nil
	}
	select {
	case r.Admission.largeSlots <- struct{}{}:
		r.releaseLarge = func() { <-r.Admission.largeSlots }
		return nil
	case <-ctx.Done():
		return errOverloaded
	}
}

// startProcessing waits until there is room to work on a request's whole body.
func (r *Request) startProcessing(ctx context.Context) *apierr.Error {
	if r.Admission == nil {
		return nil
	}
	if r.reserved > largeBody {
		if refusal := r.acquireLarge(ctx); refusal != nil {
			return refusal
		}
	}
	ctx, cancel := context.WithTimeout(ctx, admissionTimeout)
	defer cancel()
	if r.Admission.processing.Acquire(ctx, r.reserved) != nil {
		return errOverloaded
	}
	r.processing = true
	return nil
}

// pauseProcessing gives back the room to work in. The body still counts as one that has arrived.
func (r *Request) pauseProcessing() {
	if r.processing {
		r.Admission.processing.Release(r.reserved)
		r.processing = false
	}
}

// Release gives back the room that the request has taken.
func (r *Request) Release() {
	if r.Admission == nil {
		return
	}
	r.pauseProcessing()
	if r.releaseLarge != nil {
		r.releaseLarge()
	}
	r.unreserve()
	r.releaseLarge = nil
}
