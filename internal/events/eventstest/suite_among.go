package eventstest

import (
	"context"

	"github.com/google/go-cmp/cmp"

	"customer-events/models"
)

var amongObligations = append(
	forEachKind(
		"reports whether a record is among the matches",
		func(f *fixture, kind models.Kind, by []models.Attribute) {
			keys := f.addRecords(kind, similarTexts)
			var candidates []models.Candidate
			var want []bool
			for _, attribute := range by {
				for i, value := range similarTexts {
					for _, other := range []int{i, (i + 1) % len(similarTexts)} {
						candidates = append(
							candidates,
							models.Candidate{
								Reference: models.Reference{Kind: kind, By: attribute, Value: value},
								Key:       keys[other],
							},
						)
						want = append(want, other == i)
					}
				}
				candidates = append(
					candidates,
					models.Candidate{
						Reference: models.Reference{Kind: kind, By: attribute, Value: "no such"},
						Key:       keys[0],
					},
					models.Candidate{
						Reference: models.Reference{Kind: kind, By: attribute, Value: similarTexts[0]},
						Key:       1 << 40,
					},
				)
				want = append(want, false, false)
			}
			f.mustBeAmong(candidates, want)
		},
	),
	obligation{"reports it for an ambiguous name", func(f *fixture) {
		data := Data{
			Accounts: []models.Account{
				{ID: "T1", Number: "T1", Name: "Alex Twin"},
				{ID: "T2", Number: "T2", Name: "Alex Twin"},
				{ID: "T3", Number: "T3", Name: "alex second"},
			},
		}
		f.Add(f.T, data)
		var candidates []models.Candidate
		for _, account := range data.Accounts {
			candidates = append(
				candidates,
				models.Candidate{
					Reference: models.Reference{
						Kind:  models.Accounts,
						By:    models.ByName,
						Value: "Alex Twin",
					},
					Key: account.Key,
				},
			)
		}
		f.mustBeAmong(candidates, []bool{true, true, false})
	}},
	obligation{"does not match a record without an alternative code", func(f *fixture) {
		data := Data{Units: []models.Unit{{ID: "U1", Name: "U1"}}}
		f.Add(f.T, data)
		f.mustBeAmong(
			[]models.Candidate{
				{
					Reference: models.Reference{Kind: models.Units, By: models.ByAlternativeCode},
					Key:       data.Units[0].Key,
				},
			},
			[]bool{false},
		)
	}},
	obligation{
		"returns no results for no candidates, and fails if the context is cancelled",
		func(f *fixture) {
			f.mustBeAmong(nil, nil)
			ctx, cancel := context.WithCancel(f.Context())
			cancel()
			unit := models.Reference{Kind: models.Units, By: models.ByName, Value: f.unit.Name}
			if _, err := f.Among(ctx, []models.Candidate{{Reference: unit, Key: f.unit.Key}}); err == nil {
				f.Error("Among succeeded")
			}
		},
	},
)

func (f *fixture) mustBeAmong(candidates []models.Candidate, want []bool) {
	f.Helper()
	got, err := f.Among(f.Context(), candidates)
	if err != nil || len(got) != len(want) {
		f.Fatalf("Among: %d results, %v, want %d", len(got), err, len(want))
	}
	for i := range want {
		if got[i] != want[i] {
			f.Errorf("Among(%+v): %s", candidates[i], cmp.Diff(want[i], got[i]))
		}
	}
}
