package store

import (
	"context"
	"database/sql"
	"embed"
	"io/fs"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

// migrate applies the numbered files of a folder that have not been applied. The lock makes processes that start together do
// it one after the other; without it, two of three starts failed.
func migrate(ctx context.Context, db *sql.DB, dialect goose.Dialect, files embed.FS, folder string, locker lock.Locker) error {
	sub, err := fs.Sub(files, folder)
	if err != nil {
		return err
	}
	provider, err := goose.NewProvider(dialect, db, sub, goose.WithLocker(locker), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return err
	}
	_, err = provider.Up(ctx)
	return err
}
