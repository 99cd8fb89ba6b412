package app

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"

	"customer-events/internal/store"
)

// open opens the database and brings its tables up to date. It creates a database that does not exist.
func open(ctx context.Context, c config, log *slog.Logger) (*store.Store, error) {
	c.demo = false // only a server adds the demo login
	return openWith(ctx, c, log, sql.OpenDB)
}

// openWith is open with a function that opens the pools of connections.
func openWith(ctx context.Context, c config, log *slog.Logger, opener store.Opener) (*store.Store, error) {
	db, err := store.OpenWith(ctx, c.database, log, opener)
	if err != nil {
		return nil, err
	}
	if c.demo { // before anything is changed
		err = refuseDemo(ctx, db)
	}
	if err == nil {
		err = db.Migrate(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

// openExisting opens a database for a command that must neither create nor migrate it.
func openExisting(ctx context.Context, c config, log *slog.Logger) (*store.Store, error) {
	return store.OpenExisting(ctx, c.database, log)
}

func migrate(ctx context.Context, c config, env Env) error {
	db, err := store.Open(ctx, c.database, env.Log)
	if err != nil {
		return err
	}
	from, to, err := db.MigrateVersions(ctx)
	if err != nil {
		return errors.Join(err, db.Close())
	}
	switch from {
	case to:
		fmt.Fprintf(env.Stdout, "The tables are up to date, at version %d.\n", to)
	case 0:
		fmt.Fprintf(env.Stdout, "The tables are created, from version 0 to version %d.\n", to)
	default:
		fmt.Fprintf(env.Stdout, "The tables are migrated from version %d to version %d.\n", from, to)
	}
	return db.Close()
}
