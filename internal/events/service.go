package events

import (
	"context"
	"log/slog"
	"time"

	"customer-events/models"
)

// ReferenceResolver finds the records of the CRM that events refer to.
type ReferenceResolver interface {
	// Find must return one match for each reference, in their order. No two references are equal, and none
	// is to an access token. Values match byte for byte. No match and several matches are results, not
	// errors.
	Find(ctx context.Context, refs []models.Reference) ([]models.Match, error)
	// Among must report, for each candidate in their order, whether its record is among those that its
	// reference matches, however many they are. No candidate is an access token.
	Among(ctx context.Context, candidates []models.Candidate) ([]bool, error)
	// AccessTokens must return, for each reference in their order, all matching access tokens with their
	// participants, in any state. A reference by models.ByIdentifier matches whatever the pass code is.
	AccessTokens(ctx context.Context, refs []models.Reference) ([][]models.AccessToken, error)
}

// EventStore stores customer events and the records of idempotency keys, and counts failed attempts. Its
// errors wrap one of those in models where one applies.
type EventStore interface {
	Lockout
	// IdempotencyRecord must return the record of a user's key hash, and nil if there is none.
	IdempotencyRecord(ctx context.Context, call models.IdempotencyKey) (*models.IdempotencyRecord, error)
	// ByExternalReference must return the recorded events that have the external references, by reference.
	// Values match byte for byte.
	ByExternalReference(
		ctx context.Context, refs []models.ExternalReference,
	) (map[models.ExternalReference]models.WebCustomerEvent, error)
	// Record must write the whole set and set the numbers of its events, which ascend in their order, or
	// write nothing and return an error. If it returns nil, the set is on disk.
	//
	// It must return ErrConflict if something in the set was recorded by another call: an external
	// reference, a request of an idempotency key, or the use of a one-time password. It must also return
	// ErrConflict if RecordKey is set and the record no longer exists; if it exists, Record updates its
	// UsedAt, which never decreases.
	//
	// Recording the same set again, after ErrCommitUnknown, must succeed with the same numbers if the set
	// was in fact written. A set without events is an exception: it cannot be distinguished from that of a
	// concurrent call, so ErrConflict is allowed.
	Record(ctx context.Context, set models.WriteSet) error
	// Pass must look up what the call needs, let it judge, and write the set that it returns, as Record does.
	// Calls may share the look-ups and the write, but no call's result may depend on another call, and every
	// look-up must begin after Pass was called.
	//
	// It may return without judging: because of an error of the look-up, or because the context ended.
	// Nothing is written then.
	Pass(ctx context.Context, call *models.PassMember) error
}

// Lockout counts failed attempts at secrets. All servers of a database share the counters, which survive a
// restart.
type Lockout interface {
	// CountAttempts must evaluate the attempts as models.Counters.Evaluate does, by all failures counted so
	// far, and must have counted their failures before it returns.
	//
	// Concurrent calls must be serialised, in an order that does not depend on whether their credentials are
	// correct. Otherwise a correct guess among a thousand concurrent ones could be accepted before the wrong
	// ones are counted. The time to reject an attempt must not depend on it either.
	//
	// Attempts that are all correct must write nothing. After an error the failures may have been counted,
	// so the caller must not reveal any result.
	CountAttempts(ctx context.Context, attempts models.Attempts) (until []time.Time, err error)
}

// Service processes batches of customer events. It is safe for concurrent use.
type Service struct {
	References ReferenceResolver
	Store      EventStore
	Hasher     *models.KeyedHasher
	// Now is the clock.
	Now func() time.Time
	// NewID makes ids, each greater than all before it.
	NewID func() models.ID
	// FutureTolerance is how far in the future an event may have been performed.
	FutureTolerance time.Duration
	// RetryTimeout limits the time that a call spends on retries.
	RetryTimeout time.Duration
	Log          *slog.Logger
	// Observer may be nil.
	Observer Observer
}

// Request holds the events of one call. A call does not change its request.
type Request struct {
	Caller models.Caller
	// IdempotencyKey makes the call repeatable; it is empty if the caller sent none.
	IdempotencyKey string
	Events         ReceivedEvents
	// FieldNames is the spelling of field names in problems.
	FieldNames FieldNames
}

// CreateWebCustomerEvents checks each event of the request by itself and records the valid ones. When it
// returns an Outcome, the processed events are on disk and the unprocessed ones are not.
//
// The call as a whole fails only with ErrTooManyEvents, ErrKeyReused or, if the database does not accept it
// in time, with models.ErrInProgress, ErrUnavailable (nothing is stored) or ErrOutcomeUnknown.
func (s *Service) CreateWebCustomerEvents(ctx context.Context, request Request) (Outcome, error) {
	b, err := s.newBatch(request)
	if err != nil {
		return Outcome{}, err
	}
	b.skipReferenceLookup = !mustLookUpReferences(request.Events.Events)
	if err := b.retry(ctx, func() error { return b.evaluateAndWrite(ctx) }); err != nil {
		return Outcome{}, err
	}
	return b.outcome(), nil
}

// CheckWebCustomerEvents returns what CreateWebCustomerEvents would return now. It stores no events and uses
// up no one-time password. But wrong credentials count, because otherwise guessing would be free here.
func (s *Service) CheckWebCustomerEvents(ctx context.Context, request Request) (DryRunResult, error) {
	b, err := s.newBatch(request)
	if err != nil {
		return DryRunResult{}, err
	}
	if err := b.retry(ctx, func() error { return b.evaluate(ctx) }); err != nil {
		return DryRunResult{}, err
	}
	return b.dryRunResult(), nil
}
