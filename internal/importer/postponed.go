package importer

import (
	"cmp"
	"fmt"
	"slices"

	"customer-events/models"
)

// mostPostponed bounds the rows that wait for the end of the file, and with them the memory: a row takes
// about half a kilobyte.
const mostPostponed = 1_000_000

// postponed is a row that cannot be written before rows that come later in the file: these give up a value
// that it takes. key is the record that it is about, 0 for a new one, and holders have its values.
type postponed struct {
	row     *row
	key     int64
	holders []int64
}

// idFirst is the number of rows of a kind that is identified by id or name up to which they are all written
// together: only then is it known for each name whose it is.
const idFirst = 20_000

// postpone keeps a row for the end of the file, or refuses it if there are too many of them.
func (im *importing) postpone(row *row, result models.Upserted) {
	if len(im.later) >= mostPostponed {
		row.err = fmt.Errorf("%w (more than %d rows wait for others: import the file again)", result.Err, mostPostponed)
		return
	}
	row.err = nil
	row.later = true
	im.later = append(im.later, postponed{row, result.Key, result.Holders})
}

// groups divides the postponed rows into groups that can be written one after the other: rows that exchange
// values, or that form a chain, are in one group. Small groups are joined up to the size of a chunk. A
// longer chain is written in one transaction.
func (im *importing) groups() (groups [][]*row) {
	if len(im.kind.natural) > 1 && len(im.later) <= idFirst {
		if len(im.later) == 0 {
			return nil
		}
		all := make([]*row, len(im.later))
		for i, p := range im.later {
			all[i] = p.row
		}
		return append(groups, all)
	}
	parent := make([]int, len(im.later))
	byKey := make(map[int64]int, len(im.later))
	for i, p := range im.later {
		if parent[i] = i; p.key != 0 {
			byKey[p.key] = i
		}
	}
	root := func(i int) int {
		for parent[i] != i {
			parent[i] = parent[parent[i]]
			i = parent[i]
		}
		return i
	}
	for i, p := range im.later {
		for _, holder := range p.holders {
			if j, ok := byKey[holder]; ok {
				a, b := root(i), root(j)
				parent[max(a, b)] = min(a, b)
			}
		}
	}
	order := make([]int, len(im.later))
	for i := range order {
		order[i] = i
		parent[i] = root(i)
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(parent[a], parent[b]) })
	var group []*row
	for i := 0; i < len(order); {
		n := i + 1
		for n < len(order) && parent[order[n]] == parent[order[i]] {
			n++
		}
		if len(group) > 0 && len(group)+n-i > im.chunk {
			groups, group = append(groups, group), nil
		}
		for ; i < n; i++ {
			group = append(group, im.later[order[i]].row)
		}
	}
	if len(group) > 0 {
		groups = append(groups, group)
	}
	return groups
}
