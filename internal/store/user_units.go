package store

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"customer-events/models"
)

// findUnits returns the keys of units that an administrator has named by id, name or alternative code. It
// reports every one that is not found. An id takes precedence, because it is the only exact name.
func (s *Store) findUnits(ctx context.Context, names []string) ([]int64, error) {
	names = slices.Compact(slices.Sorted(slices.Values(names)))
	attributes := []models.Attribute{models.ByID, models.ByName, models.ByAlternativeCode}
	var refs []models.Reference
	for _, name := range names {
		for _, attribute := range attributes {
			refs = append(refs, models.Reference{Kind: models.Units, By: attribute, Value: name})
		}
	}
	matches, err := s.Find(ctx, refs)
	if err != nil {
		return nil, err
	}
	var keys []int64
	var wrong []error
	for i, name := range names {
		found := matches[i*len(attributes):][:len(attributes)]
		key, err := chosenUnit(name, found[0], found[1], found[2])
		if err != nil {
			wrong = append(wrong, err)
		} else if !slices.Contains(keys, key) {
			keys = append(keys, key)
		}
	}
	return keys, errors.Join(wrong...)
}

func chosenUnit(name string, byID, byName, byCode models.Match) (key int64, err error) {
	switch {
	case byID.Count == 1:
		return byID.Key, nil
	case byName.Count == 0 && byCode.Count == 0:
		return 0, fmt.Errorf("there is no unit with the id, name or alternative code %q: import it first, "+
			"or name another", models.Sanitize(name))
	case byName.Count > 1 || byCode.Count > 1,
		byName.Count == 1 && byCode.Count == 1 && byName.Key != byCode.Key:
		return 0, fmt.Errorf("several units have the name or the alternative code %q: give the unit's id, "+
			"which \"export units\" prints", models.Sanitize(name))
	case byName.Count == 1:
		return byName.Key, nil
	}
	return byCode.Key, nil
}
