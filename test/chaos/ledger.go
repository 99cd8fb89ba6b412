package main

import (
	"fmt"
	"sync"
	"sync/atomic"
)

// state is what the clients know of an event.
type state byte

const (
	unknown   state = iota // sent, or about to be; nobody has said what became of it
	processed              // acknowledged with id and number
	refused                // told that it is not stored
)

// entry is an event and all that was said of it.
type entry struct {
	event      event
	state      state
	id, number string
}

// ledger is what the clients have sent and what they were told. It is written before each send. It lives in memory, since the rig
// is the one process that is never killed.
type ledger struct {
	calls atomic.Int64 // calls that came to an end
	sends atomic.Int64 // requests, with those sent again

	mu      sync.Mutex
	entries map[string]*entry
	visible map[string]int // errors of whole calls that clients saw, by code
	lastErr error          // why a client got no answer, when it last happened
	differs int            // answers to the same event that name another id or number
	wrong   []string       // what must never be answered
}

func newLedger() *ledger {
	return &ledger{entries: map[string]*entry{}, visible: map[string]int{}}
}

// write notes events that are about to be sent. Events that several calls share are noted once.
func (l *ledger) write(events []event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, e := range events {
		if l.entries[e.UDFString1] == nil {
			l.entries[e.UDFString1] = &entry{event: e}
		}
	}
}

func (l *ledger) acknowledge(e *event, id, number string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	known := l.entries[e.UDFString1]
	switch {
	case known.state == processed && (known.id != id || known.number != number):
		l.differs++
		l.complainLocked("%s was answered as %s %s and later as %s %s", e.UDFString1, known.number, known.id, number, id)
		return
	case known.state == refused:
		l.complainLocked("%s was refused and is processed after all", e.UDFString1)
	}
	known.state, known.id, known.number = processed, id, number
}

func (l *ledger) refuse(e *event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	known := l.entries[e.UDFString1]
	if known.state == processed {
		l.complainLocked("%s was processed and is refused later", e.UDFString1)
		return
	}
	known.state = refused
}

// saw notes that a client was shown an error of a whole call.
func (l *ledger) saw(code string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.visible[code]++
}

// unanswered notes that a client got no answer.
func (l *ledger) unanswered(err error) {
	l.saw("no answer")
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lastErr = err
}

func (l *ledger) complain(format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.complainLocked(format, args...)
}

const mostComplaints = 20

func (l *ledger) complainLocked(format string, args ...any) {
	if len(l.wrong) < mostComplaints {
		l.wrong = append(l.wrong, fmt.Sprintf(format, args...))
	}
}

// errors is how many errors of whole calls clients were shown.
func (l *ledger) errors() (n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, times := range l.visible {
		n += times
	}
	return n
}

// times is how often clients were shown an error of a whole call.
func (l *ledger) times(code string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.visible[code]
}
