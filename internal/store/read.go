package store

import (
	"context"
	"slices"
	"strings"

	"gorm.io/gorm"

	"customer-events/models"
)

// Event returns the recorded event with a number, if it is of the caller's units; else nil.
func (s *Store) Event(
	ctx context.Context, caller models.Caller, number int64,
) (*models.RecordedEvent, error) {
	return firstEvent(s.events(ctx, caller, func(db *gorm.DB) *gorm.DB {
		return db.Where("web_customer_events.number = ?", number)
	}))
}

// EventByID returns the recorded event with an id, if it is of the caller's units; else nil.
func (s *Store) EventByID(
	ctx context.Context, caller models.Caller, id models.ID,
) (*models.RecordedEvent, error) {
	return firstEvent(s.events(ctx, caller, func(db *gorm.DB) *gorm.DB {
		return db.Where("web_customer_events.id = ?", id)
	}))
}

func firstEvent(events []models.RecordedEvent, err error) (*models.RecordedEvent, error) {
	if err != nil || len(events) == 0 {
		return nil, err
	}
	return &events[0], nil
}

// EventsByNumber reads recorded events, in no particular order.
func (s *Store) EventsByNumber(
	ctx context.Context, caller models.Caller, numbers []int64,
) ([]models.RecordedEvent, error) {
	return s.events(ctx, caller, func(db *gorm.DB) *gorm.DB {
		return db.Where("web_customer_events.number IN ?", numbers)
	})
}

// Events reads a page of recorded events, the highest number first. It returns at most limit events and,
// if before is not 0, only those with lower numbers.
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

// keysOf returns the comparison of a column with the keys of the records that a reference matches. If
// only one record can match, the comparison is with one key, so that the database can read the events in
// the order of an index.
func keysOf(ref models.Reference) string {
	comparison := " = "
	if attribute, mayBeShared := shared[ref.Kind]; mayBeShared && attribute == ref.By {
		comparison = " IN "
	}
	key, _, _ := strings.Cut(tables[ref.Kind].columns, ",")
	from := " FROM " + tables[ref.Kind].name + " WHERE " + attributes[ref.By] + " = ?"
	return comparison + "(SELECT " + key + from + ")"
}

// events reads events by unique values. It uses the pool of bulk calls, because such queries are short.
func (s *Store) events(
	ctx context.Context, caller models.Caller, where func(*gorm.DB) *gorm.DB,
) ([]models.RecordedEvent, error) {
	return s.eventsOf(ctx, s.read, caller, where)
}

// eventsOf reads events and the records that they refer to, with one query for each kind of record.
func (s *Store) eventsOf(
	ctx context.Context, pool *gorm.DB, caller models.Caller, where func(*gorm.DB) *gorm.DB,
) ([]models.RecordedEvent, error) {
	db := where(pool.WithContext(ctx))
	if caller.Units != nil {
		db = db.Where("web_customer_events.unit_key IN ?", caller.Units)
	}
	var events []models.RecordedEvent
	for _, record := range []string{"Account", "Participant", "Classification", "Unit", "CreatedBy"} {
		db = db.Preload(record)
	}
	err := db.Find(&events).Error
	if err == nil {
		err = nameDeletedUsers(pool.WithContext(ctx), events)
	}
	return events, s.dialect.classify(err, false)
}

// nameDeletedUsers sets the names of users who were deleted after they had recorded events.
func nameDeletedUsers(db *gorm.DB, events []models.RecordedEvent) error {
	var keys []int64
	for i := range events {
		if events[i].CreatedBy.Key == 0 && !slices.Contains(keys, events[i].CreatedByKey) {
			keys = append(keys, events[i].CreatedByKey)
		}
	}
	if len(keys) == 0 {
		return nil
	}
	var deleted []struct {
		UserKey int64
		Name    string
	}
	err := db.Table("deleted_users").Select("user_key, name").Where("user_key IN ?", keys).Scan(&deleted).Error
	for _, user := range deleted {
		for i := range events {
			if events[i].CreatedByKey == user.UserKey {
				events[i].CreatedBy = models.User{Key: user.UserKey, Name: user.Name}
			}
		}
	}
	return err
}
