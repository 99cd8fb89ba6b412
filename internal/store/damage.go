package store

import (
	"errors"
	"log/slog"
	"sync/atomic"

	"gorm.io/gorm"

	"customer-events/models"
)

// damage records that the database file is corrupt. Writing to a corrupt file can destroy data that is
// still readable, so that all writes fail until the program is restarted.
type damage struct {
	log   *slog.Logger
	found atomic.Pointer[error]
}

// err returns the first error that reported the corruption; nil if there is none.
func (d *damage) err() error {
	if found := d.found.Load(); found != nil {
		return *found
	}
	return nil
}

// watchedDialect is a dialect that records corruption when it classifies an error.
type watchedDialect struct {
	dialect
	damage *damage
}

func (d watchedDialect) classify(err error, committing bool) error {
	err = d.dialect.classify(err, committing)
	if errors.Is(err, models.ErrCorrupt) && d.damage.found.CompareAndSwap(nil, &err) {
		d.damage.log.Error("THE DATABASE FILE IS DAMAGED: the program writes nothing to it any more. "+
			"Stop the program, keep a copy of the file, restore a backup (or run sqlite3's .recover), "+
			"and start the program again.",
			"error", err)
	}
	return err
}

// writable returns the reason why writing is not allowed; nil if it is.
func (s *Store) writable() error { return s.damage.err() }

// guardWrites makes every write through gorm fail once the file is corrupt. Transactions outside gorm
// call writable.
func (s *Store) guardWrites() error {
	guard := func(db *gorm.DB) { _ = db.AddError(s.writable()) }
	on := s.write.Callback()
	return errors.Join(
		on.Create().Before("*").Register("store:writable", guard),
		on.Update().Before("*").Register("store:writable", guard),
		on.Delete().Before("*").Register("store:writable", guard),
		on.Raw().Before("*").Register("store:writable", guard),
	)
}
