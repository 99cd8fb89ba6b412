package store

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"sync"

	"customer-events/models"
)

// groupCommitter lets small calls share transactions, which is known as group commit. A commit costs one
// sync of the disk, whatever it contains. A call that finds a free slot commits at once and alone. Calls
// that must wait for a slot commit together. test/bench/README.md has the figures.
//
// Callers cannot tell that they shared a transaction. After any error the shared transaction is rolled
// back, and each call writes its own entry alone, with the same ids: only then are errors reported, to
// the call that caused them. The one exception is an unknown outcome of COMMIT (models.ErrCommitUnknown).
// All calls get that error, because only writing each entry again can show whether it is stored.
type groupCommitter struct {
	mu      sync.Mutex
	free    int // slots
	waiting []*waiter
}

// waiter is an entry that waits for a slot. It receives the group to commit if it is the group's first
// entry, or else the result of the group's transaction.
type waiter struct {
	entry  models.WriteSet
	result chan groupResult
}

type groupResult struct {
	group []*waiter
	err   error
}

// maxGroupEvents limits the events of a shared transaction. maxGroupedEntry limits the events of an entry
// that shares transactions where there are several slots: a larger entry is worth a transaction of its
// own. Where there is one slot, an entry is written alone if its references were not looked up (see
// release).
const (
	maxGroupEvents  = 1000
	maxGroupedEntry = 100
)

// commitGroup writes the entries of a group in one transaction and sends the result to all but the first.
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
	cause := s.transaction(ctx, func(ctx context.Context, tx *sql.Tx) error {
		return s.writeAll(ctx, tx, entries)
	})
	if cause == nil || errors.Is(cause, models.ErrCommitUnknown) {
		err = cause
	}
	return err
}

// errRolledBack means that a shared transaction was rolled back: nothing of it is stored.
var errRolledBack = errors.New("the shared transaction was rolled back")

// acquire waits for a slot, unless one is free. It returns the group that the caller must commit, or, if
// another caller has committed the group, nil and the result.
func (g *groupCommitter) acquire(ctx context.Context, own *waiter) (group []*waiter, err error) {
	g.mu.Lock()
	if g.free > 0 {
		g.free--
		g.mu.Unlock()
		return []*waiter{own}, nil
	}
	g.waiting = append(g.waiting, own)
	g.mu.Unlock()
	select {
	case result := <-own.result:
		return result.group, result.err
	case <-ctx.Done():
	}
	g.mu.Lock()
	at := slices.Index(g.waiting, own)
	if at >= 0 {
		g.waiting = slices.Delete(g.waiting, at, at+1)
	}
	g.mu.Unlock()
	if at >= 0 {
		return nil, ctx.Err()
	}
	result := <-own.result // the entry is in a group already
	return result.group, result.err
}

// release gives the slot to the waiting entries, as many as one transaction may have. The first of them
// commits.
//
// An entry whose references were not looked up goes alone: it is likely to be a replay, whose conflict
// would roll back the transaction of all others.
func (g *groupCommitter) release() {
	g.mu.Lock()
	defer g.mu.Unlock()
	n, events := 0, 0
	for n < len(g.waiting) && (n == 0 || !g.waiting[0].entry.Unchecked && !g.waiting[n].entry.Unchecked &&
		events+len(g.waiting[n].entry.Events) <= maxGroupEvents) {
		events += len(g.waiting[n].entry.Events)
		n++
	}
	if n == 0 {
		g.free++
		return
	}
	group := slices.Clone(g.waiting[:n])
	g.waiting = slices.Delete(g.waiting, 0, n)
	group[0].result <- groupResult{group: group}
}
