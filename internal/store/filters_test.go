package store

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"customer-events/models"
)

// addEvents records thousands of events, of three external systems.
func addEvents(t testing.TB, s *Store, thousands int) {
	t.Helper()
	for thousand := range thousands {
		at := time.Now().UTC().Truncate(time.Microsecond)
		entry := models.WriteSet{At: at}
		for i := range 1000 {
			system, number := fmt.Sprint("system ", i%3), fmt.Sprintf("%06d", thousand*1000+i)
			entry.Events = append(entry.Events, &models.WebCustomerEvent{
				ID:           models.ID(uuid.Must(uuid.NewV7())),
				AccountKey:   int64(i % 100),
				UnitKey:      int64(i % 7),
				CreatedAt:    at,
				CreatedByKey: 1,
				EventDetails: models.EventDetails{
					PerformedOn:                   at,
					Website:                       "www.crm.com",
					ExternalSystem:                &system,
					ExternalSystemReferenceNumber: &number,
				},
			})
		}
		if err := s.Record(t.Context(), entry); err != nil {
			t.Fatal(err)
		}
	}
}

// plan returns the query plan for a filter, with one line for each table that the database reads.
func plan(t *testing.T, s *Store, filter models.EventFilter) string {
	t.Helper()
	type recording struct{}
	var statement string
	var values []any
	name := fmt.Sprintf("plan:%p", &statement)
	err := s.queries.Callback().Query().After("gorm:query").Register(name, func(db *gorm.DB) {
		ours, _ := db.Statement.Context.Value(recording{}).(bool)
		if ours && db.Statement.Table == "web_customer_events" {
			statement, values = db.Statement.SQL.String(), db.Statement.Vars
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.WithValue(t.Context(), recording{}, true)
	if _, err := s.Events(ctx, models.Caller{}, filter, 0, 10); err != nil {
		t.Fatal(err)
	}
	explain := "EXPLAIN "
	if s.dialect.name() == "SQLite" {
		explain = "EXPLAIN QUERY PLAN "
	}
	rows, err := s.reader().QueryContext(t.Context(), explain+statement, values...)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for rows.Next() {
		cells, into := make([]*string, len(columns)), make([]any, len(columns))
		for i := range cells {
			into[i] = &cells[i]
		}
		if err := rows.Scan(into...); err != nil {
			t.Fatal(err)
		}
		var line []string
		for _, cell := range cells {
			if cell == nil {
				cell = new("")
			}
			line = append(line, *cell)
		}
		lines = append(lines, strings.Join(line, " "))
	}
	return strings.Join(lines, "\n")
}

// TestEvents_EveryFilterHasAnIndex filters by single attributes that no event matches. The database must
// read an index instead of all events.
func TestEvents_EveryFilterHasAnIndex(t *testing.T) {
	t.Parallel()
	for name, url := range databases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := open(t, url)
			if onTiDB(t, s) {
				t.Skip("TiDB has another format of plans")
			}
			addEvents(t, s, 20)
			if name == "MySQL" {
				if _, err := s.writer().ExecContext(t.Context(), "ANALYZE TABLE web_customer_events"); err != nil {
					t.Fatal(err)
				}
			}
			none, past, future := "none", time.Now().AddDate(-10, 0, 0), time.Now().AddDate(10, 0, 0)
			of := func(kind models.Kind, by models.Attribute) *models.Reference {
				return &models.Reference{Kind: kind, By: by, Value: none}
			}
			for _, c := range []struct {
				index  string
				filter models.EventFilter
			}{
				{"reference_number", models.EventFilter{ExternalSystemReferenceNumber: &none}},
				{"external_system", models.EventFilter{ExternalSystem: &none}},
				{"account", models.EventFilter{Account: of(models.Accounts, models.ByNumber)}},
				{"account", models.EventFilter{Account: of(models.Accounts, models.ByName)}},
				{"participant", models.EventFilter{Participant: of(models.Participants, models.ByNumber)}},
				{"unit", models.EventFilter{Unit: of(models.Units, models.ByName)}},
				{"classification", models.EventFilter{
					Classification: of(models.Classifications, models.ByAlternativeCode)}},
				{"performed_on", models.EventFilter{PerformedFrom: &future}},
				{"performed_on", models.EventFilter{PerformedTo: &past}},
				{"created_at", models.EventFilter{CreatedFrom: &future}},
				{"created_at", models.EventFilter{CreatedTo: &past}},
				{"created_at", models.EventFilter{CreatedFrom: &past, CreatedTo: &past}},
			} {
				lines := plan(t, s, c.filter)
				index := "web_customer_events_" + c.index
				empty := strings.Contains(lines, "Impossible WHERE") || strings.Contains(lines, "no matching row")
				scan := strings.Contains(lines, "SCAN web_customer_events") || strings.Contains(lines, " ALL ")
				if !strings.Contains(lines, index) && !empty || scan {
					t.Errorf("%s: the plan does not use the index:\n%s", c.index, lines)
				}
			}
		})
	}
}

// TestMigrations_FiltersAgain runs a migration again, as after an interruption. External references must
// stay unique at every moment.
func TestMigrations_FiltersAgain(t *testing.T) {
	t.Parallel()
	s := open(t, databases["MySQL"])
	text, err := mysqlMigrations.ReadFile("migrations/mysql/00005_filters.sql")
	if err != nil {
		t.Fatal(err)
	}
	_, up, _ := strings.Cut(string(text), "-- +goose Up")
	conn, err := s.writer().Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	for range 2 {
		for _, statement := range strings.Split(strings.TrimSpace(up), ";") {
			if statement = strings.TrimSpace(statement); statement == "" {
				continue
			}
			if _, err := conn.ExecContext(t.Context(), statement); err != nil {
				t.Fatalf("%s: %v", statement, err)
			}
		}
	}
	var unique, old int
	err = s.reader().QueryRowContext(t.Context(), `SELECT
		SUM(index_name = 'web_customer_events_reference_number' AND non_unique = 0),
		SUM(index_name = 'web_customer_events_external_reference') FROM information_schema.statistics
		WHERE table_schema = DATABASE() AND table_name = 'web_customer_events'`).Scan(&unique, &old)
	if err != nil || unique != 2 || old != 0 {
		t.Errorf("%d columns of the unique key, %d of the old one, %v", unique, old, err)
	}
}
