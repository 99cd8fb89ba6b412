package store

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"customer-events/models"
)

// What an upsert does to each kind of record is tested in package importer. Here stands what only rivals
// and the database itself can do to it.

func onEachDatabase(t *testing.T, test func(t *testing.T, s *Store)) {
	t.Helper()
	t.Parallel()
	for name, url := range databases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, open(t, url))
		})
	}
}

func classification(id, name, kind string) models.Upsert {
	return models.Upsert{Values: []any{id, name, nil, kind}}
}

func unit(name string) models.Upsert { return models.Upsert{Values: []any{nil, name, nil}} }

// upsert writes records and returns why single ones are refused.
func upsert(
	t *testing.T, s *Store, kind models.Kind, rows ...models.Upsert,
) (refused map[int]error, err error) {
	t.Helper()
	results, err := s.Upsert(t.Context(), kind, rows, nil)
	refused = make(map[int]error)
	for i, result := range results {
		if result.Err != nil {
			refused[i] = result.Err
		}
	}
	return refused, err
}

func classificationNames(t *testing.T, s *Store) (names []string) {
	t.Helper()
	if err := s.read.Model(&models.Classification{}).Order("id").Pluck("name", &names).Error; err != nil {
		t.Fatal(err)
	}
	return names
}

// TestUpsertExchange has two records exchange their names while a third gives its name to a new one: a
// database that checks row by row refuses the outcome as one statement.
func TestUpsertExchange(t *testing.T) {
	onEachDatabase(t, func(t *testing.T, s *Store) {
		for _, rows := range [][]models.Upsert{
			{classification("c1", "A", "WEB"), classification("c2", "B", "WEB"), classification("c3", "C", "WEB")},
			{classification("c4", "C", "WEB"), classification("c2", "A", "WEB"), classification("c1", "B", "WEB"), classification("c3", "D", "WEB")},
		} {
			if refused, err := upsert(t, s, models.Classifications, rows...); err != nil || len(refused) > 0 {
				t.Fatal(refused, err)
			}
		}
		if diff := cmp.Diff([]string{"B", "A", "D", "C"}, classificationNames(t, s)); diff != "" {
			t.Error(diff)
		}
	})
}

// TestUpsertRefusedByDatabase expects just the rows to be refused that the database does not take.
func TestUpsertRefusedByDatabase(t *testing.T) {
	onEachDatabase(t, func(t *testing.T, s *Store) {
		bad := strings.Repeat("W", 65) // too long for MySQL
		if s.dialect.name() == "SQLite" {
			trigger := "CREATE TRIGGER long BEFORE INSERT ON classifications WHEN LENGTH(NEW.type) > 64 BEGIN SELECT RAISE(ABORT, 'too long'); END"
			if _, err := s.writer().ExecContext(t.Context(), trigger); err != nil {
				t.Fatal(err)
			}
		}
		var rows []models.Upsert
		for i := range 100 {
			rows = append(rows, classification(fmt.Sprintf("c%02d", i), fmt.Sprintf("n%02d", i), "WEB"))
		}
		rows[0].Values[3], rows[41].Values[3] = bad, bad
		refused, err := upsert(t, s, models.Classifications, rows...)
		if err != nil || len(refused) != 2 || refused[0] == nil || refused[41] == nil || !strings.HasPrefix(refused[41].Error(), "the database refuses the row: ") {
			t.Error(refused, err)
		}
		if n := len(classificationNames(t, s)); n != 98 {
			t.Errorf("%d rows are there, not 98", n)
		}
	})
}

// TestUpsertContested has somebody always be faster with one of the rows.
func TestUpsertContested(t *testing.T) {
	t.Parallel()
	s := open(t, databases["SQLite"])
	trigger := "CREATE TRIGGER rival BEFORE INSERT ON units WHEN NEW.name = 'b' BEGIN INSERT INTO units (id, name) VALUES (NEW.id || '-', 'b'); END"
	if _, err := s.writer().ExecContext(t.Context(), trigger); err != nil {
		t.Fatal(err)
	}
	refused, err := upsert(t, s, models.Units, unit("a"), unit("b"), unit("c"))
	if err != nil || len(refused) != 1 || !errors.Is(refused[1], errWriteConflict) {
		t.Error(refused, err)
	}
}

// TestUpsertRivals has writers give the same new ids to numbers of their own at once. Each id must end at
// one number, with what its writer wrote, and every other writer must hear of it: ON DUPLICATE KEY UPDATE
// would write one record over another.
func TestUpsertRivals(t *testing.T) {
	onEachDatabase(t, func(t *testing.T, s *Store) {
		const writers, rounds, rows = 6, 5, 20
		var lock sync.Mutex
		var good []string
		write := func(w, round int) {
			accounts := make([]models.Upsert, rows)
			for i := range accounts {
				accounts[i].Values = []any{fmt.Sprintf("r%d-%d", round, i), fmt.Sprintf("w%d-r%d-%d", w, round, i), fmt.Sprint(w)}
			}
			if w%2 == 0 {
				slices.Reverse(accounts) // so that they meet each other half-way
			}
			refused, err := upsert(t, s, models.Accounts, accounts...)
			for errors.Is(err, models.ErrAborted) {
				refused, err = upsert(t, s, models.Accounts, accounts...)
			}
			if err != nil {
				t.Error(err)
				return
			}
			lock.Lock()
			defer lock.Unlock()
			for i, account := range accounts {
				if refused[i] == nil {
					good = append(good, fmt.Sprint(account.Values...))
				}
			}
		}
		for round := range rounds {
			var wait sync.WaitGroup
			for w := range writers {
				wait.Go(func() { write(w, round) })
			}
			wait.Wait()
		}
		var accounts []models.Account
		if err := s.read.Find(&accounts).Error; err != nil {
			t.Fatal(err)
		}
		var there []string
		for _, account := range accounts {
			there = append(there, fmt.Sprint(account.ID, account.Number, account.Name))
		}
		slices.Sort(good)
		slices.Sort(there)
		if diff := cmp.Diff(good, there); diff != "" || len(there) != rounds*rows {
			t.Errorf("%d records (-said to be written +there):\n%s", len(there), diff)
		}
	})
}

// TestUpsertWritesOnlyChanges imports the same again: nothing may be written, since most rows of most
// imports are the same.
func TestUpsertWritesOnlyChanges(t *testing.T) {
	onEachDatabase(t, func(t *testing.T, s *Store) {
		if onTiDB(t, s) {
			t.Skip("a trigger shows what is written, and TiDB has none")
		}
		password := &models.HashedSecret{Hash: []byte{1, 2}}
		for _, test := range []struct {
			kind   models.Kind
			table  string
			values []any
		}{
			{models.Accounts, "accounts_receivable", []any{"a", "n", "name"}},
			{models.Participants, "rewards_participants", []any{nil, "n", int64(7)}},
			{models.Classifications, "classifications", []any{nil, "n", "x", "WEB"}},
			{models.Units, "units", []any{"u", "n", nil}},
			{models.AccessTokens, "access_tokens", []any{"n", int64(7), "EFFECTIVE", &models.HashedSecret{Hash: []byte{0, 0xff}}, nil, nil, password,
				time.Date(2030, 1, 1, 0, 0, 0, 123456000, time.UTC)}},
		} {
			row := models.Upsert{Values: test.values}
			if refused, err := upsert(t, s, test.kind, row); err != nil || len(refused) > 0 {
				t.Fatal(refused, err)
			}
			trap := "CREATE TRIGGER trap_" + test.table + " BEFORE UPDATE ON " + test.table + " BEGIN SELECT RAISE(ABORT, 'written'); END"
			if s.dialect.name() != "SQLite" {
				trap = "CREATE TRIGGER trap_" + test.table + " BEFORE INSERT ON " + test.table + " FOR EACH ROW SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'written'"
			}
			if _, err := s.writer().ExecContext(t.Context(), trap); err != nil {
				t.Fatal(err)
			}
			results, err := s.Upsert(t.Context(), test.kind, []models.Upsert{row}, nil)
			if err != nil || results[0].Change != models.Unchanged {
				t.Fatal(results, err)
			}
		}
	})
}

func TestUpsertWithoutDatabase(t *testing.T) {
	t.Parallel()
	s := open(t, databases["SQLite"])
	if err := s.writer().Close(); err != nil {
		t.Fatal(err)
	}
	if refused, err := upsert(t, s, models.Units, unit("a")); err == nil || len(refused) > 0 {
		t.Error(refused, err)
	}
}
