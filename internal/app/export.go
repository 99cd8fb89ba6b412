package app

import (
	"context"
	"errors"

	"customer-events/internal/importer"
)

func exportKind(ctx context.Context, c config, env Env, kind string) (err error) {
	db, err := openExisting(ctx, c, env.Log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	return importer.Export(ctx, kind, db, env.Stdout)
}
