package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// catalog is the description of a database's tables by the database itself.
type catalog struct {
	tables map[string]catalogTable // by name, in lower case if the database ignores case
	// versions are the applied migrations; nil if the database has no table of versions.
	versions []int64
	// server is the version text of the server; empty for SQLite.
	server string
}

// catalogTable is one table or view. engine and rowFormat are empty for SQLite.
type catalogTable struct {
	columns           []string
	engine, rowFormat string
}

const (
	versionTable = "goose_db_version"
	// propertiesTable is created before the first migration. No other application has a table of this
	// name, so that a database that has it belongs to this program, even if the first migration was
	// interrupted.
	propertiesTable = "customer_events_properties"
)

// has reports whether the database has a table.
func (c catalog) has(table string) bool {
	_, found := c.tables[table]
	return found
}

// version returns the highest applied migration, 0 if there is none.
func (c catalog) version() int64 {
	if len(c.versions) == 0 {
		return 0
	}
	return slices.Max(c.versions)
}

// readCatalog reads the applied versions, and the tables with a query for rows of table, column, engine
// and row format. fold is true if the database ignores the case of table names.
func readCatalog(ctx context.Context, db *sql.DB, query string, fold bool) (catalog, error) {
	c := catalog{tables: map[string]catalogTable{}}
	rows, err := db.QueryContext(ctx, query)
	if err != nil {
		return c, err
	}
	defer rows.Close()
	for rows.Next() {
		var table, column string
		var engine, rowFormat sql.NullString
		if err := rows.Scan(&table, &column, &engine, &rowFormat); err != nil {
			return c, err
		}
		if fold {
			table = strings.ToLower(table)
		}
		t := c.tables[table]
		t.columns = append(t.columns, strings.ToLower(column))
		t.engine, t.rowFormat = engine.String, rowFormat.String
		c.tables[table] = t
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return c, err
	}
	if !containsAll(c.tables[versionTable].columns, []string{"id", "version_id", "is_applied"}) {
		return c, nil // there is no such table, or it is not goose's
	}
	c.versions, err = readVersions(ctx, db)
	return c, err
}

// readVersions reads which migrations are applied. The last row of a version counts.
func readVersions(ctx context.Context, db *sql.DB) ([]int64, error) {
	rows, err := db.QueryContext(ctx, "SELECT version_id, is_applied FROM "+versionTable+" ORDER BY id DESC")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	versions, seen := []int64{}, map[int64]bool{}
	for rows.Next() {
		var version int64
		var applied bool
		if err := rows.Scan(&version, &applied); err != nil {
			return nil, err
		}
		if applied && !seen[version] && version > 0 {
			versions = append(versions, version)
		}
		seen[version] = true
	}
	return versions, rows.Err()
}

// useAnother is the remedy in errors about databases that belong to another application.
const useAnother = "name an empty database with --database or CRM_DATABASE"

// checkOwner returns an error if the database has tables that this program would use but did not create.
//
// A database belongs to this program if it has propertiesTable. A database from a version before that
// table belongs to it if the database has the tables and columns of its applied migrations.
func (c catalog) checkOwner(files []migrationFile) error {
	if c.has(propertiesTable) {
		return nil
	}
	ours := schemaAt(files, files[len(files)-1].version)
	var present, different []string
	for _, name := range slices.Sorted(maps.Keys(ours)) {
		if c.has(name) {
			present = append(present, name)
		}
	}
	if c.has(versionTable) && c.versions == nil {
		return foreignTables([]string{versionTable})
	}
	if c.version() == 0 {
		if c.versions != nil { // the first migration of an early version was interrupted
			first := schemaAt(files, files[0].version)
			for _, name := range present {
				found, want := slices.Values(c.tables[name].columns), slices.Values(first[name])
				if !slices.Equal(slices.Sorted(found), slices.Sorted(want)) {
					different = append(different, name)
				}
			}
			present = different
		}
		return foreignTables(present)
	}
	for name, columns := range schemaAt(files, min(c.version(), files[len(files)-1].version)) {
		if name != propertiesTable && !containsAll(c.tables[name].columns, columns) {
			return errors.Join(fmt.Errorf("the table %q of the database belongs to another application and has "+
				"the versions of its migrations: %s", versionTable, useAnother), foreignTables(present))
		}
	}
	return nil
}

// foreignTables returns an error for tables that this program did not create; nil if there are none.
func foreignTables(names []string) error {
	switch len(names) {
	case 0:
		return nil
	case 1:
		return fmt.Errorf("the database has a table %q that this program did not create: %s", names[0], useAnother)
	}
	return fmt.Errorf("the database has tables %q that this program did not create: %s", names, useAnother)
}

// checkColumns returns an error for every table and column that the program needs and the database does
// not have.
func (c catalog) checkColumns(want schema) error {
	var missing []error
	for _, name := range slices.Sorted(maps.Keys(want)) {
		if !c.has(name) {
			missing = append(missing, fmt.Errorf("the table %q is missing: restore it from a backup", name))
			continue
		}
		for _, column := range want[name] {
			if !slices.Contains(c.tables[name].columns, strings.ToLower(column)) {
				missing = append(missing, fmt.Errorf("the table %q has no column %q, which this program needs: "+
					"restore the table from a backup, or %s", name, column, useAnother))
			}
		}
	}
	return errors.Join(missing...)
}

// containsAll reports whether all contains every element of some.
func containsAll(all, some []string) bool {
	return !slices.ContainsFunc(some, func(s string) bool { return !slices.Contains(all, s) })
}
