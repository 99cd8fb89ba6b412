package store

import (
	"testing"
	"time"

	"customer-events/models"
)

// TestUpsertPace has another connection write to the SQLite file. An import must notice that, and ignore
// its own writes.
func TestUpsertPace(t *testing.T) {
	t.Parallel()
	s := open(t, databases["SQLite"])
	path := s.dialect.(watchedDialect).dialect.(*sqliteDialect).path
	other, err := Open(t.Context(), "sqlite:"+path, s.log)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	pause := func(want float64, when string) {
		t.Helper()
		if _, got := s.UpsertPace(t.Context()); got != want {
			t.Errorf("%s: the pause is %g instead of %g", when, got, want)
		}
	}
	pause(pauseForOthers, "at first")
	s.pace.until = time.Now()
	if _, err := s.Upsert(t.Context(), models.Units, []models.Upsert{unit("a")}, nil); err != nil {
		t.Fatal(err)
	}
	pause(pauseToNotice, "after its own write")
	if _, err := other.Upsert(t.Context(), models.Units, []models.Upsert{unit("b")}, nil); err != nil {
		t.Fatal(err)
	}
	pause(pauseForOthers, "after the write of another")
	pause(pauseForOthers, "shortly after")
}
