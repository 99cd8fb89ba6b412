package app

import (
	"cmp"
	"net/http"
	"net/netip"
	"slices"
	"time"
)

// closeOne closes a connection of an address (of any, for the zero prefix) on which no call would be lost.
// It reports whether there was one.
func (c *connections) closeOne(address netip.Prefix) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	for {
		found := c.victims[address]
		if len(found.list) == 0 {
			if found.exhausted && time.Since(found.at) < rescanAfter {
				return false
			}
			if found = c.findVictims(address); len(found.list) == 0 {
				c.victims[address] = found
				return false
			}
		}
		next := found.list[0]
		found.list = found.list[1:]
		c.victims[address] = found
		if one := c.open[next.conn]; one == nil || one.state != next.state || one.since != next.since {
			continue // no longer idle
		}
		c.forget(c.open[next.conn])
		c.closed++
		c.report()
		_ = next.conn.Close()
		return true
	}
}

// victims are connections that may be closed, in that order. One search finds many of them, because a
// search takes long.
type victims struct {
	list []trackedConn
	at   time.Time
	// exhausted is true if the search found no others.
	exhausted bool
}

const (
	// victimsAtOnce is how many connections one search returns.
	victimsAtOnce = 64
	// rescanAfter is the pause after a search that found all there are.
	rescanAfter = 20 * time.Millisecond
)

// findVictims returns the connections to close so that others can be admitted. First come those that are
// idle between two requests, then those that have sent no request, then those whose body arrives too slowly.
// Within each rank, connections of the address with the most connections come first, and among these the one
// that has waited longest. The caller must hold mu.
func (c *connections) findVictims(address netip.Prefix) victims {
	now, uploading := time.Now(), c.uploads.since()
	rank := func(one *trackedConn) int {
		started, arriving := uploading[one.conn]
		switch {
		case one.state == http.StateIdle:
			return 3
		case one.state == http.StateNew && now.Sub(one.since) > SilentGrace:
			return 2
		case one.address.IsValid() && arriving && now.Sub(started) > UploadIdleAfter:
			return 1
		}
		return 0
	}
	type candidate struct {
		trackedConn
		rank, neighbours int
	}
	var candidates []candidate
	for _, one := range c.open {
		if r := rank(one); r > 0 && (!address.IsValid() || one.address == address) {
			candidates = append(candidates, candidate{*one, r, c.perAddress[one.address]})
		}
	}
	slices.SortFunc(candidates, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(b.rank, a.rank), cmp.Compare(b.neighbours, a.neighbours),
			a.since.Compare(b.since))
	})
	found := victims{at: now, exhausted: len(candidates) <= victimsAtOnce}
	for _, one := range candidates[:min(len(candidates), victimsAtOnce)] {
		found.list = append(found.list, one.trackedConn)
	}
	return found
}

// closeSilent closes the connections that have not sent a whole request within the given time, and returns
// how many it has closed.
func (c *connections) closeSilent(after time.Duration) (closed int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, one := range c.open {
		if one.state == http.StateNew && one.http2 == nil && time.Since(one.since) > after {
			c.forget(one)
			_ = one.conn.Close()
			closed++
		}
	}
	return closed
}
