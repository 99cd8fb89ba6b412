package store

import (
	"context"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"customer-events/models"
)

// passQueue lets small calls share passes. A commit costs one sync of the disk, and a look-up one round
// trip, whatever they contain. A call that finds a free slot runs at once and alone. Calls that must wait
// for a slot run together in the next pass. test/bench/README.md has the figures.
type passQueue struct {
	mu      sync.Mutex
	free    int // slots
	waiting []*member
	// slow is the time after which a pass gives its slot to the next one although it is not done, for
	// example because it waits for a lock that another transaction holds; 0 is never. early counts the
	// passes that have done so and are not done yet.
	slow  time.Duration
	early int
}

// member is a call in the queue: one that is judged in the pass, or a set that is ready to be written.
type member struct {
	call *models.PassMember // nil for a set that is ready
	set  models.WriteSet
	// state decides between the call, which may leave, and the pass, which judges it.
	state atomic.Int32
	// result receives the pass to run if the member is its first one, or else the result of the pass.
	result chan passResult
}

// The states of a member.
const (
	memberWaiting = iota
	memberJudged
	memberLeft
)

type passResult struct {
	group []*member
	err   error
}

const (
	// maxPassEvents limits the events of a pass. maxSmallSet limits those of a member where several passes
	// run at once: a larger set is worth a transaction of its own. Where there is one slot, a set is written
	// alone if its references were not looked up (see next).
	maxPassEvents = 1000
	maxSmallSet   = 100
	// slowPass is longer than a usual pass, and short for those that wait while another pass waits for a lock.
	slowPass = 10 * time.Millisecond
	// maxEarly limits the passes that have given their slot away.
	maxEarly = 8
)

// newPassQueue returns an empty queue. A database with one writer runs one pass at a time. Others run one for
// two processors, because one INSERT is work for one processor of the database, and with more fewer calls
// share a pass. There a pass that has run for slowPass does not keep the next one waiting.
func newPassQueue(oneWriter bool) passQueue {
	if oneWriter {
		return passQueue{free: 1}
	}
	return passQueue{free: max(1, runtime.NumCPU()/2), slow: slowPass}
}

// newMember returns a member that is in no queue yet.
func newMember(call *models.PassMember, set models.WriteSet) *member {
	return &member{call: call, set: set, result: make(chan passResult, 1)}
}

// events returns how many events the member has at most.
func (m *member) events() int {
	if m.call != nil {
		return m.call.Events
	}
	return len(m.set.Events)
}

// acquire waits for a slot, unless one is free. It returns the pass that the caller must run, or, if the
// member was in a pass that another caller has run, nil and the result.
func (q *passQueue) acquire(ctx context.Context, own *member) (group []*member, err error) {
	q.mu.Lock()
	if q.free > 0 {
		q.free--
		q.mu.Unlock()
		return []*member{own}, nil
	}
	q.waiting = append(q.waiting, own)
	q.mu.Unlock()
	select {
	case result := <-own.result:
		return result.group, result.err
	case <-ctx.Done():
	}
	q.mu.Lock()
	at := slices.Index(q.waiting, own)
	if at >= 0 {
		q.waiting = slices.Delete(q.waiting, at, at+1)
	}
	q.mu.Unlock()
	if at >= 0 {
		return nil, ctx.Err()
	}
	// The member is in a pass already. It may leave until it is judged, unless it must run the pass.
	select {
	case result := <-own.result:
		return result.group, result.err
	default:
	}
	if own.call != nil && own.state.CompareAndSwap(memberWaiting, memberLeft) {
		return nil, ctx.Err()
	}
	result := <-own.result
	return result.group, result.err
}

// begin is called when a pass starts. It returns a function to call when the pass is done.
func (q *passQueue) begin() (done func()) {
	if q.slow == 0 {
		return q.handOver
	}
	given := false // whether the slot was given to another pass, guarded by q.mu
	timer := time.AfterFunc(q.slow, func() {
		q.mu.Lock()
		defer q.mu.Unlock()
		if !given && q.early < maxEarly {
			given = true
			q.early++
			q.next()
		}
	})
	return func() {
		timer.Stop()
		q.mu.Lock()
		defer q.mu.Unlock()
		if given {
			q.early--
			return
		}
		given = true
		q.next()
	}
}

// handOver gives the slot of a pass that is done to the next pass.
func (q *passQueue) handOver() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.next()
}

// next gives a slot to waiting members of the kind of the first one, as many as one pass may have. The first
// of them runs the pass. Calls do not share a pass with sets that are ready: these may wait for the lock of
// an idempotency key. A set whose references were not looked up goes alone: it is likely to be a replay,
// whose conflict would roll back the writes of all others.
func (q *passQueue) next() {
	if len(q.waiting) == 0 {
		q.free++
		return
	}
	first := q.waiting[0]
	group, events := []*member{first}, first.events()
	rest := q.waiting[:0]
	for _, m := range q.waiting[1:] {
		if (m.call == nil) == (first.call == nil) && !m.set.Unchecked && !first.set.Unchecked &&
			events+m.events() <= maxPassEvents {
			group, events = append(group, m), events+m.events()
		} else {
			rest = append(rest, m)
		}
	}
	clear(q.waiting[len(rest):])
	q.waiting = rest
	first.result <- passResult{group: group}
}
