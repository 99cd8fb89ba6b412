package store

import (
	"context"
	"sync"
	"time"
)

// upsertPace is the state of UpsertPace: whether other writers are active.
type upsertPace struct {
	mu      sync.Mutex
	version int64     // of the file, which changes when another connection commits
	until   time.Time // the end of the long pauses
}

const (
	// sqliteRows is the size of an import's transaction on SQLite. A call waits for it only a few
	// milliseconds.
	sqliteRows = 250
	// pauseForOthers and pauseToNotice are the pauses with and without other writers, as multiples of the
	// transaction's time. A writer polls for SQLite's lock, so that it gets the lock only during a pause.
	pauseForOthers, pauseToNotice = 2, 0.25
	// firstNotice and forgetAfter are the durations of the long pauses: at the start of an import, and
	// after another connection has written.
	firstNotice, forgetAfter = 2 * time.Second, 10 * time.Second
)

// UpsertPace returns the number of rows that an import should write in one transaction, and the pause
// after the last transaction, as a multiple of its duration. SQLite has one writer at a time: without the
// pauses, an import would leave almost no time for the calls of the server.
func (s *Store) UpsertPace(ctx context.Context) (rows int, pause float64) {
	if !s.dialect.hasOneWriter() { // calls do not wait for an import
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
