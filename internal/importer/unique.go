package importer

import (
	"fmt"
	"hash/maphash"
	"time"

	"customer-events/models"
)

// uniqueValues remembers the keys and secrets of all rows of a file, to find a second row with one of them.
// It stores 128-bit hashes with random seeds, about 40 bytes for each value. A collision is not expected in
// a file of any size.
type uniqueValues struct {
	seeds [2]maphash.Seed
	lines map[[2]uint64]int
}

func newUniqueValues() *uniqueValues {
	return &uniqueValues{
		seeds: [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()},
		lines: make(map[[2]uint64]int),
	}
}

func (u *uniqueValues) hash(value string) [2]uint64 {
	return [2]uint64{maphash.String(u.seeds[0], value), maphash.String(u.seeds[1], value)}
}

// add remembers the row's keys and secrets. If an earlier row has one of them, add reports it and remembers
// nothing.
func (u *uniqueValues) add(kind *kind, r *row, now time.Time) error {
	var hashes [8][2]uint64
	n := 0
	for i, column := range kind.columns {
		if !column.single || r.values[i] == "" {
			continue
		}
		value := r.values[i]
		switch {
		case i == 0: // for every kind, a column without a secret
		case i == kind.passCode:
			if r.values[i-1] == "" { // the stored identifier stays, and is not known here
				continue
			}
			value = fmt.Sprintf("%d %s%s", len(r.values[i-1]), r.values[i-1], value)
		case i == kind.password:
			if expires, err := models.ParseDateTime(r.values[i+1], time.UTC); err == nil &&
				!expires.After(now) {
				continue // an expired password cannot conflict with another
			}
		}
		hashes[n] = u.hash(column.name + "\x00" + value)
		if line, used := u.lines[hashes[n]]; used {
			switch {
			case i > 0 && i == kind.passCode:
				return fmt.Errorf("identifier and pass_code: line %d has the same: give each token its own",
					line)
			case column.secret:
				return fmt.Errorf("%s: line %d has the same: give each token its own", column.name, line)
			}
			return fmt.Errorf("%s (%s) is given in line %d already: give each record one row",
				column.name, models.Sanitize(value), line)
		}
		n++
	}
	for _, hash := range hashes[:n] {
		u.lines[hash] = r.line
	}
	return nil
}
