package store

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path"
	"strconv"
	"strings"

	mysqldriver "github.com/go-sql-driver/mysql"
)

// OpenExisting opens a database that is there already, with the tables of this program. It never makes one.
func OpenExisting(ctx context.Context, url string, log *slog.Logger) (*Store, error) {
	dialect, err := dialectOf(url)
	if err != nil {
		return nil, err
	}
	if file, ok := dialect.(*sqliteDialect); ok {
		info, err := os.Stat(file.path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil, fmt.Errorf("there is no database %s: name another with --database, or make one with the command migrate or import", file.path)
		case err != nil:
			return nil, fmt.Errorf("opening the SQLite file: %w", err)
		case info.Size() == 0: // opening it would make a database of it
			return nil, fmt.Errorf("the file %s is empty and no database: name another with --database", file.path)
		}
	}
	s, err := Open(ctx, url, log)
	if err != nil {
		return nil, err
	}
	if err := s.CheckVersion(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// newestMigration is the number of the newest migration of this program.
func newestMigration(of dialect) (newest int64, err error) {
	files, folder := mysqlMigrations, "migrations/mysql"
	if _, ok := of.(*sqliteDialect); ok {
		files, folder = sqliteMigrations, "migrations/sqlite"
	}
	return newestOf(files, folder)
}

func newestOf(files embed.FS, folder string) (newest int64, err error) {
	entries, err := files.ReadDir(folder)
	for _, entry := range entries {
		number, _, _ := strings.Cut(path.Base(entry.Name()), "_")
		if n, err := strconv.ParseInt(number, 10, 64); err == nil {
			newest = max(newest, n)
		}
	}
	return newest, err
}

// noTable reports whether an error says that a table does not exist.
func (s *Store) noTable(err error) bool {
	const unknownTable = 1146
	var fault *mysqldriver.MySQLError
	if errors.As(err, &fault) {
		return fault.Number == unknownTable
	}
	return strings.Contains(err.Error(), "no such table")
}
