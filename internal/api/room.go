package api

import (
	"context"
	"sync/atomic"
	"time"

	"golang.org/x/sync/semaphore"

	"customer-events/internal/admission"
	"customer-events/models"
)

// Room bounds how many bytes of bodies are in the server at once, so that no number of calls can use its memory up: a thousand
// full events have 1 MB, and 5 MB while they are judged. Small calls hardly count. Large bodies are dear, or bombs: few are in work
// at once, so that they do not take the room from the others, and they are taken apart in turns. Strangers, whose header has no
// valid token, come last: they never keep callers from their room. The doors share one room.
type Room struct {
	// read counts the bytes that have arrived, of whole bodies and of those still coming. Beyond the bound a call is refused.
	read atomic.Int64
	// work is held by whole bodies, from then until they are answered. Calls wait a while for it, in their order.
	work    *semaphore.Weighted
	maxWork int64
	// large is held by bodies of more than largeBody, from when they have arrived until they are answered. Whoever holds a turn waits
	// for nothing of this.
	large chan struct{}
	// strangers are the turns of strangers' large bodies, from when they get large until they are answered.
	strangers *admission.Turns
	// arrival is how long the rest of a stranger's large body may take to come in.
	arrival time.Duration
	turns   *admission.Turns
	tokens  Tokens
}

// Tokens tells whose a token is; an error says that it is nobody's, or that this cannot be found out.
type Tokens interface {
	Caller(ctx context.Context, token string) (models.Caller, error)
}

const (
	maxRead = 128 << 20
	// maxStrange is how much may have arrived before strangers get no room but for a piece each, which a login fits into.
	maxStrange = maxRead / 2
	// workForEach is how many bytes are worked on at once for each turn, which is for two processors.
	workForEach = 24 << 20
	// largeBody is twice what a thousand full events have.
	largeBody = 2 << 20
	// workPatience is how long a call that has arrived waits for its turn.
	workPatience = 10 * time.Second
)

// NewRoom makes a room, all of it free. Large bodies are taken apart in turns; strangers are those whose tokens are nobody's.
func NewRoom(turns *admission.Turns, tokens Tokens) *Room {
	most := workForEach * int64(turns.Count())
	return &Room{
		work: semaphore.NewWeighted(most), maxWork: most, large: make(chan struct{}, turns.Count()),
		strangers: admission.ForAnybody(), arrival: 20 * time.Second, turns: turns, tokens: tokens,
	}
}

var (
	errFull    = Refuse(Unavailable, "too many calls are under way, nothing has been stored: try again later")
	errStrange = Refuse(Unavailable, "too many calls are under way, nothing has been stored: send a valid token in the header Authorization, or try again later")
)

// stranger says whether a request is nobody's, as far as its header tells. Without a room there is no need to know.
func (r *Request) stranger(ctx context.Context) bool {
	if r.Room == nil {
		return false
	}
	if r.known == nil {
		ctx, cancel := context.WithTimeout(ctx, workPatience)
		defer cancel()
		_, err := r.Room.tokens.Caller(ctx, r.Token)
		known := err == nil
		r.known = &known
	}
	return !*r.known
}

// arrived takes room for n more bytes of a request.
func (r *Request) arrived(ctx context.Context, n int) *Refusal {
	if r.Room == nil {
		return nil
	}
	r.taken += int64(n)
	switch read := r.Room.read.Add(int64(n)); {
	case read > maxRead:
		return errFull
	case read > maxStrange && r.taken > pieceBytes && r.stranger(ctx):
		return errStrange
	}
	return nil
}

// forget gives back what a request's body has taken so far, which is another's from now on.
func (r *Request) forget() {
	if r.Room != nil {
		r.Room.read.Add(-r.taken)
		r.taken = 0
	}
}

// Apart runs what takes a text of so many bytes apart; in a turn, if the text is large. It waits a while for that.
func Apart(ctx context.Context, size int, run func()) *Refusal {
	room := RequestOf(ctx).Room
	if room == nil || size <= largeBody {
		run()
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, workPatience)
	defer cancel()
	if room.turns.Do(ctx, run) != nil {
		return errFull
	}
	return nil
}

// enlarge waits until the request may be one of those with large bodies.
func (r *Request) enlarge(ctx context.Context) *Refusal {
	if r.Room == nil || r.shrink != nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, workPatience)
	defer cancel()
	if r.stranger(ctx) {
		end, err := r.Room.strangers.Take(ctx)
		if err != nil {
			return errStrange
		}
		r.shrink = end
		return nil
	}
	select {
	case r.Room.large <- struct{}{}:
		r.shrink = func() { <-r.Room.large }
		return nil
	case <-ctx.Done():
		return errFull
	}
}

// begin waits until there is room to work on a request's whole body.
func (r *Request) begin(ctx context.Context) *Refusal {
	if r.Room == nil {
		return nil
	}
	if r.taken > largeBody {
		if refusal := r.enlarge(ctx); refusal != nil {
			return refusal
		}
	}
	ctx, cancel := context.WithTimeout(ctx, workPatience)
	defer cancel()
	if r.Room.work.Acquire(ctx, r.taken) != nil {
		return errFull
	}
	r.working = true
	return nil
}

// idle gives back the room to work in. The body still counts as one that has arrived.
func (r *Request) idle() {
	if r.working {
		r.Room.work.Release(r.taken)
		r.working = false
	}
}

// Leave gives back the room that the request has taken.
func (r *Request) Leave() {
	if r.Room == nil {
		return
	}
	r.idle()
	if r.shrink != nil {
		r.shrink()
	}
	r.forget()
	r.shrink = nil
}
