package door

import (
	"context"
	"sync/atomic"
	"time"

	"golang.org/x/sync/semaphore"

	"customer-events/heavy"
)

// Room bounds how many bytes of bodies are in the server at once, so that no number of calls can use its memory up: a thousand
// full events have 1 MB, and 5 MB while they are judged. Small calls hardly count. Large bodies are dear, or bombs: few are in work
// at once, so that they do not take the room from the others, and they are taken apart in turns. The doors share one room.
type Room struct {
	// read counts the bytes that have arrived, of whole bodies and of those still coming. Beyond the bound a call is refused.
	read atomic.Int64
	// work is held by whole bodies, from then until they are answered. Calls wait a while for it, in their order.
	work    *semaphore.Weighted
	maxWork int64
	// large is held by bodies of more than largeBody, from when they have arrived until they are answered. Whoever holds a turn waits
	// for nothing of this.
	large chan struct{}
	turns *heavy.Turns
}

const (
	maxRead = 128 << 20
	// workForEach is how many bytes are worked on at once for each turn, which is for two processors.
	workForEach = 24 << 20
	// largeBody is twice what a thousand full events have.
	largeBody = 2 << 20
	// workPatience is how long a call that has arrived waits for its turn.
	workPatience = 10 * time.Second
)

// NewRoom makes a room, all of it free. Large bodies are taken apart in turns.
func NewRoom(turns *heavy.Turns) *Room {
	most := workForEach * int64(turns.Count())
	return &Room{work: semaphore.NewWeighted(most), maxWork: most, large: make(chan struct{}, turns.Count()), turns: turns}
}

var errFull = Refuse(Unavailable, "too many calls are under way, nothing has been stored: try again later")

// arrived takes room for n more bytes of a request.
func (r *Request) arrived(n int) *Refusal {
	if r.Room == nil {
		return nil
	}
	r.taken += int64(n)
	if r.Room.read.Add(int64(n)) > maxRead {
		return errFull
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
	if r.Room == nil || r.large {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, workPatience)
	defer cancel()
	select {
	case r.Room.large <- struct{}{}:
		r.large = true
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

// Leave gives back the room that the request has taken.
func (r *Request) Leave() {
	if r.Room == nil {
		return
	}
	if r.working {
		r.Room.work.Release(r.taken)
	}
	if r.large {
		<-r.Room.large
	}
	r.forget()
	r.working, r.large = false, false
}
