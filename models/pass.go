package models

import "time"

// PassMember is a call's part in a pass, which calls that wait at the same time share: one query looks up what
// all of them need, and one INSERT writes the events of all of them.
type PassMember struct {
	// TokenHash is the hash of the caller's session token, and At the time of the call.
	TokenHash []byte
	At        time.Time
	// Events is the number of the call's events.
	Events int
	// References are the references of the call's events, none of them to an access token.
	References []Reference
	// ExternalReferences are the external references of its events.
	ExternalReferences []ExternalReference
	// Judge decides about the events by what was found, and returns what to write; without events, nothing
	// is written. It must neither wait nor ask the store, because other calls wait for it, and it must not
	// panic. It runs once at most, possibly on the goroutine of another call.
	Judge func(Findings) WriteSet
}

// Findings is what a pass has found for one of its members.
type Findings struct {
	// Caller is the user of the session token; nil if there is no such session, or no longer.
	Caller *Caller
	// Matches are what the references match, in their order.
	Matches []Match
	// Recorded reports, for each external reference in their order, whether an event has it.
	Recorded []bool
}
