package store

import (
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// schema holds the columns of each table, by the table's name.
type schema map[string][]string

var (
	sqlComment  = regexp.MustCompile(`(?s)--[^\n]*|/\*.*?\*/`)
	sqlSpace    = regexp.MustCompile(`\s+`)
	createTable = regexp.MustCompile(`(?i)^CREATE TABLE (?:IF NOT EXISTS )?(\S+?) ?\((.*)\)[^()]*$`)
	alterTable  = regexp.MustCompile(`(?i)^ALTER TABLE (\S+) (.*)$`)
	dropTable   = regexp.MustCompile(`(?i)^DROP TABLE (?:IF EXISTS )?(\S+)$`)
	addColumn   = regexp.MustCompile(`(?i)^ADD (?:COLUMN )?(?:IF NOT EXISTS )?(\S+)`)
	dropColumn  = regexp.MustCompile(`(?i)^DROP (?:COLUMN )?(?:IF EXISTS )?(\S+)`)
	newColumn   = regexp.MustCompile(`(?i)^(?:RENAME COLUMN (\S+) TO|CHANGE (?:COLUMN )?(\S+)) (\S+)`)
	newTable    = regexp.MustCompile(`(?i)^RENAME (?:TO )?(\S+)$`)
	preparedDDL = regexp.MustCompile(`(?i)'(ALTER TABLE [^']*)'`)
	notColumn   = regexp.MustCompile(
		`(?i)^(PRIMARY|UNIQUE|KEY|INDEX|CONSTRAINT|FOREIGN|CHECK|FULLTEXT|SPATIAL)$`)
)

// migrationFile is one numbered migration.
type migrationFile struct {
	version    int64
	statements []string // without comments, with single spaces
}

// readMigrations reads the numbered files of a folder, in the order of their numbers.
func readMigrations(files fs.FS) ([]migrationFile, error) {
	names, err := fs.Glob(files, "*.sql")
	if err != nil {
		return nil, err
	}
	var all []migrationFile
	for _, name := range names {
		digits, _, _ := strings.Cut(path.Base(name), "_")
		version, err := strconv.ParseInt(digits, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("the migration %s has no number", name)
		}
		text, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, err
		}
		_, up, _ := strings.Cut(string(text), "-- +goose Up")
		up, _, _ = strings.Cut(up, "-- +goose Down")
		file := migrationFile{version: version}
		for _, statement := range splitTop(sqlComment.ReplaceAllString(up, " "), ';') {
			if statement = strings.TrimSpace(sqlSpace.ReplaceAllString(statement, " ")); statement != "" {
				file.statements = append(file.statements, statement)
			}
		}
		all = append(all, file)
	}
	slices.SortFunc(all, func(a, b migrationFile) int { return int(a.version - b.version) })
	return all, nil
}

// schemaAt returns the tables and columns that the migrations up to a version create. It parses the DDL,
// so that no second list is needed. A test compares the result with real databases.
func schemaAt(files []migrationFile, version int64) schema {
	s := schema{}
	for _, file := range files {
		if file.version > version {
			break
		}
		for _, statement := range file.statements {
			s.apply(statement)
		}
	}
	return s
}

// apply changes the schema as a statement changes a database.
func (s schema) apply(statement string) {
	switch {
	case createTable.MatchString(statement):
		parts := createTable.FindStringSubmatch(statement)
		var columns []string
		for _, item := range splitTop(parts[2], ',') {
			first, _, _ := strings.Cut(strings.TrimSpace(item), " ")
			if !notColumn.MatchString(strings.SplitN(first, "(", 2)[0]) {
				columns = append(columns, unquoted(first))
			}
		}
		if name := unquoted(parts[1]); s[name] == nil {
			s[name] = columns
		}
	case strings.HasPrefix(statement, "SET @"): // MySQL migrations prepare DDL that must not run twice
		for _, ddl := range preparedDDL.FindAllStringSubmatch(statement, -1) {
			s.apply(ddl[1])
		}
	case dropTable.MatchString(statement):
		delete(s, unquoted(dropTable.FindStringSubmatch(statement)[1]))
	case alterTable.MatchString(statement):
		parts := alterTable.FindStringSubmatch(statement)
		name := unquoted(parts[1])
		for _, action := range splitTop(parts[2], ',') {
			name = s.alter(name, strings.TrimSpace(action))
		}
	}
}

// alter applies one action of ALTER TABLE and returns the table's name afterwards.
func (s schema) alter(table, action string) string {
	if parts := addColumn.FindStringSubmatch(action); parts != nil {
		if !notColumn.MatchString(parts[1]) && !slices.Contains(s[table], unquoted(parts[1])) {
			s[table] = append(s[table], unquoted(parts[1]))
		}
	} else if parts := dropColumn.FindStringSubmatch(action); parts != nil {
		s[table] = slices.DeleteFunc(s[table], func(column string) bool { return column == unquoted(parts[1]) })
	} else if parts := newColumn.FindStringSubmatch(action); parts != nil {
		if i := slices.Index(s[table], unquoted(parts[1]+parts[2])); i >= 0 {
			s[table][i] = unquoted(parts[3])
		}
	} else if parts := newTable.FindStringSubmatch(action); parts != nil {
		renamed := unquoted(parts[1])
		s[renamed] = s[table]
		delete(s, table)
		return renamed
	}
	return table
}

// unquoted removes the quotation marks of an SQL name.
func unquoted(name string) string { return strings.Trim(name, "`\"") }

// splitTop splits a text at a separator outside parentheses and quotes.
func splitTop(text string, separator byte) []string {
	var parts []string
	depth, start := 0, 0
	var quote byte
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '\'' || c == '"' || c == '`':
			quote = c
		case c == '(':
			depth++
		case c == ')':
			depth--
		case c == separator && depth == 0:
			parts, start = append(parts, text[start:i]), i+1
		}
	}
	return append(parts, text[start:])
}
