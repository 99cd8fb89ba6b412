package models

import "time"

// maxOffset is more than any zone is away from UTC, in seconds. The largest in the time zone database are under 16 hours.
const maxOffset = 26 * 60 * 60

// firstOccurrence returns the first instant at which the clocks of the zone show what the wall time shows in UTC, and whether
// there is one. time.Date cannot be used: it moves a time that the zone skips, and does not say which of two it returns.
func firstOccurrence(wall time.Time, zone *time.Location) (first time.Time, exists bool) {
	// One of the offsets that the zone has around this time is the right one: try each. The bounds of an offset only serve
	// to find the next, because Go has them wrong on the last day of a leap year.
	for near := wall.Add(-maxOffset * time.Second); !near.After(wall.Add(maxOffset * time.Second)); {
		here := near.In(zone)
		_, offset := here.Zone()
		at := wall.Add(-time.Duration(offset) * time.Second)
		if _, then := at.In(zone).Zone(); then == offset && (!exists || at.Before(first)) {
			first, exists = at, true
		}
		_, next := here.ZoneBounds()
		switch {
		case next.IsZero():
			return first, exists
		case next.After(near):
			near = next
		default:
			near = near.Add(time.Hour)
		}
	}
	return first, exists
}
