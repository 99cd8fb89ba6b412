package door

import (
	"context"
	"sync/atomic"
	"time"

	"golang.org/x/sync/semaphore"
)

// Room bounds how many bytes of bodies are in the server at once, so that no number of calls can use its memory up: a thousand
// full events have 1 MB, and 5 MB while they are judged. Small calls hardly count. The doors share one.
type Room struct {
	// read counts the bytes that have arrived, of whole bodies and of those still coming. Beyond the bound a call is refused.
	read atomic.Int64
	// work is held by whole bodies, from then until they are answered. Calls wait a while for it, in their order.
	work *semaphore.Weighted
}

const (
	maxRead = 128 << 20
	maxWork = 48 << 20
	// workPatience is how long a call that has arrived waits for its turn.
	workPatience = 10 * time.Second
)

// NewRoom makes a room, all of it free.
func NewRoom() *Room { return &Room{work: semaphore.NewWeighted(maxWork)} }

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

// begin waits until there is room to work on a request's whole body.
func (r *Request) begin(ctx context.Context) *Refusal {
	if r.Room == nil {
		return nil
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
	r.Room.read.Add(-r.taken)
	r.taken, r.working = 0, false
}
