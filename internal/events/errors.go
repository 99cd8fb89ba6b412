package events

import (
	"errors"
	"fmt"
)

// The errors that reject a call as a whole.
var (
	ErrKeyReused = errors.New("the idempotency key has been used with other events: " +
		"use a new key, or send the same events")
	// ErrUnavailable guarantees that nothing was stored.
	ErrUnavailable = errors.New("the database is unavailable and nothing was stored: try again later")
	// ErrOutcomeUnknown leaves open whether the events were stored.
	ErrOutcomeUnknown = errors.New("the database did not confirm whether the events were stored: " +
		"send them again with the same idempotency key or external references")
)

// ErrTooManyEvents rejects a call of more than MaxEventsPerCall events. Sent is the number of its events.
type ErrTooManyEvents struct{ Sent int }

func (e ErrTooManyEvents) Error() string {
	return fmt.Sprintf("a call may carry at most %d events and this one carries %d: "+
		"send them in several calls", MaxEventsPerCall, e.Sent)
}
