package events

import "customer-events/models"

// MaxEventsPerCall is the largest number of events in one call. Source: the CRM's Web API.
const MaxEventsPerCall = 1000

// WebCustomerEventInput is one decoded event: everything that could be read, and the problems with the rest.
// Only decoding writes to it; processing a call leaves it unchanged.
type WebCustomerEventInput struct {
	// RequestUniqueIdentifier is the caller's echo key; nil if none could be read.
	RequestUniqueIdentifier *string
	Details                 models.EventDetails
	// PerformedOn is the text of Details.PerformedOn, for a problem that repeats it as the caller sent it.
	PerformedOn    string
	Customer       Reference
	Classification Reference
	Unit           Reference
	Problems       []models.Problem
}

// Reference is one reference of an event to a record of the CRM.
type Reference struct {
	// Given is false if the caller omitted the reference, or sent one that could not be read.
	Given  bool
	Target models.Reference
	// Previous is Target hashed with each older key, in the order of KeyedHasher.Previous. It is empty
	// unless Target is a secret.
	Previous []models.Reference
	// PassCode belongs to an access token's identifier. It is a secret.
	PassCode string
	// Path leads to the identifier that the caller sent.
	Path []string
}

// ReceivedEvents are the decoded events of one call. Received is the number that the caller sent. Only the
// first MaxEventsPerCall are decoded, because a larger call is rejected anyway.
type ReceivedEvents struct {
	Events   []WebCustomerEventInput
	Received int
}

// The identifiers of an event. They index WebCustomerEventInput.references and item.sameRecord, and order
// the hashes in models.WebCustomerEvent.IdentifiersHash.
const (
	customerIdentifier = iota
	classificationIdentifier
	unitIdentifier
)

func (in *WebCustomerEventInput) references() [3]*Reference {
	return [3]*Reference{&in.Customer, &in.Classification, &in.Unit}
}
