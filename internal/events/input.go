package events

import "customer-events/models"

// MaxEventsPerCall is the most events that one call may carry. Source: the CRM's Web API.
const MaxEventsPerCall = 1000

// WebCustomerEventInput is one event as it was read from the caller: what could be read of it, and everything that was
// wrong with the reading.
type WebCustomerEventInput struct {
	// RequestUniqueIdentifier is the caller's echo key; nil if none could be read.
	RequestUniqueIdentifier *string
	// Row holds the event's details; its references are filled in by resolve.
	Row            models.WebCustomerEvent
	Customer       Reference
	Classification Reference
	Unit           Reference
	Problems       []models.Problem
}

// Reference is one reference of an event to a record of the CRM.
type Reference struct {
	// Given is false if the caller left the reference out, or gave one that could not be read.
	Given  bool
	Target models.Reference
	// Previous is To by the hashes of older keys, in the order of models.Secrets.Older, if it is a secret.
	Previous []models.Reference
	// PassCode goes with an access token's identifier. It is a secret.
	PassCode string
	// Path leads to the identifier that was given.
	Path []string
}

// ReceivedEvents is the events of one call. Sent is how many there were; only the first MaxEventsPerCall are read, since more are
// refused anyway.
type ReceivedEvents struct {
	Events   []WebCustomerEventInput
	Received int
}
