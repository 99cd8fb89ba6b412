package models

import "time"

// maxOffset exceeds the offset of every zone from UTC, in seconds. The time zone database has none of 16
// hours or more.
const maxOffset = 26 * 60 * 60

// firstOccurrence returns the first instant at which the zone's local time equals the wall time, given in
// UTC, and whether there is one. time.Date does not do: it moves a time that the zone skips, and its choice
// between two occurrences is not defined.
func firstOccurrence(wall time.Time, zone *time.Location) (first time.Time, exists bool) {
	// Try each offset that the zone has around this time. The bounds of an offset serve only to find the
	// next one, because Go returns wrong bounds on the last day of a leap year.
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
