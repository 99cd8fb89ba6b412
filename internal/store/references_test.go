package store

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"

	"customer-events/models"
)

// manyAccounts is higher than the number of placeholders that SQLite allows in a statement.
const manyAccounts = 40_000

// addAccounts adds accounts that share a name.
func addAccounts(t *testing.T, s *Store, name string, n int) {
	t.Helper()
	for from := 0; from < n; from += 2000 {
		var accounts []models.Upsert
		for i := from; i < min(n, from+2000); i++ {
			id := fmt.Sprint(name, i)
			accounts = append(accounts, models.Upsert{Values: []any{id, id, name}})
		}
		if _, err := s.Upsert(t.Context(), models.Accounts, accounts, nil); err != nil {
			t.Fatal(err)
		}
	}
}

func byName(name string) models.Reference {
	return models.Reference{Kind: models.Accounts, By: models.ByName, Value: name}
}

// TestFind_NameSharedByMany looks up a name that many accounts share. It must be ambiguous, and must not
// hide other names of the same call.
func TestFind_NameSharedByMany(t *testing.T) {
	t.Parallel()
	for name, url := range databases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := open(t, url)
			addAccounts(t, s, "Unknown Customer", manyAccounts)
			addAccounts(t, s, "Unknown Twin", 2)
			var refs []models.Reference
			var want []int
			add := func(name string, count int) { refs, want = append(refs, byName(name)), append(want, count) }
			for i := range 450 {
				single := fmt.Sprint("Single ", i)
				if i%3 > 0 {
					addAccounts(t, s, single, 1)
				}
				add(single, min(i%3, 1))
			}
			add("Unknown Customer", models.Several)
			add("Unknown Twin", models.Several)
			add("Zoe", 0)
			begin := time.Now()
			found, err := s.Find(t.Context(), refs)
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("%d names, one of them shared by %d accounts: %v", len(refs), manyAccounts, time.Since(begin))
			for i, match := range found {
				if match.Count != want[i] {
					t.Errorf("%s: found %d times, want %d", refs[i].Value, match.Count, want[i])
				}
				if (match.Key != 0) != (want[i] == 1) {
					t.Errorf("%s: found the key %d and count %d", refs[i].Value, match.Key, match.Count)
				}
			}
		})
	}
}

// TestEvents_FilteredByReference filters by a name that many accounts share, and by other references.
func TestEvents_FilteredByReference(t *testing.T) {
	t.Parallel()
	for name, url := range databases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := open(t, url)
			addAccounts(t, s, "Unknown Customer", manyAccounts)
			addAccounts(t, s, "Known Customer", 1)
			units := []models.Upsert{{Values: []any{"U", "Shop", nil}}, {Values: []any{"V", "Web", nil}}}
			if _, err := s.Upsert(t.Context(), models.Units, units, nil); err != nil {
				t.Fatal(err)
			}
			key := func(ref models.Reference) int64 {
				found, err := s.Find(t.Context(), []models.Reference{ref})
				if err != nil || found[0].Count != 1 {
					t.Fatal(found, err)
				}
				return found[0].Key
			}
			number := func(i int) models.Reference {
				value := fmt.Sprint("Unknown Customer", i)
				return models.Reference{Kind: models.Accounts, By: models.ByNumber, Value: value}
			}
			shop := models.Reference{Kind: models.Units, By: models.ByName, Value: "Shop"}
			web := models.Reference{Kind: models.Units, By: models.ByID, Value: "V"}
			at := time.Now().UTC().Truncate(time.Microsecond)
			entry := models.WriteSet{At: at}
			for _, of := range []struct{ account, unit int64 }{
				{key(number(1)), key(shop)},
				{key(number(manyAccounts - 1)), key(web)},
				{key(byName("Known Customer")), key(web)},
			} {
				entry.Events = append(entry.Events, &models.WebCustomerEvent{
					ID:           models.ID(uuid.Must(uuid.NewV7())),
					AccountKey:   of.account,
					UnitKey:      of.unit,
					CreatedAt:    at,
					CreatedByKey: 1,
					EventDetails: models.EventDetails{PerformedOn: at, Website: "www.crm.com"},
				})
			}
			if err := s.Record(t.Context(), entry); err != nil {
				t.Fatal(err)
			}
			unknown, known, missing := byName("Unknown Customer"), byName("Known Customer"), byName("No Customer")
			last := number(manyAccounts - 1)
			unknownUnit := models.Reference{Kind: models.Units, By: models.ByID, Value: "W"}
			for name, c := range map[string]struct {
				filter models.EventFilter
				want   int
			}{
				"none":              {models.EventFilter{}, 3},
				"shared name":       {models.EventFilter{Account: &unknown}, 2},
				"name of one":       {models.EventFilter{Account: &known}, 1},
				"name of none":      {models.EventFilter{Account: &missing}, 0},
				"number":            {models.EventFilter{Account: &last}, 1},
				"unit by name":      {models.EventFilter{Unit: &shop}, 1},
				"unit by id":        {models.EventFilter{Unit: &web}, 2},
				"shared name, unit": {models.EventFilter{Account: &unknown, Unit: &web}, 1},
				"unknown unit":      {models.EventFilter{Unit: &unknownUnit}, 0},
			} {
				begin := time.Now()
				found, err := s.Events(t.Context(), models.Caller{}, c.filter, 0, 10)
				if err != nil || len(found) != c.want {
					t.Errorf("%s: %d events in %v (%v), want %d", name, len(found), time.Since(begin), err, c.want)
				}
				t.Logf("%s: %v", name, time.Since(begin))
			}
		})
	}
}
