package importer

import (
	"fmt"
	"hash/maphash"
	"time"

	"customer-events/models"
)

// claims remembers the keys and secrets of all rows of a file, so that a second row with one of them is
// found, however far from the first it is. It keeps 128-bit hashes, about 40 bytes for each value: they
// have random seeds, and no two values are expected to meet in a file of any size.
type claims struct {
	seeds [2]maphash.Seed
	lines map[[2]uint64]int
}

func newClaims() *claims {
	return &claims{seeds: [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()}, lines: make(map[[2]uint64]int)}
}

func (c *claims) hash(value string) [2]uint64 {
	return [2]uint64{maphash.String(c.seeds[0], value), maphash.String(c.seeds[1], value)}
}

// add remembers the row's keys and secrets, or says which of them an earlier row has. A row that is refused
// claims nothing.
func (c *claims) add(kind *kind, r *row, now time.Time) error {
	var hashes [8][2]uint64
	n := 0
	for i, column := range kind.columns {
		if !column.single || r.values[i] == "" {
			continue
		}
		value := r.values[i]
		switch {
		case i == 0: // no secret, whatever the kind
		case i == kind.passCode:
			if r.values[i-1] == "" { // the identifier stays what it is, and is not known here
				continue
			}
			value = fmt.Sprintf("%d %s%s", len(r.values[i-1]), r.values[i-1], value)
		case i == kind.password:
			if expires, err := models.ParseDateTime(r.values[i+1], time.UTC); err == nil && !expires.After(now) {
				continue // a password that is over is in nobody's way
			}
		}
		hashes[n] = c.hash(column.name + "\x00" + value)
		if line, taken := c.lines[hashes[n]]; taken {
			switch {
			case i > 0 && i == kind.passCode:
				return fmt.Errorf("identifier and pass_code: line %d has the same: give each token its own", line)
			case column.secret:
				return fmt.Errorf("%s: line %d has the same: give each token its own", column.name, line)
			}
			return fmt.Errorf("%s (%s) is given in line %d already: give each record one row", column.name, models.Sanitize(value), line)
		}
		n++
	}
	for _, hash := range hashes[:n] {
		c.lines[hash] = r.line
	}
	return nil
}
