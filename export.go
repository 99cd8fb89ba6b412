package main

import (
	"context"
	"errors"

	"customer-events/importer"
)

func exportKind(ctx context.Context, c config, env environment, kind string) (err error) {
	db, err := openExisting(ctx, c, env.log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	return importer.Export(ctx, kind, db, env.stdout)
}
