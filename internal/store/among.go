package store

import (
	"context"
	"strings"

	"customer-events/models"
)

// Among reports for each candidate whether the record with its key has its value. It reads the records by
// their keys, so that a name that a million records share costs no more than any other.
func (s *Store) Among(ctx context.Context, candidates []models.Candidate) ([]bool, error) {
	among := make([]bool, len(candidates))
	type group struct {
		kind models.Kind
		by   models.Attribute
	}
	members := make(map[group][]int)
	for i, candidate := range candidates {
		g := group{candidate.Kind, candidate.By}
		members[g] = append(members[g], i)
	}
	for g, list := range members {
		err := splitStatement(s.dialect, len(list), func(from, to int) error {
			return s.among(ctx, g.kind, g.by, candidates, list[from:to], among)
		})
		if err != nil {
			return nil, s.dialect.classify(err, false)
		}
	}
	return among, nil
}

// among reads the candidates at some indexes, all of one kind and attribute.
func (s *Store) among(ctx context.Context, kind models.Kind, by models.Attribute,
	candidates []models.Candidate, list []int, among []bool) error {
	table := tables[kind]
	column, _, _ := strings.Cut(table.columns, ",")
	keys, byKey := make([]any, len(list)), make(map[int64][]int, len(list))
	for n, i := range list {
		key := candidates[i].Key
		keys[n] = key
		byKey[key] = append(byKey[key], i)
	}
	rows, err := s.reader().QueryContext(ctx, "SELECT "+column+", "+attributes[by]+" FROM "+table.name+
		" WHERE "+column+" IN ("+placeholders(len(keys))+")"+table.scope, keys...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var key int64
		var value []byte
		if err := rows.Scan(&key, &value); err != nil {
			return err
		}
		for _, i := range byKey[key] {
			among[i] = value != nil && string(value) == candidates[i].Value
		}
	}
	return rows.Err()
}
