package app

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"

	"customer-events/internal/store"
	"customer-events/models"
)

// importTarget is the database that an import writes to, or a dry run compares with.
type importTarget struct {
	db     *store.Store
	hasher *models.KeyedHasher
	close  func() error
}

// openForImport opens the database with its key. It creates both if there are none.
func openForImport(ctx context.Context, c config, env Env) (importTarget, error) {
	db, err := open(ctx, c, env.Log)
	if err != nil {
		return importTarget{}, err
	}
	hasher, err := openSecrets(ctx, c, db)
	if err != nil {
		return importTarget{}, errors.Join(err, db.Close())
	}
	return importTarget{db, hasher, db.Close}, nil
}

// openForDryRun is openForImport that creates and migrates nothing. If there is no database, it opens an
// empty one in a temporary folder; if the database has no key, it returns a random one.
func openForDryRun(ctx context.Context, c config, env Env) (importTarget, error) {
	db, err := openExisting(ctx, c, env.Log)
	if errors.Is(err, store.ErrNoDatabase) {
		return openTemporary(ctx, env)
	}
	if err != nil {
		return importTarget{}, err
	}
	used, err := db.HasSecretKey(ctx)
	if err == nil && !used {
		return importTarget{db, randomHasher(), db.Close}, nil
	}
	var hasher *models.KeyedHasher
	if err == nil {
		hasher, err = openSecrets(ctx, c, db)
	}
	if err != nil {
		return importTarget{}, errors.Join(err, db.Close())
	}
	return importTarget{db, hasher, db.Close}, nil
}

// openTemporary opens an empty database in a folder that closing it removes.
func openTemporary(ctx context.Context, env Env) (importTarget, error) {
	fmt.Fprintln(env.Stderr, "There is no database yet: the rows are compared with an empty one.")
	folder, err := os.MkdirTemp("", "customer-events-*")
	if err != nil {
		return importTarget{}, err
	}
	silent := slog.New(slog.DiscardHandler)
	db, err := open(ctx, config{database: "sqlite:" + filepath.Join(folder, "empty.db")}, silent)
	if err != nil {
		return importTarget{}, errors.Join(err, os.RemoveAll(folder))
	}
	remove := func() error { return errors.Join(db.Close(), os.RemoveAll(folder)) }
	return importTarget{db, randomHasher(), remove}, nil
}

// randomHasher returns the hasher of a key that no database has.
func randomHasher() *models.KeyedHasher {
	key := make([]byte, 32)
	_, _ = rand.Read(key) // never fails, see crypto/rand
	return models.NewKeyedHasher(key)
}
