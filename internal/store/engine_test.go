package store

import (
	"log/slog"
	"strings"
	"testing"

	"customer-events/internal/store/storetest"
)

// privateMySQL starts a server with further flags, and makes a database on it.
func privateMySQL(t *testing.T, flags ...string) (url string) {
	t.Helper()
	server, err := storetest.Start(t.Context(), storetest.Options{Args: flags})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	if server.Kind() == storetest.KindTiDB {
		t.Skip("TiDB has one engine")
	}
	url, err = server.URL("engines")
	if err != nil {
		t.Fatal(err)
	}
	return url
}

// TestMigrate_EveryTableIsInnoDB migrates servers whose default is another engine or row format.
func TestMigrate_EveryTableIsInnoDB(t *testing.T) {
	t.Parallel()
	for name, flag := range map[string]string{
		"MyISAM":  "--default-storage-engine=MyISAM",
		"Aria":    "--default-storage-engine=Aria",
		"COMPACT": "--innodb-default-row-format=compact",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url := privateMySQL(t, flag)
			s := open(t, func(testing.TB) string { return url })
			c, err := s.dialect.catalog(t.Context(), s.writer())
			if err != nil {
				t.Fatal(err)
			}
			for table, is := range c.tables {
				if is.engine != "InnoDB" || is.rowFormat != "Dynamic" && !strings.HasPrefix(table, "goose_") {
					t.Errorf("%s is %s, %s", table, is.engine, is.rowFormat)
				}
			}
			for statement, want := range map[string]string{
				"ALTER TABLE sessions ENGINE=MyISAM":                     "MyISAM",
				"ALTER TABLE failed_attempts ROW_FORMAT=COMPACT":         "Compact",
				"ALTER TABLE idempotent_call_events ENGINE=Aria":         "Aria",
				"ALTER TABLE units ENGINE=MyISAM, ROW_FORMAT=FIXED":      "units",
				"ALTER TABLE customer_events_properties ENGINE = MyISAM": "customer_events_properties",
			} {
				if _, err := s.writer().ExecContext(t.Context(), statement); err != nil {
					t.Fatal(err)
				}
				if err := s.Migrate(t.Context()); err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("after %s: %v", statement, err)
				}
			}
			// The remedy in the error works.
			for _, statement := range []string{
				"ALTER TABLE sessions ENGINE=InnoDB ROW_FORMAT=DYNAMIC",
				"ALTER TABLE failed_attempts ENGINE=InnoDB ROW_FORMAT=DYNAMIC",
				"ALTER TABLE idempotent_call_events ENGINE=InnoDB ROW_FORMAT=DYNAMIC",
				"ALTER TABLE units ENGINE=InnoDB ROW_FORMAT=DYNAMIC",
				"ALTER TABLE customer_events_properties ENGINE=InnoDB ROW_FORMAT=DYNAMIC",
			} {
				if _, err := s.writer().ExecContext(t.Context(), statement); err != nil {
					t.Fatal(err)
				}
			}
			if err := s.Migrate(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestMigrate_ServerWithoutInnoDB expects an error that names InnoDB.
func TestMigrate_ServerWithoutInnoDB(t *testing.T) {
	t.Parallel()
	for name, flags := range map[string][]string{
		"skipped":  {"--skip-innodb", "--default-storage-engine=MyISAM"},
		"enforced": {"--enforce-storage-engine=Aria"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url := privateMySQL(t, flags...)
			s, err := Open(t.Context(), url, slog.New(slog.DiscardHandler))
			if err == nil {
				defer s.Close()
				err = s.Migrate(t.Context())
			}
			if err == nil || !strings.Contains(err.Error(), "enable InnoDB") {
				t.Errorf("%v", err)
			}
		})
	}
}
