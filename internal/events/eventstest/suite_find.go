package eventstest

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/go-cmp/cmp"

	"customer-events/models"
)

var findObligations = slices.Concat(
	forEachKind("finds no similar record", func(f *fixture, kind models.Kind, by []models.Attribute) {
		key := f.addRecords(kind, similarTexts[:1])[0]
		for _, attribute := range by {
			for _, value := range similarTexts {
				want := models.Match{}
				if value == similarTexts[0] {
					want = f.match(kind, key)
				}
				f.mustFind(want, kind, attribute, value)
			}
		}
	}),
	forEachKind("distinguishes similar records", func(f *fixture, kind models.Kind, by []models.Attribute) {
		f.mustFindEach(kind, by, similarTexts)
	}),
	forEachKind("finds special texts", func(f *fixture, kind models.Kind, by []models.Attribute) {
		f.mustFindEach(kind, by, specialTexts)
	}),
	forEachKind(
		"keeps the order of a thousand references, with and without matches",
		func(f *fixture, kind models.Kind, by []models.Attribute) {
			values := make([]string, 1000)
			for i := range values {
				values[i] = fmt.Sprintf("M%03d", i*617%1000) // an order that no database would choose
			}
			keys := f.addRecords(kind, values[:500])
			for _, attribute := range by {
				refs, want := make([]models.Reference, len(values)), make([]models.Match, len(values))
				for i, value := range values {
					at := i * 389 % len(values)
					if refs[at] = (models.Reference{Kind: kind, By: attribute, Value: value}); i < 500 {
						want[at] = f.match(kind, keys[i])
					}
				}
				f.mustFindAll(refs, want)
			}
		},
	),
	[]obligation{
		{"finds all kinds at once, in the order of the references", func(f *fixture) {
			f.mustFindAll([]models.Reference{
				{Kind: models.Units, By: models.ByName, Value: f.unit.Name},
				{Kind: models.Accounts, By: models.ByNumber, Value: "no such"},
				{Kind: models.Participants, By: models.ByNumber, Value: f.participant.Number},
				{Kind: models.Accounts, By: models.ByNumber, Value: f.account.Number},
				{
					Kind:  models.Classifications,
					By:    models.ByAlternativeCode,
					Value: *f.classification.AlternativeCode,
				},
				{Kind: models.Accounts, By: models.ByID, Value: f.account.ID},
				{Kind: models.Units, By: models.ByAlternativeCode, Value: *f.unit.AlternativeCode},
			}, []models.Match{
				f.match(models.Units, f.unit.Key),
				{},
				f.match(models.Participants, f.participant.Key),
				f.match(models.Accounts, f.account.Key),
				f.match(models.Classifications, f.classification.Key),
				f.match(models.Accounts, f.account.Key),
				f.match(models.Units, f.unit.Key),
			})
		}},
		{"finds a value only in the attribute of the reference", func(f *fixture) {
			f.mustFind(models.Match{}, models.Accounts, models.ByID, f.account.Number)
			f.mustFind(models.Match{}, models.Accounts, models.ByName, f.account.Number)
			f.mustFind(models.Match{}, models.Participants, models.ByNumber, f.account.Number)
			f.mustFind(models.Match{}, models.Units, models.ByName, *f.unit.AlternativeCode)
			f.mustFind(models.Match{}, models.Classifications, models.ByName, f.unit.Name)
		}},
		{"finds several accounts with one name", func(f *fixture) {
			f.Add(f.T, Data{Accounts: []models.Account{
				{ID: "T1", Number: "T1", Name: "Alex Twin"}, {ID: "T2", Number: "T2", Name: "Alex Twin"},
				{ID: "T3", Number: "T3", Name: "Alex Twin"}, {ID: "T4", Number: "T4", Name: "alex second"}}})
			found, err := f.Find(
				f.Context(),
				[]models.Reference{{Kind: models.Accounts, By: models.ByName, Value: "Alex Twin"}},
			)
			if err != nil || len(found) != 1 || found[0] != (models.Match{Count: models.Several}) {
				f.Errorf("found %+v, %v, want several", found, err)
			}
		}},
		{"does not find classifications of other events than WEB", func(f *fixture) {
			data := Data{Classifications: []models.Classification{
				{ID: "C1", Name: "Till", AlternativeCode: new("TL"), Type: "PURCHASE"},
				{ID: "C2", Name: "Web", AlternativeCode: new("WB"), Type: "web"},
				{ID: "C3", Name: "Page", AlternativeCode: new("PP"), Type: models.WebEvent}}}
			f.Add(f.T, data)
			for _, c := range data.Classifications {
				want := models.Match{}
				if c.Type == models.WebEvent {
					want = f.match(models.Classifications, c.Key)
				}
				f.mustFind(want, models.Classifications, models.ByID, c.ID)
				f.mustFind(want, models.Classifications, models.ByName, c.Name)
				f.mustFind(want, models.Classifications, models.ByAlternativeCode, *c.AlternativeCode)
			}
		}},
		{"does not find records without an alternative code by an empty one", func(f *fixture) {
			f.Add(
				f.T,
				Data{
					Classifications: []models.Classification{{ID: "C1", Name: "C1", Type: models.WebEvent}},
					Units:           []models.Unit{{ID: "U1", Name: "U1"}},
				},
			)
			for _, kind := range []models.Kind{models.Classifications, models.Units} {
				f.mustFind(models.Match{}, kind, models.ByAlternativeCode, "")
				f.mustFind(models.Match{}, kind, models.ByAlternativeCode, "NULL")
			}
		}},
		{"returns no results for no references", func(f *fixture) {
			if found, err := f.Find(f.Context(), nil); err != nil || len(found) != 0 {
				f.Errorf("Find: %v, %v", found, err)
			}
			if found, err := f.AccessTokens(f.Context(), nil); err != nil || len(found) != 0 {
				f.Errorf("AccessTokens: %v, %v", found, err)
			}
		}},
		{"fails if the context is cancelled", func(f *fixture) {
			ctx, cancel := context.WithCancel(f.Context())
			cancel()
			unit := models.Reference{Kind: models.Units, By: models.ByName, Value: f.unit.Name}
			if _, err := f.Find(ctx, []models.Reference{unit}); err == nil {
				f.Error("Find succeeded")
			}
			if _, err := f.AccessTokens(ctx, []models.Reference{byIdentifier("a")}); err == nil {
				f.Error("AccessTokens succeeded")
			}
		}},
	},
)

func (f *fixture) mustFind(want models.Match, kind models.Kind, by models.Attribute, value string) {
	f.Helper()
	f.mustFindAll([]models.Reference{{Kind: kind, By: by, Value: value}}, []models.Match{want})
}

func (f *fixture) mustFindEach(kind models.Kind, by []models.Attribute, values []string) {
	f.Helper()
	keys := f.addRecords(kind, values)
	for _, attribute := range by {
		var refs []models.Reference
		var want []models.Match
		for i, value := range values {
			refs = append(refs, models.Reference{Kind: kind, By: attribute, Value: value})
			want = append(want, f.match(kind, keys[i]))
			f.mustFind(
				want[i],
				kind,
				attribute,
				value,
			) // alone as well: the query for one value is different
		}
		f.mustFindAll(refs, want)
	}
}

func (f *fixture) mustFindAll(refs []models.Reference, want []models.Match) {
	f.Helper()
	got, err := f.Find(f.Context(), refs)
	if err != nil {
		f.Fatalf("Find: %v", err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		f.Errorf("Find(%.300q): %s", refs, diff)
	}
}
