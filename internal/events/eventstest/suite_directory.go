package eventstest

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/google/go-cmp/cmp"

	"customer-events/models"
)

// alike are texts that databases take for ACR1, one collation or another.
var alike = []string{"ACR1", "acr1", "Acr1", "ACR1 ", " ACR1", "ACR1  ", "ÀCR1", "A\u0300CR1", "ACR1\t", "ACR1\n", "ACR1\u00a0",
	"\u200bACR1", "ＡＣＲ１", "ACR\u00b9", "ACR01", "ⒶCR1"}

// awkward are texts that mean something to whoever forgets that they are data.
var awkward = []string{"'; DROP TABLE units; --", `"`, `\`, `\'`, "%", "_", "?", ":a", "@p1", "${x}", "NULL", "0", "1e0", "0x41", "😀", "ß", "ss", "İ",
	"ﬁ", "fi", "مرحبا", "\u202eabc", strings.Repeat("😀", 255), strings.Repeat("😀", 254) + "😁", strings.Repeat("x", 255)}

// kinds are the attributes that records of each kind are found by.
var kinds = []struct {
	kind models.Kind
	by   []models.Attribute
}{
	{models.Accounts, []models.Attribute{models.ByID, models.ByNumber, models.ByName}},
	{models.Participants, []models.Attribute{models.ByID, models.ByNumber}},
	{models.Classifications, []models.Attribute{models.ByID, models.ByName, models.ByAlternativeCode}},
	{models.Units, []models.Attribute{models.ByID, models.ByName, models.ByAlternativeCode}},
}

var directoryPromises = slices.Concat(
	eachKind("finds its own and not what looks like it", func(s *scene, kind models.Kind, by []models.Attribute) {
		key := s.bearers(kind, alike[:1])[0]
		for _, attribute := range by {
			for _, value := range alike {
				want := models.Match{}
				if value == alike[0] {
					want = s.match(kind, key)
				}
				s.mustFind(want, kind, attribute, value)
			}
		}
	}),
	eachKind("tells records apart that look alike", func(s *scene, kind models.Kind, by []models.Attribute) {
		s.mustFindEach(kind, by, alike)
	}),
	eachKind("takes texts as they are", func(s *scene, kind models.Kind, by []models.Attribute) {
		s.mustFindEach(kind, by, awkward)
	}),
	eachKind("keeps the order of a thousand references, known and unknown", func(s *scene, kind models.Kind, by []models.Attribute) {
		values := make([]string, 1000)
		for i := range values {
			values[i] = fmt.Sprintf("M%03d", i*617%1000) // in no order that a database would choose
		}
		keys := s.bearers(kind, values[:500])
		for _, attribute := range by {
			refs, want := make([]models.Reference, len(values)), make([]models.Match, len(values))
			for i, value := range values {
				at := i * 389 % len(values)
				if refs[at] = (models.Reference{Kind: kind, By: attribute, Value: value}); i < 500 {
					want[at] = s.match(kind, keys[i])
				}
			}
			s.mustFindAll(refs, want)
		}
	}),
	[]obligation{
		{"answers all kinds at once, in the order of asking", func(s *scene) {
			s.mustFindAll([]models.Reference{
				{Kind: models.Units, By: models.ByName, Value: s.unit.Name},
				{Kind: models.Accounts, By: models.ByNumber, Value: "nobody's"},
				{Kind: models.Participants, By: models.ByNumber, Value: s.participant.Number},
				{Kind: models.Accounts, By: models.ByNumber, Value: s.account.Number},
				{Kind: models.Classifications, By: models.ByAlternativeCode, Value: *s.classification.AlternativeCode},
				{Kind: models.Accounts, By: models.ByID, Value: s.account.ID},
				{Kind: models.Units, By: models.ByAlternativeCode, Value: *s.unit.AlternativeCode},
			}, []models.Match{
				s.match(models.Units, s.unit.Key), {}, s.match(models.Participants, s.participant.Key), s.match(models.Accounts, s.account.Key),
				s.match(models.Classifications, s.classification.Key), s.match(models.Accounts, s.account.Key), s.match(models.Units, s.unit.Key),
			})
		}},
		{"finds a value only where it was asked for", func(s *scene) {
			s.mustFind(models.Match{}, models.Accounts, models.ByID, s.account.Number)
			s.mustFind(models.Match{}, models.Accounts, models.ByName, s.account.Number)
			s.mustFind(models.Match{}, models.Participants, models.ByNumber, s.account.Number)
			s.mustFind(models.Match{}, models.Units, models.ByName, *s.unit.AlternativeCode)
			s.mustFind(models.Match{}, models.Classifications, models.ByName, s.unit.Name)
		}},
		{"finds that several accounts share a name", func(s *scene) {
			s.Add(s.T, Data{Accounts: []models.Account{
				{ID: "T1", Number: "T1", Name: "Alex Twin"}, {ID: "T2", Number: "T2", Name: "Alex Twin"},
				{ID: "T3", Number: "T3", Name: "Alex Twin"}, {ID: "T4", Number: "T4", Name: "alex twin"}}})
			found, err := s.Find(s.Context(), []models.Reference{{Kind: models.Accounts, By: models.ByName, Value: "Alex Twin"}})
			if err != nil || len(found) != 1 || found[0] != (models.Match{Count: models.Several}) {
				s.Errorf("found %+v, %v, want several", found, err)
			}
		}},
		{"does not find classifications of events that are not WEB", func(s *scene) {
			data := Data{Classifications: []models.Classification{
				{ID: "C1", Name: "Till", AlternativeCode: ptr("TL"), Type: "PURCHASE"},
				{ID: "C2", Name: "Web", AlternativeCode: ptr("WB"), Type: "web"},
				{ID: "C3", Name: "Page", AlternativeCode: ptr("PP"), Type: models.WebEvent}}}
			s.Add(s.T, data)
			for _, c := range data.Classifications {
				want := models.Match{}
				if c.Type == models.WebEvent {
					want = s.match(models.Classifications, c.Key)
				}
				s.mustFind(want, models.Classifications, models.ByID, c.ID)
				s.mustFind(want, models.Classifications, models.ByName, c.Name)
				s.mustFind(want, models.Classifications, models.ByAlternativeCode, *c.AlternativeCode)
			}
		}},
		{"does not find by an alternative code that a record has not got", func(s *scene) {
			s.Add(s.T, Data{Classifications: []models.Classification{{ID: "C1", Name: "C1", Type: models.WebEvent}}, Units: []models.Unit{{ID: "U1", Name: "U1"}}})
			for _, kind := range []models.Kind{models.Classifications, models.Units} {
				s.mustFind(models.Match{}, kind, models.ByAlternativeCode, "")
				s.mustFind(models.Match{}, kind, models.ByAlternativeCode, "NULL")
			}
		}},
		{"answers nothing to no references", func(s *scene) {
			if found, err := s.Find(s.Context(), nil); err != nil || len(found) != 0 {
				s.Errorf("Find: %v, %v", found, err)
			}
			if found, err := s.AccessTokens(s.Context(), nil); err != nil || len(found) != 0 {
				s.Errorf("AccessTokens: %v, %v", found, err)
			}
		}},
		{"fails when the context is over", func(s *scene) {
			ctx, cancel := context.WithCancel(s.Context())
			cancel()
			if _, err := s.Find(ctx, []models.Reference{{Kind: models.Units, By: models.ByName, Value: s.unit.Name}}); err == nil {
				s.Error("Find succeeded")
			}
			if _, err := s.AccessTokens(ctx, []models.Reference{{Kind: models.AccessTokens, By: models.ByIdentifier, Value: "a"}}); err == nil {
				s.Error("AccessTokens succeeded")
			}
		}},
	})

// eachKind is one promise for every kind of record.
func eachKind(name string, keep func(s *scene, kind models.Kind, by []models.Attribute)) (list []obligation) {
	for _, k := range kinds {
		list = append(list, obligation{name + ": " + k.kind.String(), func(s *scene) { keep(s, k.kind, k.by) }})
	}
	return list
}

// bearers adds a record for each value, which it bears in every attribute, and tells their keys.
func (s *scene) bearers(kind models.Kind, values []string) (keys []int64) {
	var data Data
	for _, v := range values {
		switch kind {
		case models.Accounts:
			data.Accounts = append(data.Accounts, models.Account{ID: v, Number: v, Name: v})
		case models.Participants:
			data.Participants = append(data.Participants, models.Participant{ID: v, Number: v, AccountKey: s.account.Key})
		case models.Classifications:
			data.Classifications = append(data.Classifications, models.Classification{ID: v, Name: v, AlternativeCode: &v, Type: models.WebEvent})
		case models.Units:
			data.Units = append(data.Units, models.Unit{ID: v, Name: v, AlternativeCode: &v})
		}
	}
	s.Add(s.T, data)
	for i := range values {
		switch kind {
		case models.Accounts:
			keys = append(keys, data.Accounts[i].Key)
		case models.Participants:
			keys = append(keys, data.Participants[i].Key)
		case models.Classifications:
			keys = append(keys, data.Classifications[i].Key)
		case models.Units:
			keys = append(keys, data.Units[i].Key)
		}
	}
	return keys
}

// match is what one record is to be found as.
func (s *scene) match(kind models.Kind, key int64) models.Match {
	match := models.Match{Count: 1, Key: key}
	if kind == models.Participants {
		match.AccountKey = s.account.Key
	}
	return match
}

func (s *scene) mustFind(want models.Match, kind models.Kind, by models.Attribute, value string) {
	s.Helper()
	s.mustFindAll([]models.Reference{{Kind: kind, By: by, Value: value}}, []models.Match{want})
}

func (s *scene) mustFindEach(kind models.Kind, by []models.Attribute, values []string) {
	s.Helper()
	keys := s.bearers(kind, values)
	for _, attribute := range by {
		var refs []models.Reference
		var want []models.Match
		for i, value := range values {
			refs = append(refs, models.Reference{Kind: kind, By: attribute, Value: value})
			want = append(want, s.match(kind, keys[i]))
			s.mustFind(want[i], kind, attribute, value) // alone as well: a chunk of one is written differently
		}
		s.mustFindAll(refs, want)
	}
}

func (s *scene) mustFindAll(refs []models.Reference, want []models.Match) {
	s.Helper()
	got, err := s.Find(s.Context(), refs)
	if err != nil {
		s.Fatalf("Find: %v", err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		s.Errorf("Find(%.300q): %s", refs, diff)
	}
}
