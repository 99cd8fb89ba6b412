package store

import (
	"context"
	"time"

	"gorm.io/gorm"

	"customer-events/models"
)

// Event finds a recorded event by its number, within the caller's units; nil if there is none.
func (s *Store) Event(ctx context.Context, caller models.Caller, number int64) (*models.RecordedEvent, error) {
	return one(s.events(ctx, caller, func(db *gorm.DB) *gorm.DB { return db.Where("web_customer_events.number = ?", number) }))
}

// EventByID finds a recorded event by its id.
func (s *Store) EventByID(ctx context.Context, caller models.Caller, id models.ID) (*models.RecordedEvent, error) {
	return one(s.events(ctx, caller, func(db *gorm.DB) *gorm.DB { return db.Where("web_customer_events.id = ?", id) }))
}

func one(events []models.RecordedEvent, err error) (*models.RecordedEvent, error) {
	if err != nil || len(events) == 0 {
		return nil, err
	}
	return &events[0], nil
}

// EventsByNumber reads recorded events, in no order.
func (s *Store) EventsByNumber(ctx context.Context, caller models.Caller, numbers []int64) ([]models.RecordedEvent, error) {
	return s.events(ctx, caller, func(db *gorm.DB) *gorm.DB { return db.Where("web_customer_events.number IN ?", numbers) })
}

// Events reads a page of recorded events, newest number first: at most limit of them, with numbers below before if that is
// not 0.
func (s *Store) Events(ctx context.Context, caller models.Caller, filter models.EventFilter, before int64, limit int) ([]models.RecordedEvent, error) {
	return s.events(ctx, caller, func(db *gorm.DB) *gorm.DB {
		for column, keys := range map[string][]int64{"account_key": filter.AccountKeys, "participant_key": filter.ParticipantKeys,
			"unit_key": filter.UnitKeys, "classification_key": filter.ClassificationKeys} {
			if keys != nil {
				db = db.Where("web_customer_events."+column+" IN ?", keys)
			}
		}
		for column, text := range map[string]*string{"external_system": filter.ExternalSystem,
			"external_system_reference_number": filter.ExternalSystemReferenceNumber} {
			if text != nil {
				db = db.Where("web_customer_events."+column+" = ?", *text)
			}
		}
		for bound, at := range map[string]*time.Time{"performed_on >= ?": filter.PerformedFrom, "performed_on < ?": filter.PerformedTo,
			"created_at >= ?": filter.CreatedFrom, "created_at < ?": filter.CreatedTo} {
			if at != nil {
				db = db.Where("web_customer_events."+bound, *at)
			}
		}
		if before != 0 {
			db = db.Where("web_customer_events.number < ?", before)
		}
		return db.Order("web_customer_events.number DESC").Limit(limit)
	})
}

// events reads events with the records they point at, a query for each kind.
func (s *Store) events(ctx context.Context, caller models.Caller, where func(*gorm.DB) *gorm.DB) ([]models.RecordedEvent, error) {
	db := where(s.read.WithContext(ctx))
	if caller.Units != nil {
		db = db.Where("web_customer_events.unit_key IN ?", caller.Units)
	}
	var events []models.RecordedEvent
	err := db.Preload("Account").Preload("Participant").Preload("Classification").Preload("Unit").Preload("CreatedBy").Find(&events).Error
	return events, s.dialect.classify(err, false)
}
