package store

import (
	"context"
	"time"
)

// timeRange is from (included) to (excluded); a nil end is open.
type timeRange struct{ from, to *time.Time }

// Every time that an event can have is between these. Source: the contract, years 1000 to 9999.
var (
	earliest = time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC)
	latest   = time.Date(10_000, 1, 1, 0, 0, 0, 0, time.UTC)
)

// fewInRange is how many events of a range are soon sorted.
const fewInRange = 1000

// closeRanges gives ranges with few events both their ends. SQLite guesses that a range with one end has
// half of all events, and then looks for them among all, newest first, without the index; with two ends
// it uses the index.
func (s *Store) closeRanges(ctx context.Context, ranges map[string]timeRange) error {
	if s.dialect.knowsRanges() {
		return nil
	}
	for column, between := range ranges {
		if (between.from == nil) == (between.to == nil) {
			continue
		}
		if between.from == nil {
			between.from = &earliest
		} else {
			between.to = &latest
		}
		var found int
		where := column + " >= ? AND " + column + " < ?"
		inRange := "SELECT 1 FROM web_customer_events WHERE " + where + " LIMIT ?"
		err := s.pools.queries.QueryRowContext(ctx, "SELECT COUNT(*) FROM ("+inRange+")",
			*between.from, *between.to, fewInRange).Scan(&found)
		if err != nil {
			return err
		}
		if found < fewInRange {
			ranges[column] = between
		}
	}
	return nil
}
