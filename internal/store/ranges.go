package store

import (
	"context"
	"time"
)

// timeRange is a range of times: from is included, to is excluded, and nil means no limit.
type timeRange struct{ from, to *time.Time }

// earliest and latest enclose every time that an event can have. Source: the contract, years 1000 to 9999.
var (
	earliest = time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC)
	latest   = time.Date(10_000, 1, 1, 0, 0, 0, 0, time.UTC)
)

// fewInRange is a number of events that SQLite sorts quickly.
const fewInRange = 1000

// closeRanges adds the missing limit to ranges with few events. SQLite assumes that a range with one
// limit has half of all events, and reads all events instead of the index. With two limits it uses the
// index.
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
