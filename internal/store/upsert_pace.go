package store

import (
	"context"
	"sync"
	"time"
)

// upsertPace is what an import has noticed of other writers.
type upsertPace struct {
	mu      sync.Mutex
	version int64     // of the file, which changes when another connection commits
	until   time.Time // how long to leave most of the time to others
}

const (
	// sqliteRows is the size of a transaction of an import into SQLite: short enough that a caller who
	// waits for it waits for some milliseconds.
	sqliteRows = 250
	// pauseForOthers and pauseToNotice are the pauses, as multiples of the transaction's time: beside other
	// writers, and when there are none. A writer that waits for SQLite's lock looks for it again and again,
	// so that it needs pauses to be noticed at all.
	pauseForOthers, pauseToNotice = 2, 0.25
	// firstNotice and forgetAfter are how long an import takes the long pauses from its beginning, and
	// after another has written.
	firstNotice, forgetAfter = 2 * time.Second, 10 * time.Second
)

// UpsertPace returns how many rows an import should write in one transaction, and how long it should pause
// after the last one, as a multiple of the time that it took. SQLite has one writer at a time: without the
// pauses an import would take nearly all of its time from the callers of the server.
func (s *Store) UpsertPace(ctx context.Context) (rows int, pause float64) {
	if s.dialect.parallelGroups() > 1 { // no caller waits for the one writer
		return 1000, 0
	}
	p := &s.pace
	p.mu.Lock()
	defer p.mu.Unlock()
	var version int64
	now := time.Now()
	err := s.writer().QueryRowContext(ctx, "PRAGMA data_version").Scan(&version)
	switch {
	case p.until.IsZero():
		p.until = now.Add(firstNotice)
	case err != nil || version != p.version:
		p.until = now.Add(forgetAfter)
	}
	if p.version = version; now.Before(p.until) {
		return sqliteRows, pauseForOthers
	}
	return sqliteRows, pauseToNotice
}
