package customerevents

import (
	"errors"
	"fmt"
)

// WebCustomerEvent is the input of one event. Exactly one of AccountsReceivableIdentifier and
// RewardsParticipantIdentifier is set. schema.graphqls describes the fields.
type WebCustomerEvent struct {
	RequestUniqueIdentifier string `json:"requestUniqueIdentifier"`

	AccountsReceivableIdentifier *AccountsReceivableIdentifier `json:"accountsReceivableIdentifier,omitempty"`

	RewardsParticipantIdentifier *RewardsParticipantIdentifier `json:"rewardsParticipantIdentifier,omitempty"`

	ClassificationIdentifier *ClassificationIdentifier `json:"classificationIdentifier,omitempty"`

	PerformedByUnitIdentifier UnitIdentifier `json:"performedByUnitIdentifier"`

	// PerformedOn is written as in RFC 3339. Without a zone, it is a time in the server's time zone.
	PerformedOn string `json:"performedOn"`
	Website     string `json:"website"`
	Description string `json:"description,omitempty"`

	// ExternalSystem and ExternalSystemReferenceNumber together identify the event without a time limit: the
	// server stores it once, whatever the idempotency key.
	ExternalSystem                string `json:"externalSystem,omitempty"`
	ExternalSystemReferenceNumber string `json:"externalSystemReferenceNumber,omitempty"`

	UDFString1 string   `json:"udfString1,omitempty"` // udfString2 to udfString8 are alike
	UDFFloat1  *float64 `json:"udfFloat1,omitempty"`  // udfFloat2 to udfFloat4 are alike
	UDFDate1   string   `json:"udfDate1,omitempty"`   // udfDate2 to udfDate4 are alike
}

// The identifiers are unions: exactly one field is set.
type (
	// AccountsReceivableIdentifier identifies an account.
	AccountsReceivableIdentifier struct {
		ID     string `json:"id,omitempty"`
		Number string `json:"number,omitempty"`
		Name   string `json:"name,omitempty"`
	}
	// RewardsParticipantIdentifier identifies a rewards participant.
	RewardsParticipantIdentifier struct {
		ID                    string                 `json:"id,omitempty"`
		Number                string                 `json:"number,omitempty"`
		AccessTokenIdentifier *AccessTokenIdentifier `json:"accessTokenIdentifier,omitempty"`
	}
	// AccessTokenIdentifier identifies an access token. Do not log it.
	AccessTokenIdentifier struct {
		AuthenticationCode string                  `json:"authenticationCode,omitempty"`
		Credentials        *AccessTokenCredentials `json:"credentials,omitempty"`
		OneTimePassword    string                  `json:"oneTimePassword,omitempty"`
	}
	// AccessTokenCredentials are the identifier and the pass code of an access token.
	AccessTokenCredentials struct {
		Identifier string `json:"identifier"`
		PassCode   string `json:"passCode"`
	}
	// ClassificationIdentifier identifies a classification of WEB events.
	ClassificationIdentifier struct {
		ID              string `json:"id,omitempty"`
		Name            string `json:"name,omitempty"`
		AlternativeCode string `json:"alternativeCode,omitempty"`
	}
	// UnitIdentifier identifies a unit.
	UnitIdentifier struct {
		ID              string `json:"id,omitempty"`
		Name            string `json:"name,omitempty"`
		AlternativeCode string `json:"alternativeCode,omitempty"`
	}
)

// Outcome is the result of one call. Each of its events is in exactly one of the lists.
type Outcome struct {
	First, Count int           `json:"-"` // the position of the call's events in the batch, and their number
	Processed    []Processed   `json:"processedCustomerEventsSet"`
	Unprocessed  []Unprocessed `json:"unprocessedCustomerEventsSet"`
	Summary      struct{ Received, Processed, Replayed, Unprocessed int }
}

// Processed is an event that is stored.
type Processed struct {
	Index                               int // the position in the batch
	RequestUniqueIdentifier, ID, Number string
	Replayed                            bool // stored by an earlier attempt
}

// Unprocessed is an event that is not stored.
type Unprocessed struct {
	Index                   int     // the position in the batch
	RequestUniqueIdentifier *string // nil if the event has none
	// Retryable means that the same event can be accepted later. Send it in another batch with another key,
	// at least 15 minutes later. The other events must be corrected first.
	Retryable bool
	Problems  []Problem
}

// Problem is one thing that is wrong with an event.
type Problem struct {
	Path                        []string
	ErrorCode, ErrorDescription string
}

// complete checks that the outcome has every event of the call once. It makes the indexes those of the
// batch.
func (o *Outcome) complete(first, count int) error {
	if o == nil {
		return errors.New("the response has no result and no error")
	}
	seen := make([]bool, count)
	enter := func(index *int) error {
		if *index < 0 || *index >= count || seen[*index] {
			return fmt.Errorf("the response has event %d twice, or the call does not have it", *index)
		}
		seen[*index] = true
		*index += first
		return nil
	}
	for i := range o.Processed {
		if err := enter(&o.Processed[i].Index); err != nil {
			return err
		}
	}
	for i := range o.Unprocessed {
		if err := enter(&o.Unprocessed[i].Index); err != nil {
			return err
		}
	}
	if got := len(o.Processed) + len(o.Unprocessed); got != count {
		return fmt.Errorf("the response has %d of %d events", got, count)
	}
	o.First, o.Count = first, count
	return nil
}
