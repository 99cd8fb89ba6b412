package store

import (
	"log/slog"
	"testing"

	"customer-events/internal/events/eventstest"
	"customer-events/internal/store/storetest"
)

func TestMain(m *testing.M) { storetest.Run(m) }

// databases create the databases that the tests run on, by name.
var databases = map[string]func(testing.TB) string{"SQLite": storetest.SQLite, "MySQL": storetest.MySQL}

// open opens a fresh database with its tables.
func open(t testing.TB, url func(testing.TB) string) *Store {
	t.Helper()
	s, err := Open(t.Context(), url(t), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s
}

// world is a store for the conformance suite.
type world struct{ *Store }

func (w world) Add(t testing.TB, data eventstest.Data) {
	t.Helper()
	create := func(rows any, n int) {
		if n == 0 {
			return
		}
		if err := w.write.Create(rows).Error; err != nil {
			t.Fatal(err)
		}
	}
	create(&data.Users, len(data.Users))
	create(&data.Accounts, len(data.Accounts))
	create(&data.Classifications, len(data.Classifications))
	create(&data.Units, len(data.Units))
	create(&data.Participants, len(data.Participants))
	create(&data.AccessTokens, len(data.AccessTokens))
}

func TestConformance(t *testing.T) {
	t.Parallel()
	for name, url := range databases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			eventstest.Conform(t, func(t *testing.T) eventstest.World { return world{open(t, url)} })
		})
	}
}
