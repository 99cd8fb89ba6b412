package main

import (
	"context"
	"errors"

	"customer-events/importer"
	"customer-events/store"
)

// exportConfig is config for a command that only reads the database: it needs no secret key, and makes no key file.
func (o options) exportConfig() (config, error) {
	c := config{database: o.Database}
	if c.database == "" {
		c.database = "sqlite:customer-events.db"
	}
	return c, store.CheckURL(c.database)
}

func exportKind(ctx context.Context, c config, env environment, kind string) (err error) {
	db, err := store.OpenExisting(ctx, c.database, env.log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	return importer.Export(ctx, kind, db, env.stdout)
}
