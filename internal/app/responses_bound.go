package app

import (
	"runtime"
	"sync"
	"time"
)

const (
	// responseBytesPerCPU bounds the bytes of responses that are built and not yet written. A quarter of it
	// is for callers without a valid token.
	responseBytesPerCPU = 32 << 20
	// stalledAfter is the time without progress after which a response is the first to be aborted.
	stalledAfter = time.Second
)

// unsentResponses bounds the responses that are built and not yet written. A new response never waits for
// the bound: others are aborted instead, see victim.
type unsentResponses struct {
	stall time.Duration

	mu     sync.Mutex
	limits map[bool]int64 // by pacedWriter.anonymous
	bytes  map[bool]int64
	open   map[*pacedWriter]struct{}
}

func newUnsentResponses() *unsentResponses {
	total := int64(max(2, runtime.GOMAXPROCS(0))) * responseBytesPerCPU
	return &unsentResponses{
		stall:  WriteStall,
		limits: map[bool]int64{false: total * 3 / 4, true: total / 4},
		bytes:  make(map[bool]int64),
		open:   make(map[*pacedWriter]struct{}),
	}
}

// add counts bytes of a response that is about to be written, and aborts others while there are too many.
func (u *unsentResponses) add(w *pacedWriter, n int64) {
	u.mu.Lock()
	if w.bytes == 0 {
		w.client = w.request.User
		w.anonymous = w.client == ""
		if w.anonymous {
			w.client = w.request.Address
		}
		u.open[w] = struct{}{}
	}
	w.bytes += n
	u.bytes[w.anonymous] += n
	var victims []*pacedWriter
	for u.bytes[w.anonymous] > u.limits[w.anonymous] {
		victim := u.victim(w)
		if victim == nil {
			break // there is no other response
		}
		u.forget(victim, victim.bytes)
		victims = append(victims, victim)
	}
	u.mu.Unlock()
	for _, victim := range victims {
		victim.abort()
	}
}

func (u *unsentResponses) remove(w *pacedWriter, n int64) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if _, open := u.open[w]; open { // else it has been aborted
		u.forget(w, n)
	}
}

// forget subtracts bytes of a response from the count. The caller must hold mu.
func (u *unsentResponses) forget(w *pacedWriter, n int64) {
	u.bytes[w.anonymous] -= n
	if w.bytes -= n; w.bytes == 0 {
		delete(u.open, w)
	}
}

// victim returns the response to abort in favour of another of the same class (with or without a valid
// token). That is the response that has gone longest without progress, if that exceeds stalledAfter, or else
// the least recent one of the client that holds the most bytes. The caller must hold mu.
func (u *unsentResponses) victim(newcomer *pacedWriter) *pacedWriter {
	held := make(map[string]int64)
	for w := range u.open {
		if w.anonymous == newcomer.anonymous {
			held[w.client] += w.bytes
		}
	}
	var stalled, heaviest *pacedWriter
	for w := range u.open {
		if w.anonymous != newcomer.anonymous || w == newcomer {
			continue
		}
		if stalled == nil || w.progress.Before(stalled.progress) {
			stalled = w
		}
		if heaviest == nil || held[w.client] > held[heaviest.client] ||
			held[w.client] == held[heaviest.client] && w.progress.Before(heaviest.progress) {
			heaviest = w
		}
	}
	if stalled != nil && time.Since(stalled.progress) > stalledAfter {
		return stalled
	}
	return heaviest
}
