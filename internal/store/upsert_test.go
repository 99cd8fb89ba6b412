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

// The tests of package importer cover what an upsert does to each kind of record. These tests cover other
// writers and errors of the database.

// onEachDatabase runs a test with a new store on each database.
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

// upsert writes records and returns the errors of rejected ones by index.
func upsert(
	t *testing.T, s *Store, kind models.Kind, rows ...models.Upsert,
) (rejected map[int]error, err error) {
	t.Helper()
	results, err := s.Upsert(t.Context(), kind, rows, nil)
	rejected = make(map[int]error)
	for i, result := range results {
		if result.Err != nil {
			rejected[i] = result.Err
		}
	}
	return rejected, err
}

func classificationNames(t *testing.T, s *Store) (names []string) {
	t.Helper()
	if err := s.read.Model(&models.Classification{}).Order("id").Pluck("name", &names).Error; err != nil {
		t.Fatal(err)
	}
	return names
}

// TestUpsert_Exchange exchanges the names of two records, and moves the name of a third to a new one. A
// database that checks row by row rejects that as one statement.
func TestUpsert_Exchange(t *testing.T) {
	onEachDatabase(t, func(t *testing.T, s *Store) {
		for _, rows := range [][]models.Upsert{
			{classification("c1", "A", "WEB"), classification("c2", "B", "WEB"), classification("c3", "C", "WEB")},
			{classification("c4", "C", "WEB"), classification("c2", "A", "WEB"), classification("c1", "B", "WEB"),
				classification("c3", "D", "WEB")},
		} {
			if rejected, err := upsert(t, s, models.Classifications, rows...); err != nil || len(rejected) > 0 {
				t.Fatal(rejected, err)
			}
		}
		if diff := cmp.Diff([]string{"B", "A", "D", "C"}, classificationNames(t, s)); diff != "" {
			t.Error(diff)
		}
	})
}

// TestUpsert_RejectedByDatabase expects only those rows to be rejected that the database rejects.
func TestUpsert_RejectedByDatabase(t *testing.T) {
	onEachDatabase(t, func(t *testing.T, s *Store) {
		bad := strings.Repeat("W", 65) // too long for MySQL
		if s.dialect.name() == "SQLite" {
			trigger := "CREATE TRIGGER long BEFORE INSERT ON classifications WHEN LENGTH(NEW.type) > 64 " +
				"BEGIN SELECT RAISE(ABORT, 'too long'); END"
			if _, err := s.writer().ExecContext(t.Context(), trigger); err != nil {
				t.Fatal(err)
			}
		}
		var rows []models.Upsert
		for i := range 100 {
			rows = append(rows, classification(fmt.Sprintf("c%02d", i), fmt.Sprintf("n%02d", i), "WEB"))
		}
		rows[0].Values[3], rows[41].Values[3] = bad, bad
		rejected, err := upsert(t, s, models.Classifications, rows...)
		const want = "the database refuses the row: "
		if err != nil || len(rejected) != 2 || rejected[0] == nil || rejected[41] == nil ||
			!strings.HasPrefix(rejected[41].Error(), want) {
			t.Error(rejected, err)
		}
		if n := len(classificationNames(t, s)); n != 98 {
			t.Errorf("%d rows are stored instead of 98", n)
		}
	})
}

// TestUpsert_AlwaysInConflict has a trigger insert the same value before one of the rows, in every retry.
func TestUpsert_AlwaysInConflict(t *testing.T) {
	t.Parallel()
	s := open(t, databases["SQLite"])
	trigger := "CREATE TRIGGER rival BEFORE INSERT ON units WHEN NEW.name = 'b' " +
		"BEGIN INSERT INTO units (id, name) VALUES (NEW.id || '-', 'b'); END"
	if _, err := s.writer().ExecContext(t.Context(), trigger); err != nil {
		t.Fatal(err)
	}
	rejected, err := upsert(t, s, models.Units, unit("a"), unit("b"), unit("c"))
	if err != nil || len(rejected) != 1 || !errors.Is(rejected[1], errWriteConflict) {
		t.Error(rejected, err)
	}
}

// TestUpsert_ConcurrentWriters has writers add records with the same ids and different numbers. Each id
// must be stored once, with the values of one writer, and the others must get an error. ON DUPLICATE KEY
// UPDATE alone would overwrite records.
func TestUpsert_ConcurrentWriters(t *testing.T) {
	onEachDatabase(t, func(t *testing.T, s *Store) {
		const writers, rounds, rows = 6, 5, 20
		var lock sync.Mutex
		var written []string
		write := func(w, round int) {
			accounts := make([]models.Upsert, rows)
			for i := range accounts {
				id, number := fmt.Sprintf("r%d-%d", round, i), fmt.Sprintf("w%d-r%d-%d", w, round, i)
				accounts[i].Values = []any{id, number, fmt.Sprint(w)}
			}
			if w%2 == 0 {
				slices.Reverse(accounts) // so that writers conflict in the middle
			}
			rejected, err := upsert(t, s, models.Accounts, accounts...)
			for errors.Is(err, models.ErrAborted) {
				rejected, err = upsert(t, s, models.Accounts, accounts...)
			}
			if err != nil {
				t.Error(err)
				return
			}
			lock.Lock()
			defer lock.Unlock()
			for i, account := range accounts {
				if rejected[i] == nil {
					written = append(written, fmt.Sprint(account.Values...))
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
		var stored []string
		for _, account := range accounts {
			stored = append(stored, fmt.Sprint(account.ID, account.Number, account.Name))
		}
		slices.Sort(written)
		slices.Sort(stored)
		if diff := cmp.Diff(written, stored); diff != "" || len(stored) != rounds*rows {
			t.Errorf("%d records (-reported as written +stored):\n%s", len(stored), diff)
		}
	})
}

// TestUpsert_WritesOnlyChanges imports the same records again. It must write nothing: most rows of most
// imports have not changed.
func TestUpsert_WritesOnlyChanges(t *testing.T) {
	onEachDatabase(t, func(t *testing.T, s *Store) {
		if onTiDB(t, s) {
			t.Skip("the test needs triggers, which TiDB does not have")
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
			{models.AccessTokens, "access_tokens", []any{"n", int64(7), "EFFECTIVE",
				&models.HashedSecret{Hash: []byte{0, 0xff}}, nil, nil, password,
				time.Date(2030, 1, 1, 0, 0, 0, 123456000, time.UTC)}},
		} {
			row := models.Upsert{Values: test.values}
			if rejected, err := upsert(t, s, test.kind, row); err != nil || len(rejected) > 0 {
				t.Fatal(rejected, err)
			}
			trigger := "CREATE TRIGGER trap_" + test.table + " BEFORE UPDATE ON " + test.table +
				" BEGIN SELECT RAISE(ABORT, 'written'); END"
			if s.dialect.name() != "SQLite" {
				trigger = "CREATE TRIGGER trap_" + test.table + " BEFORE INSERT ON " + test.table +
					" FOR EACH ROW SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'written'"
			}
			if _, err := s.writer().ExecContext(t.Context(), trigger); err != nil {
				t.Fatal(err)
			}
			results, err := s.Upsert(t.Context(), test.kind, []models.Upsert{row}, nil)
			if err != nil || results[0].Change != models.Unchanged {
				t.Fatal(results, err)
			}
		}
	})
}

func TestUpsert_ClosedDatabase(t *testing.T) {
	t.Parallel()
	s := open(t, databases["SQLite"])
	if err := s.writer().Close(); err != nil {
		t.Fatal(err)
	}
	if rejected, err := upsert(t, s, models.Units, unit("a")); err == nil || len(rejected) > 0 {
		t.Error(rejected, err)
	}
}
