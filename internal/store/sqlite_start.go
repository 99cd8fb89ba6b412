package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/pressly/goose/v3"
	sqlitedriver "modernc.org/sqlite"
)

func (d *sqliteDialect) migrations() (*migrations, error) {
	locker := &sqliteLock{path: d.path + ".migrating"}
	return newMigrations(goose.DialectSQLite3, sqliteMigrations, "migrations/sqlite", locker)
}

func (*sqliteDialect) migrationPool(db *sql.DB) (*sql.DB, error) { return db, nil }

// catalog reads the catalog. SQLite ignores the case of table names.
func (*sqliteDialect) catalog(ctx context.Context, db *sql.DB) (catalog, error) {
	return readCatalog(ctx, db, `SELECT m.name, c.name, NULL, NULL FROM sqlite_master m
		JOIN pragma_table_info(m.name) c
		WHERE m.type IN ('table', 'view')`, true)
}

func (*sqliteDialect) canHold(context.Context, *sql.DB) error { return nil }

func (*sqliteDialect) checkTables(catalog, schema) error { return nil }

func (*sqliteDialect) explain(err error) error { return err }

// exists reads the file with a connection that cannot change it.
func (d *sqliteDialect) exists(ctx context.Context) error {
	missing := fmt.Errorf("%w at %s: %s", ErrNoDatabase, d.path, createIt)
	file, err := os.Stat(d.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return missing
	case err != nil:
		return d.cannotOpen(err)
	case file.Size() == 0:
		return missing
	}
	c, err := d.readOnlyCatalog(ctx)
	if err == nil && !c.has(versionTable) {
		return missing
	}
	return nil // Open will explain the error
}

// readOnlyCatalog reads the catalog without changing the file.
func (d *sqliteDialect) readOnlyCatalog(ctx context.Context) (catalog, error) {
	db, err := sql.Open("sqlite", d.file("mode=ro&_pragma=busy_timeout(1000)"))
	if err != nil {
		return catalog{}, err
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	return d.catalog(ctx, db)
}

// refuseForeign returns an error if the file belongs to another application. Opening the file for writing
// would change its journal mode.
func (d *sqliteDialect) refuseForeign() error {
	if file, err := os.Stat(d.path); err != nil || file.Size() == 0 {
		return nil
	}
	m, err := d.migrations()
	if err != nil {
		return err
	}
	c, err := d.readOnlyCatalog(context.Background())
	if err != nil {
		return nil // Open will explain the error
	}
	return c.checkOwner(m.list)
}

// cannotOpen explains whether the folder or the file prevents opening the database.
func (d *sqliteDialect) cannotOpen(err error) error {
	folder := filepath.Dir(d.path)
	if absolute, err := filepath.Abs(folder); err == nil {
		folder = absolute
	}
	at, noFolder := os.Stat(folder)
	_, noFile := os.Stat(d.path)
	switch {
	case errors.Is(noFolder, fs.ErrNotExist):
		return fmt.Errorf("database: the folder %s does not exist: create it, or name another file with "+
			"--database or CRM_DATABASE", folder)
	case noFolder == nil && !at.IsDir():
		return fmt.Errorf("database: %s is a file and not a folder: name another file with --database or "+
			"CRM_DATABASE", folder)
	case errors.Is(noFile, fs.ErrNotExist):
		return fmt.Errorf("database: the folder %s cannot be written: %w: let this user write it, or name "+
			"another file with --database or CRM_DATABASE", folder, err)
	}
	return fmt.Errorf("database: the SQLite file cannot be opened: %w: let this user read and write the "+
		"file and its folder, or name another file with --database or CRM_DATABASE", err)
}

// unreachable explains why the file cannot be used.
func (d *sqliteDialect) unreachable(err error) error {
	const readOnly, cantOpen, notADatabase = 8, 14, 26
	var sqliteErr *sqlitedriver.Error
	if errors.As(err, &sqliteErr) {
		switch sqliteErr.Code() & 0xff {
		case readOnly, cantOpen:
			return fmt.Errorf("database: the SQLite file %s cannot be written: %w: let this user write the file "+
				"and its folder, where SQLite keeps two more files", d.path, err)
		case notADatabase:
			return fmt.Errorf("database: the file %s is not an SQLite database: %w: name another file with "+
				"--database or CRM_DATABASE", d.path, err)
		}
	}
	return fmt.Errorf("the SQLite database does not answer: %w", err)
}
