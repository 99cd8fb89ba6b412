package app

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"

	"customer-events/internal/store"
	"customer-events/models"
)

// keyFile returns where the secret key of a database is kept if none is given: beside an SQLite file, or in
// the working folder for a demo on MySQL.
func keyFile(database string) string {
	if path, embedded := strings.CutPrefix(database, "sqlite:"); embedded {
		return strings.TrimPrefix(path, "//") + ".key"
	}
	return "customer-events-demo.key"
}

// openSecrets returns the keyed hashes of a migrated database. It returns an error if the secret key is not
// the database's, and creates a key file only for a database that no key has been used with.
func openSecrets(ctx context.Context, c config, db *store.Store) (*models.KeyedHasher, error) {
	key := c.secretKey
	if key == nil {
		var err error
		if key, err = keyFromFile(ctx, c, db); err != nil {
			return nil, fmt.Errorf("secret-key: %w", err)
		}
	}
	secrets := models.NewKeyedHasher(key, c.oldSecretKeys...)
	err := db.ClaimSecretKey(ctx, secrets)
	if errors.Is(err, store.ErrOtherSecretKey) {
		return nil, fmt.Errorf("secret-key is not the key of this database, so that no access token would "+
			"work: %s", keyRemedy(c))
	}
	if err != nil {
		return nil, fmt.Errorf("comparing the secret key with the database's check value: %w", err)
	}
	return secrets, nil
}

// keyRemedy returns the sentence that explains how to give a database its key.
func keyRemedy(c config) string {
	file := "the key file of the backup"
	if strings.HasPrefix(c.database, "sqlite:") {
		file = fmt.Sprintf("the key file of the backup (%s)", c.keyFile)
	}
	return "restore " + file + " or give its key as CRM_SECRET_KEY; to change to a new key, also give the " +
		"database's key as --old-secret-key"
}

// keyFromFile reads the key file, or creates it.
func keyFromFile(ctx context.Context, c config, db *store.Store) ([]byte, error) {
	key, err := readKey(c.keyFile)
	if !errors.Is(err, fs.ErrNotExist) {
		return key, err
	}
	used, err := db.HasSecretKey(ctx)
	if err != nil {
		return nil, err
	}
	if !used {
		return createKey(c.keyFile)
	}
	// Another server may just have created the file and used its key.
	if key, err = readKey(c.keyFile); errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("the key file %s is missing, and this database has been used with its key: "+
			"%s", c.keyFile, keyRemedy(c))
	}
	return key, err
}

// readKey reads a key file. A line end after the key does not belong to it: editors and shells add and drop
// it.
func readKey(path string) ([]byte, error) {
	key, err := os.ReadFile(path)
	if err != nil {
		if !errors.Is(err, fs.ErrNotExist) {
			err = fmt.Errorf("the key file cannot be read: %w: let this user read it, or set CRM_SECRET_KEY",
				err)
		}
		return nil, err
	}
	if key = bytes.TrimRight(key, "\r\n"); len(key) < minKeyLength {
		return nil, fmt.Errorf("the key file %s has %d characters and a key has at least %d, so it was cut "+
			"short, as by a crash: restore it from the backup or set CRM_SECRET_KEY; if this database has "+
			"never been used, delete the file and start again",
			path, len(key), minKeyLength)
	}
	return key, nil
}

// createKey creates a key file with a random key, and returns the key that the file has in the end. The
// file appears complete or not at all, whatever ends the program; of several servers that create it at
// once, one does.
func createKey(path string) ([]byte, error) {
	random := make([]byte, 32)
	_, _ = rand.Read(random) // never fails, see crypto/rand
	key := []byte(hex.EncodeToString(random))
	folder := filepath.Dir(path)
	file, err := os.CreateTemp(folder, filepath.Base(path)+".*.tmp") // with mode 0600
	if err != nil {
		return nil, fmt.Errorf("creating the key file %s: %w: let this user write the folder, or set "+
			"CRM_SECRET_KEY", path, err)
	}
	defer os.Remove(file.Name())
	_, err = file.Write(key)
	if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
		return nil, fmt.Errorf("writing the key file %s: %w", path, err)
	}
	err = os.Link(file.Name(), path)
	if errors.Is(err, fs.ErrExist) {
		return readKey(path)
	}
	if err != nil {
		return nil, fmt.Errorf("creating the key file %s: %w: the folder's file system may have no hard "+
			"links; then set CRM_SECRET_KEY", path, err)
	}
	return key, syncFolder(folder)
}

// syncFolder makes a new name in a folder survive a power cut.
func syncFolder(path string) error {
	if runtime.GOOS == "windows" { // where a folder cannot be synced, and NTFS logs names by itself
		return nil
	}
	folder, err := os.Open(path)
	if err != nil {
		return err
	}
	err = folder.Sync()
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, errors.ErrUnsupported) { // some network file systems
		err = nil
	}
	return errors.Join(err, folder.Close())
}
