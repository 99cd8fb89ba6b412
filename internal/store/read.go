package store

import (
	"context"
	"strings"

	"gorm.io/gorm"

	"customer-events/models"
)

// Event finds a recorded event by its number, within the caller's units; nil if there is none.
func (s *Store) Event(
	ctx context.Context, caller models.Caller, number int64,
) (*models.RecordedEvent, error) {
	return oneEvent(s.events(ctx, caller, func(db *gorm.DB) *gorm.DB { return db.Where("web_customer_events.number = ?", number) }))
}

// EventByID finds a recorded event by its id.
func (s *Store) EventByID(
	ctx context.Context, caller models.Caller, id models.ID,
) (*models.RecordedEvent, error) {
	return oneEvent(s.events(ctx, caller, func(db *gorm.DB) *gorm.DB { return db.Where("web_customer_events.id = ?", id) }))
}

func oneEvent(events []models.RecordedEvent, err error) (*models.RecordedEvent, error) {
	if err != nil || len(events) == 0 {
		return nil, err
	}
	return &events[0], nil
}

// EventsByNumber reads recorded events, in no order.
func (s *Store) EventsByNumber(
	ctx context.Context, caller models.Caller, numbers []int64,
) ([]models.RecordedEvent, error) {
	return s.events(ctx, caller, func(db *gorm.DB) *gorm.DB { return db.Where("web_customer_events.number IN ?", numbers) })
}

// Events reads a page of recorded events, newest number first: at most limit of them, with numbers below
// before if that is not 0.
func (s *Store) Events(
	ctx context.Context, caller models.Caller, filter models.EventFilter, before int64, limit int,
) ([]models.RecordedEvent, error) {
	ctx, cancel := context.WithTimeout(ctx, queryTimeout)
	defer cancel()
	ranges := map[string]timeRange{
		"performed_on": {filter.PerformedFrom, filter.PerformedTo},
		"created_at":   {filter.CreatedFrom, filter.CreatedTo},
	}
	if err := s.closeRanges(ctx, ranges); err != nil {
		return nil, s.dialect.classify(err, false)
	}
	return s.eventsOf(ctx, s.queries, caller, func(db *gorm.DB) *gorm.DB {
		for column, ref := range map[string]*models.Reference{
			"account_key": filter.Account, "participant_key": filter.Participant,
			"unit_key": filter.Unit, "classification_key": filter.Classification,
		} {
			if ref != nil {
				db = db.Where("web_customer_events."+column+keysOf(*ref), ref.Value)
			}
		}
		for column, text := range map[string]*string{"external_system": filter.ExternalSystem,
			"external_system_reference_number": filter.ExternalSystemReferenceNumber} {
			if text != nil {
				db = db.Where("web_customer_events."+column+" = ?", *text)
			}
		}
		for column, between := range ranges {
			if between.from != nil {
				db = db.Where("web_customer_events."+column+" >= ?", *between.from)
			}
			if between.to != nil {
				db = db.Where("web_customer_events."+column+" < ?", *between.to)
			}
		}
		if before != 0 {
			db = db.Where("web_customer_events.number < ?", before)
		}
		return db.Order("web_customer_events.number DESC").Limit(limit)
	})
}

// keysOf compares with the keys of the records that a reference matches. A comparison with one key lets the
// database read the events in the order of an index, newest first.
func keysOf(ref models.Reference) string {
	comparison := " = "
	if attribute, mayBeShared := shared[ref.Kind]; mayBeShared && attribute == ref.By {
		comparison = " IN "
	}
	key, _, _ := strings.Cut(tables[ref.Kind].columns, ",")
	from := " FROM " + tables[ref.Kind].name + " WHERE " + attributes[ref.By] + " = ?"
	return comparison + "(SELECT " + key + from + ")"
}

// events reads the events of a call or of a key, which is soon done.
func (s *Store) events(
	ctx context.Context, caller models.Caller, where func(*gorm.DB) *gorm.DB,
) ([]models.RecordedEvent, error) {
	return s.eventsOf(ctx, s.read, caller, where)
}

// eventsOf reads events with the records they point at, a query for each kind.
func (s *Store) eventsOf(
	ctx context.Context, pool *gorm.DB, caller models.Caller, where func(*gorm.DB) *gorm.DB,
) ([]models.RecordedEvent, error) {
	db := where(pool.WithContext(ctx))
	if caller.Units != nil {
		db = db.Where("web_customer_events.unit_key IN ?", caller.Units)
	}
	var events []models.RecordedEvent
	err := db.Preload("Account").Preload("Participant").Preload("Classification").Preload("Unit").Preload("CreatedBy").Find(&events).Error
	return events, s.dialect.classify(err, false)
}
