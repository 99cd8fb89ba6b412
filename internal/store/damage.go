package store

import (
	"errors"
	"log/slog"
	"sync/atomic"

	"gorm.io/gorm"

	"customer-events/models"
)

// damage remembers that the database file is damaged. Writing into such a file can destroy what is still
// readable in it, so that nothing is written any more until the program is started again.
type damage struct {
	log   *slog.Logger
	found atomic.Pointer[error]
}

// err returns the error that showed the damage; nil if there is none.
func (d *damage) err() error {
	if found := d.found.Load(); found != nil {
		return *found
	}
	return nil
}

// watchedDialect notes damage in every error that it classifies.
type watchedDialect struct {
	dialect
	damage *damage
}

func (d watchedDialect) classify(err error, committing bool) error {
	err = d.dialect.classify(err, committing)
	if errors.Is(err, models.ErrCorrupt) && d.damage.found.CompareAndSwap(nil, &err) {
		d.damage.log.Error("THE DATABASE FILE IS DAMAGED: nothing is written any more. Stop the program, keep a copy "+
			"of the file, restore a backup (or run sqlite3's .recover), and start the program again.", "error", err)
	}
	return err
}

// writable returns the reason why nothing may be written; nil if writing is allowed.
func (s *Store) writable() error { return s.damage.err() }

// guardWrites makes every write through gorm fail once the file is damaged. Transactions outside gorm ask
// writable.
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
