package events

import (
	"context"
	"log/slog"
	"time"

	"customer-events/models"
)

// ReferenceResolver finds the records of the CRM that events point at.
type ReferenceResolver interface {
	// Find must return one match for each reference, in their order; no two references are equal. Values match byte for byte.
	// Matching nothing, or several records, is an answer and not an error. References to access tokens are not asked of it.
	Find(ctx context.Context, refs []models.Reference) ([]models.Match, error)
	// Among must report, for each candidate in their order, whether its record is among those that its
	// reference matches, however many they are. It is not asked about access tokens.
	Among(ctx context.Context, candidates []models.Candidate) ([]bool, error)
	// AccessTokens must return, for each reference in their order, every access token that matches, with its participant, in
	// whatever state. An access token by models.ByIdentifier matches whatever its pass code is.
	AccessTokens(ctx context.Context, refs []models.Reference) ([][]models.AccessToken, error)
}

// EventStore keeps customer events and remembers calls, and counts what is not to be forgiven when a call is given up. Its errors
// wrap one of those in models where that applies.
type EventStore interface {
	Lockout
	// IdempotencyRecord must return what is kept of a call under its user and key hash, and nil if there is nothing.
	IdempotencyRecord(ctx context.Context, call models.IdempotencyKey) (*models.IdempotencyRecord, error)
	// ByExternalReference must return the recorded events that bear the external references, by reference. Values match byte for byte.
	ByExternalReference(ctx context.Context, refs []models.ExternalReference) (map[models.ExternalReference]models.WebCustomerEvent, error)
	// Record must write the whole entry and set the numbers of its events, growing in their order, or write nothing and return
	// an error. An entry with a CallKey renews the call's UsedAt, which never goes back; if the call is no longer remembered, it must
	// be answered with ErrStale. When it returns nil the entry has reached the disk. Recording the same entry again, after ErrUnknown, must
	// succeed with the same numbers if it had in truth been written; only an entry without events, which nothing tells from a
	// twin's, may be answered with ErrStale. An external reference, or a request of a call, that is taken, and a one-time
	// password that is spent, must be answered with ErrStale.
	Record(ctx context.Context, entry models.WriteSet) error
}

// Lockout counts failed guesses at secrets, for all servers on one database together, and beyond a restart.
type Lockout interface {
	// CountAttempts must judge the guesses as models.Tally.Judge does, by all failures that are counted so far, and must have counted
	// those of these before it returns. Calls at the same time must come out as if they had been made one after the other, and the
	// place of a call among them must not hang on whether its guesses are right: or else the right one of a thousand that are tried
	// at once gets through before the wrong ones are counted. How long a guess takes to be refused must not hang on it either.
	// Guesses that are all right must write nothing. After an error the failures may have been counted, and nothing may be told.
	CountAttempts(ctx context.Context, guesses models.Attempts) (until []time.Time, err error)
}

// Service takes batches of customer events in. It is safe for concurrent use.
type Service struct {
	References ReferenceResolver
	Store      EventStore
	Hasher     *models.KeyedHasher
	// Now is the clock.
	Now func() time.Time
	// NewID makes ids, each greater than those before it.
	NewID func() models.ID
	// FutureTolerance is how far ahead of now an event may have been performed.
	FutureTolerance time.Duration
	// RetryTimeout is how long a call goes on trying when the database does not let it through.
	RetryTimeout time.Duration
	Log          *slog.Logger
	// Observer may be nil.
	Observer Observer
}

// Request is one call's worth of events.
type Request struct {
	Caller models.Caller
	// IdempotencyKey makes the call repeatable; empty if the caller gave none.
	IdempotencyKey string
	// Events is used up: its rows are filled in by the call, so that another call needs it decoded anew.
	Events ReceivedEvents
	// FieldNames is the spelling that faults are told in.
	FieldNames FieldNames
}

// CreateWebCustomerEvents judges every event of the request by itself and records the good ones. Once it returns an Outcome,
// its processed events are on disk and its unprocessed ones are not.
//
// The call as a whole fails only with ErrTooManyEvents, ErrKeyReused, or, if the database does not let it through in time,
// with models.ErrLocked, ErrUnavailable (nothing is stored) or ErrOutcomeUnknown.
func (s *Service) CreateWebCustomerEvents(ctx context.Context, request Request) (Outcome, error) {
	b, err := s.newBatch(request)
	if err != nil {
		return Outcome{}, err
	}
	b.skipReferenceLookup = !mustLookUpReferences(request.Events.Events)
	err = b.retry(ctx, func() error {
		if err := b.evaluate(ctx); err != nil {
			return err
		}
		return b.phase(ctx, "record", b.write)
	})
	if err != nil {
		return Outcome{}, err
	}
	return b.outcome(), nil
}

// CheckWebCustomerEvents says what CreateWebCustomerEvents would answer now. It stores and spends nothing; but wrong credentials are
// counted as there, or else they could be tried here.
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
