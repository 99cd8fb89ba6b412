package store

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"sync"

	"customer-events/models"
)

// groupCommitter lets small calls share transactions when they would wait for each other anyway. A commit costs a sync of the disk
// whatever is in it: 64 clients that post one event each pay for it once in a while together, instead of each (bench/README.md
// has the figures). Whoever finds a lane free goes at once and alone, so that nothing is waited for where there is no queue;
// who has to wait goes with all that wait.
//
// Sharing must not show. If anything goes wrong in a shared transaction it is dropped, and each call records its entry alone,
// with the ids it has: only then are faults looked at, and each is that call's own. Only a COMMIT whose answer is lost is
// reported to all as it is, since only writing each entry again can tell (models.ErrUnknown).
type groupCommitter struct {
	mu      sync.Mutex
	free    int
	waiting []*waiter
}

// waiter is an entry that waits. It is told either to lead a transaction, or how the one that it was part of has ended.
type waiter struct {
	entry  models.WriteSet
	result chan groupResult
}

type groupResult struct {
	lead []*waiter
	err  error
}

// maxGroupEvents is how many events a shared transaction may have, and smallEntry how many an entry may have to be shared where
// there are several lanes. Larger ones are worth a transaction each, and go by themselves. Where there is one lane, an entry goes by
// itself if its references were not looked up (see leave).
const (
	maxGroupEvents  = 1000
	maxGroupedEntry = 100
)

// commitGroup records the entries of a group in one transaction and tells all but the first, who leads, how it has ended.
func (s *Store) commitGroup(ctx context.Context, group []*waiter) (err error) {
	err = errRolledBack
	defer func() {
		s.groups.release()
		for _, member := range group[1:] {
			member.result <- groupResult{err: err}
		}
	}()
	entries := make([]models.WriteSet, len(group))
	for i, member := range group {
		entries[i] = member.entry
	}
	cause := s.transaction(ctx, func(ctx context.Context, tx *sql.Tx) error { return s.writeAll(ctx, tx, entries) })
	if cause == nil || errors.Is(cause, models.ErrCommitUnknown) {
		err = cause
	}
	return err
}

// errRolledBack says that a shared transaction has been dropped: nothing of it was written.
var errRolledBack = errors.New("the shared transaction was dropped")

// acquire waits for a lane, unless one is free. It returns those to lead, or, if somebody else has led, none and how it ended.
func (l *groupCommitter) acquire(ctx context.Context, mine *waiter) (lead []*waiter, err error) {
	l.mu.Lock()
	if l.free > 0 {
		l.free--
		l.mu.Unlock()
		return []*waiter{mine}, nil
	}
	l.waiting = append(l.waiting, mine)
	l.mu.Unlock()
	select {
	case t := <-mine.result:
		return t.lead, t.err
	case <-ctx.Done():
	}
	l.mu.Lock()
	at := slices.Index(l.waiting, mine)
	if at >= 0 {
		l.waiting = slices.Delete(l.waiting, at, at+1)
	}
	l.mu.Unlock()
	if at >= 0 {
		return nil, ctx.Err()
	}
	t := <-mine.result // somebody has taken the entry along already
	return t.lead, t.err
}

// release gives the lane to those who wait, as many as one transaction takes; the first of them leads.
//
// An entry whose references were not looked up goes alone: it is likely to be one that is sent again, and
// would drop the transaction of all others.
func (l *groupCommitter) release() {
	l.mu.Lock()
	defer l.mu.Unlock()
	n, events := 0, 0
	for n < len(l.waiting) && (n == 0 || !l.waiting[0].entry.Unchecked && !l.waiting[n].entry.Unchecked &&
		events+len(l.waiting[n].entry.Events) <= maxGroupEvents) {
		events += len(l.waiting[n].entry.Events)
		n++
	}
	if n == 0 {
		l.free++
		return
	}
	group := slices.Clone(l.waiting[:n])
	l.waiting = slices.Delete(l.waiting, 0, n)
	group[0].result <- groupResult{lead: group}
}
