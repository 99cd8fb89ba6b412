package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"customer-events/models"
)

// lookupTimeout limits the look-up that several calls share, instead of the context of one of them.
const lookupTimeout = 10 * time.Second

// Pass processes a small call in a pass that it may share with others (see passQueue): it looks up what the
// call needs, lets the call judge, and writes what the call returns. The look-up begins after Pass is called.
//
// If it returns an error and the call has not been judged, nothing was written. If the call has been judged,
// the error is one of Record: writing the same set again is safe.
func (s *Store) Pass(ctx context.Context, call *models.PassMember) error {
	own := newMember(call, models.WriteSet{})
	err := s.join(ctx, own)
	switch {
	case !errors.Is(err, errRolledBack):
		return err
	case own.state.Load() != memberJudged: // the pass panicked
		return models.ErrAborted
	}
	return s.recordOne(ctx, own.set)
}

// join waits for a pass, and runs it if the member is its first one.
func (s *Store) join(ctx context.Context, own *member) error {
	group, err := s.queue.acquire(ctx, own)
	if err != nil || group == nil {
		return err
	}
	return s.runPass(ctx, group)
}

// errRolledBack means that the common write of a pass failed: nothing of it is stored. Each member then
// writes its own set alone, with the same ids. Only then are errors reported, to the member that caused
// them. The one exception is an unknown outcome (models.ErrCommitUnknown): all members get that error,
// because only writing each set again can show whether it is stored.
var errRolledBack = errors.New("the common write of a pass was rolled back")

// runPass processes the members of a pass, sends their results, and returns the first member's.
func (s *Store) runPass(ctx context.Context, group []*member) error {
	done := s.queue.begin()
	results := make([]error, len(group))
	for i := range results {
		results[i] = errRolledBack // unless the pass comes to its end
	}
	defer func() {
		done()
		for i, member := range group[1:] {
			member.result <- passResult{err: results[i+1]}
		}
	}()
	if len(group) > 1 {
		ctx = context.WithoutCancel(ctx)
	}
	if group[0].call != nil { // calls and sets that are ready share no pass
		if err := s.judge(ctx, group); err != nil {
			for i := range results {
				results[i] = err
			}
			return err
		}
	}
	sets, writers, conflicts := s.claim(group, results)
	var err error
	switch len(sets) {
	case 0:
	case 1:
		err = s.recordOne(ctx, sets[0])
	default:
		if err = s.writeSets(ctx, sets); err != nil && !errors.Is(err, models.ErrCommitUnknown) {
			err = errRolledBack
		}
	}
	for _, i := range writers {
		results[i] = err
	}
	if err == nil { // else the reference may be free, and the call writes its own set alone
		for _, i := range conflicts {
			results[i] = errSameReference
		}
	}
	return results[0]
}

// errSameReference is the error of a call of which another one has an external reference.
var errSameReference = fmt.Errorf("%w: a call at the same time has the same external reference",
	models.ErrConflict)

// judge looks up what the calls of a pass need, each thing once, and lets them judge.
func (s *Store) judge(ctx context.Context, group []*member) error {
	type position struct {
		caller                int
		references, externals []int
	}
	l, at := s.newLookup(), make([]position, len(group))
	for i, member := range group {
		at[i].caller = l.session(member.call.TokenHash, member.call.At)
		at[i].references = make([]int, len(member.call.References))
		for j, ref := range member.call.References {
			at[i].references[j] = l.reference(ref)
		}
		at[i].externals = make([]int, len(member.call.ExternalReferences))
		for j, ref := range member.call.ExternalReferences {
			at[i].externals[j] = l.external(ref)
		}
	}
	if len(group) > 1 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, lookupTimeout)
		defer cancel()
	}
	if err := l.run(ctx, s.reader()); err != nil {
		return err
	}
	for i, member := range group {
		if !member.state.CompareAndSwap(memberWaiting, memberJudged) {
			continue
		}
		findings := models.Findings{
			Caller:   l.callers[at[i].caller],
			Matches:  make([]models.Match, len(at[i].references)),
			Recorded: make([]bool, len(at[i].externals)),
		}
		for j, k := range at[i].references {
			findings.Matches[j] = l.matches[k]
		}
		for j, k := range at[i].externals {
			findings.Recorded[j] = l.recorded[k]
		}
		member.set = member.call.Judge(findings)
	}
	return nil
}

// claim returns the sets to write, the index of the member of each, and the calls of which an earlier member
// has an external reference: a common write would fail. If the write succeeds, such a call gets the error that
// the database would give it. A set that was ready before, which may be one of an unknown outcome, is written
// alone in any case.
func (s *Store) claim(group []*member, results []error) (sets []models.WriteSet, writers, conflicts []int) {
	claimed := make(map[models.ExternalReference]bool)
	for i, member := range group {
		switch {
		case member.call != nil && len(member.set.Events) == 0:
			results[i] = nil
		case len(group) == 1 || claimAll(claimed, member.set.Events):
			sets, writers = append(sets, member.set), append(writers, i)
		case member.call != nil:
			conflicts = append(conflicts, i)
		}
	}
	return sets, writers, conflicts
}

// claimAll claims the external references of events, unless one of them is claimed.
func claimAll(claimed map[models.ExternalReference]bool, events []*models.WebCustomerEvent) bool {
	for _, event := range events {
		if ref, ok := event.ExternalReference(); ok && claimed[ref] {
			return false
		}
	}
	for _, event := range events {
		if ref, ok := event.ExternalReference(); ok {
			claimed[ref] = true
		}
	}
	return true
}
