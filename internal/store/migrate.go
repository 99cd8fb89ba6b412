package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

// migrations are the migration files of a dialect, with the lock under which they are applied.
type migrations struct {
	dialect goose.Dialect
	files   fs.FS
	list    []migrationFile
	// locker serialises processes that start at the same time. Without it, two of three such starts failed.
	locker lock.Locker
}

func newMigrations(
	dialect goose.Dialect, all fs.FS, folder string, locker lock.Locker,
) (*migrations, error) {
	files, err := fs.Sub(all, folder)
	if err != nil {
		return nil, err
	}
	list, err := readMigrations(files)
	return &migrations{dialect, files, list, locker}, err
}

// latest returns the highest version that the program knows.
func (m *migrations) latest() int64 { return m.list[len(m.list)-1].version }

// createProperties returns the statement that creates propertiesTable.
func (m *migrations) createProperties() string {
	for _, file := range m.list {
		for _, statement := range file.statements {
			parts := createTable.FindStringSubmatch(statement)
			if parts != nil && unquoted(parts[1]) == propertiesTable {
				return statement
			}
		}
	}
	panic("no migration creates " + propertiesTable)
}

// up applies the pending migrations.
func (m *migrations) up(ctx context.Context, db *sql.DB) error {
	provider, err := goose.NewProvider(m.dialect, db, m.files, goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return err
	}
	_, err = provider.Up(ctx)
	return err
}

// ErrNoDatabase is the error of OpenExisting if there is no database, or one without tables.
var ErrNoDatabase = errors.New("there is no database")

// createIt is the remedy in errors of commands that need a database and find none.
const createIt = `name it with --database or CRM_DATABASE, or create it with "customer-events migrate"`

// Migrate brings the tables up to date. Several processes may call it at the same time.
func (s *Store) Migrate(ctx context.Context) error {
	_, _, err := s.MigrateVersions(ctx)
	return err
}

// MigrateVersions brings the tables up to date and returns the versions before and after. It changes
// nothing in a database that belongs to another application, is newer than the program, or cannot hold
// the tables.
func (s *Store) MigrateVersions(ctx context.Context) (from, to int64, err error) {
	from, to, err = s.migrate(ctx)
	if err != nil {
		err = fmt.Errorf("bringing the %s tables up to date: %w", s.dialect.name(), err)
	}
	return from, to, err
}

// migrate is MigrateVersions without the context in its errors.
func (s *Store) migrate(ctx context.Context) (from, to int64, err error) {
	m, err := s.dialect.migrations()
	if err != nil {
		return 0, 0, err
	}
	before, err := s.examine(ctx, m)
	if err != nil {
		return 0, 0, err
	}
	from = before.version()
	if from < m.latest() || !before.has(propertiesTable) {
		if from, err = s.applyPending(ctx, m); err != nil {
			return 0, 0, err
		}
	}
	after, err := s.dialect.catalog(ctx, s.writer())
	if err != nil {
		return 0, 0, err
	}
	want := schemaAt(m.list, m.latest())
	return from, m.latest(), errors.Join(after.checkColumns(want), s.dialect.checkTables(after, want))
}

// applyPending waits for the lock, applies the pending migrations, and returns the version before.
func (s *Store) applyPending(ctx context.Context, m *migrations) (from int64, err error) {
	db, err := s.dialect.migrationPool(s.writer())
	if err != nil {
		return 0, err
	}
	if db != s.writer() {
		defer func() { err = errors.Join(err, db.Close()) }()
	}
	if err := m.locker.Lock(ctx, db); err != nil {
		return 0, s.dialect.explain(err)
	}
	defer func() { err = errors.Join(err, m.locker.Unlock(context.WithoutCancel(ctx), db)) }()
	// Another process may have migrated while this one waited for the lock.
	before, err := s.examine(ctx, m)
	if err != nil {
		return 0, err
	}
	if s.log != nil && before.version() < m.latest() {
		s.log.Info("applying migrations", "from", before.version(), "to", m.latest())
	}
	if !before.has(propertiesTable) {
		if _, err := db.ExecContext(ctx, m.createProperties()); err != nil {
			return 0, s.dialect.explain(err)
		}
	}
	return before.version(), s.dialect.explain(m.up(ctx, db))
}

// examine reads the catalog and returns an error if the program must not use or change the database.
func (s *Store) examine(ctx context.Context, m *migrations) (catalog, error) {
	c, err := s.dialect.catalog(ctx, s.writer())
	if err == nil && c.checkOwner(m.list) != nil {
		// If another process is creating the tables, the list may be inconsistent: read it again.
		c, err = s.dialect.catalog(ctx, s.writer())
	}
	if err == nil {
		err = c.checkOwner(m.list)
	}
	if err != nil {
		return c, err
	}
	if c.version() > m.latest() {
		return c, fmt.Errorf("the database is at version %d and this program knows version %d: run the newer "+
			"program, or restore a backup from before its first start", c.version(), m.latest())
	}
	// An administrator may have changed tables that exist already.
	current := schemaAt(m.list, c.version())
	return c, errors.Join(s.dialect.canHold(ctx, s.writer()), s.dialect.checkTables(c, current))
}

// OpenExisting opens a database whose tables are at the program's version. It creates and changes nothing.
func OpenExisting(ctx context.Context, url string, log *slog.Logger) (*Store, error) {
	dialect, err := dialectOf(url)
	if err != nil {
		return nil, err
	}
	if err := dialect.exists(ctx); err != nil {
		return nil, err
	}
	s, err := Open(ctx, url, log)
	if err != nil {
		return nil, err
	}
	if err := s.checkVersion(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// checkVersion returns an error unless the database is at the program's version.
func (s *Store) checkVersion(ctx context.Context) error {
	m, err := s.dialect.migrations()
	if err != nil {
		return err
	}
	c, err := s.examine(ctx, m)
	switch {
	case err != nil:
		return err
	case c.version() == 0:
		return fmt.Errorf("%w: the %s database has no tables of this program: %s", ErrNoDatabase,
			s.dialect.name(), createIt)
	case c.version() < m.latest():
		return fmt.Errorf("the database is at version %d and this program needs version %d: run "+
			"\"customer-events migrate\" first", c.version(), m.latest())
	}
	return nil
}
