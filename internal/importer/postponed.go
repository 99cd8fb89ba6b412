package importer

import (
	"cmp"
	"fmt"
	"slices"

	"customer-events/models"
)

// maxPostponed bounds the number of postponed rows, and so the memory: a row takes about half a kilobyte.
const maxPostponed = 1_000_000

// postponed is a row with a unique value that other records, the holders, still have. A later row of the
// file may change their values. key is the key of the row's own record, 0 for a new one.
type postponed struct {
	row     *row
	key     int64
	holders []int64
}

// maxSingleGroup is the number of postponed rows up to which all rows of a kind that is identified by id or
// name are written together. Only then is it known for each name which record has it.
const maxSingleGroup = 20_000

// postpone keeps a row for the end of the file, or rejects it if there are too many of them.
func (im *importRun) postpone(row *row, result models.Upserted) {
	if len(im.postponed) >= maxPostponed {
		row.err = fmt.Errorf("%w (more than %d rows wait for others: import the file again)",
			result.Err, maxPostponed)
		return
	}
	row.err = nil
	row.postponed = true
	im.postponed = append(im.postponed, postponed{row, result.Key, result.Holders})
}

// groups divides the postponed rows into groups for one transaction each. Rows that exchange values, or that
// form a chain, are in one group. Small groups are joined up to the size of a chunk; a long chain stays one
// group.
func (im *importRun) groups() (groups [][]*row) {
	if len(im.kind.natural) > 1 && len(im.postponed) <= maxSingleGroup {
		if len(im.postponed) == 0 {
			return nil
		}
		all := make([]*row, len(im.postponed))
		for i, p := range im.postponed {
			all[i] = p.row
		}
		return append(groups, all)
	}
	parent := make([]int, len(im.postponed))
	byKey := make(map[int64]int, len(im.postponed))
	for i, p := range im.postponed {
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
	for i, p := range im.postponed {
		for _, holder := range p.holders {
			if j, ok := byKey[holder]; ok {
				a, b := root(i), root(j)
				parent[max(a, b)] = min(a, b)
			}
		}
	}
	order := make([]int, len(im.postponed))
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
			group = append(group, im.postponed[order[i]].row)
		}
	}
	if len(group) > 0 {
		groups = append(groups, group)
	}
	return groups
}
