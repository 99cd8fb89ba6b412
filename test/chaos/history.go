package main

import (
	"fmt"
	"sync"
	"sync/atomic"
)

// state is what the clients know about an event.
type state byte

const (
	unknown   state = iota // sent, or about to be sent, without an answer
	processed              // acknowledged with an id and a number
	rejected               // answered as not stored
)

// sentEvent is an event with the last answer about it.
type sentEvent struct {
	event      event
	state      state
	id, number string
}

// history is what the clients sent and what they received. A client adds its events before it sends them.
// The history is in memory, since the harness is the one process that is never killed.
type history struct {
	calls atomic.Int64 // answered calls
	sends atomic.Int64 // requests, including repeated ones

	mu            sync.Mutex
	events        map[string]*sentEvent
	visibleErrors map[string]int // errors of whole calls that clients received, by code
	lastErr       error          // the last error without a response
	replayDiffers int            // answers about one event with another id or number
	violations    []string       // answers that the contract forbids
}

func newHistory() *history {
	return &history{events: map[string]*sentEvent{}, visibleErrors: map[string]int{}}
}

// addSent adds events that a client is about to send. An event of several calls is added once.
func (l *history) addSent(events []event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, e := range events {
		if l.events[e.UDFString1] == nil {
			l.events[e.UDFString1] = &sentEvent{event: e}
		}
	}
}

func (l *history) addProcessed(e *event, id, number string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	known := l.events[e.UDFString1]
	switch {
	case known.state == processed && (known.id != id || known.number != number):
		l.replayDiffers++
		l.addViolationLocked("%s was acknowledged as %s %s and later as %s %s", e.UDFString1, known.number,
			known.id, number, id)
		return
	case known.state == rejected:
		l.addViolationLocked("%s was rejected and is processed later", e.UDFString1)
	}
	known.state, known.id, known.number = processed, id, number
}

func (l *history) addRejected(e *event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	known := l.events[e.UDFString1]
	if known.state == processed {
		l.addViolationLocked("%s was processed and is rejected later", e.UDFString1)
		return
	}
	known.state = rejected
}

// addError counts an error of a whole call that a client received.
func (l *history) addError(code string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.visibleErrors[code]++
}

// addNoResponse counts a request without a response.
func (l *history) addNoResponse(err error) {
	l.addError("no answer")
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lastErr = err
}

func (l *history) addViolation(format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.addViolationLocked(format, args...)
}

const maxDetails = 20

func (l *history) addViolationLocked(format string, args ...any) {
	if len(l.violations) < maxDetails {
		l.violations = append(l.violations, fmt.Sprintf(format, args...))
	}
}

// errorCount returns the number of errors of whole calls that clients received.
func (l *history) errorCount() (n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, times := range l.visibleErrors {
		n += times
	}
	return n
}

// countOf returns how often clients received one error of a whole call.
func (l *history) countOf(code string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.visibleErrors[code]
}
