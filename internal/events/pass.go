package events

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"

	"customer-events/models"
)

// SmallCall is a call that shares the work of others: its caller is looked up together with the references
// of its events, and calls that wait at the same time share this look-up and the write (see
// EventStore.Pass).
type SmallCall struct {
	// Request has no caller yet.
	Request Request
	// TokenHash is the hash of the caller's session token.
	TokenHash []byte
	// Admit decides whether the caller may make the call now. The caller is nil if the token is not valid.
	// It must not wait. It runs once at most, possibly on the goroutine of another call.
	Admit func(caller *models.Caller) error
}

// ErrNotAdmitted means that a small call has not been admitted, because its look-up failed or its context
// ended first. Nothing has happened: the call can be made in the ordinary way.
var ErrNotAdmitted = errors.New("the call could not share the work of others")

// IsSmall reports whether a request can be a SmallCall. It has few events. It has no idempotency key and no
// access token, which need look-ups and counters of their own.
func IsSmall(request Request) bool {
	list := request.Events.Events
	if request.IdempotencyKey != "" || len(list) == 0 || len(list) > maxSmallCall ||
		request.Events.Received != len(list) {
		return false
	}
	for i := range list {
		if list[i].Customer.Given && list[i].Customer.Target.Kind == models.AccessTokens {
			return false
		}
	}
	return true
}

// CreateSmall is CreateWebCustomerEvents for a call whose caller is not known yet. It returns the error of
// Admit, or ErrNotAdmitted, if the call was not admitted.
func (s *Service) CreateSmall(ctx context.Context, call SmallCall) (Outcome, error) {
	b, err := s.newBatch(call.Request)
	if err != nil {
		return Outcome{}, err
	}
	p := smallPass{batch: b, admit: call.Admit}
	if err = p.run(ctx, call.TokenHash); !p.judged {
		return Outcome{}, fmt.Errorf("%w (%w)", ErrNotAdmitted, err)
	}
	if p.panicked != nil {
		panic(p.panicked)
	}
	if p.refused != nil {
		return Outcome{}, p.refused
	}
	first := !p.repeats
	err = b.retry(ctx, func() error {
		if first {
			first = false
			return b.written(ctx, p.set, p.rows, err)
		}
		return b.evaluateAndWrite(ctx)
	})
	if err != nil {
		return Outcome{}, err
	}
	return b.outcome(), nil
}

// smallPass is the part of a small call in a pass.
type smallPass struct {
	batch *batch
	admit func(*models.Caller) error
	// judged reports that the pass has judged the call, refused is the error of admit, and panicked the
	// cause of a panic.
	judged   bool
	refused  error
	panicked error
	// repeats reports that an external reference is recorded already: the call then needs more look-ups.
	repeats bool
	// set is what the pass writes, and rows has the index of the item of each of its events.
	set  models.WriteSet
	rows []int
}

// run looks up what the call needs, judges its events, and writes the valid ones. If the call was judged,
// the error is that of the write.
func (p *smallPass) run(ctx context.Context, tokenHash []byte) error {
	b := p.batch
	b.reset()
	b.check()
	b.collectReferences()
	return b.phase(ctx, "pass", func(ctx context.Context) error {
		return b.Store.Pass(ctx, &models.PassMember{
			TokenHash:          tokenHash,
			At:                 b.at,
			Events:             len(b.items),
			References:         b.found.records.list,
			ExternalReferences: b.externalReferences(func(*item) bool { return true }),
			Judge:              p.judge,
		})
	})
}

// judge judges the events as evaluate does, by what the pass has found.
func (p *smallPass) judge(found models.Findings) (set models.WriteSet) {
	b := p.batch
	p.judged = true
	defer func() {
		if cause := recover(); cause != nil { // it must not end the calls that share the pass
			set, p.panicked = models.WriteSet{}, fmt.Errorf("%v\n%s", cause, debug.Stack())
		}
	}()
	if p.refused = p.admit(found.Caller); p.refused != nil {
		return models.WriteSet{}
	}
	b.request.Caller = *found.Caller
	for _, recorded := range found.Recorded {
		if recorded {
			p.repeats = true
			return models.WriteSet{}
		}
	}
	b.found.matches = found.Matches
	b.applyMatches()
	b.compareWithRecorded()
	p.set, p.rows = b.writeSet()
	return p.set
}
