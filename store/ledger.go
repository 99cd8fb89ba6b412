package store

import (
	"context"
	"errors"
	"time"

	"gorm.io/gorm"

	"customer-events/models"
)

// idempotentCall is a remembered call.
type idempotentCall struct {
	CallKey     int64 `gorm:"primaryKey"`
	Fingerprint []byte
	// CreatedAt is when the call was last recorded or renewed (see renew).
	CreatedAt time.Time
}

// Remembered reads a call and the events it became.
func (s *Store) Remembered(ctx context.Context, call models.Call) (*models.RememberedCall, error) {
	var row idempotentCall
	err := s.read.WithContext(ctx).Table("idempotent_calls").Where("user_key = ? AND key_hash = ?", call.UserKey, call.KeyHash).Take(&row).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, s.dialect.classify(err, false)
	}
	remembered := &models.RememberedCall{Key: row.CallKey, Fingerprint: row.Fingerprint, UsedAt: row.CreatedAt, Events: map[string]models.RecordedAs{}}
	var events []struct {
		RequestHash []byte
		Number      int64
		ID          models.ID
	}
	err = s.read.WithContext(ctx).Table("idempotent_call_events AS c").Select("c.request_hash, e.number, e.id").
		Joins("JOIN web_customer_events AS e ON e.number = c.number").Where("c.call_key = ?", row.CallKey).Find(&events).Error
	for _, event := range events {
		remembered.Events[string(event.RequestHash)] = models.RecordedAs{ID: event.ID, Number: event.Number}
	}
	return remembered, s.dialect.classify(err, false)
}

// Taken asks once for all references together.
func (s *Store) Taken(ctx context.Context, refs []models.ExternalReference) (map[models.ExternalReference]models.WebCustomerEvent, error) {
	if len(refs) == 0 {
		return nil, nil
	}
	taken := make(map[models.ExternalReference]models.WebCustomerEvent)
	err := inParts(len(refs), func(from, to int) error {
		values := make([]any, 0, 2*(to-from))
		for _, ref := range refs[from:to] {
			values = append(values, ref.System, ref.Number)
		}
		var rows []models.WebCustomerEvent
		err := s.read.WithContext(ctx).Where("(external_system, external_system_reference_number) IN ("+s.dialect.pairs(to-from)+")", values...).
			Find(&rows).Error
		for _, row := range rows {
			if ref, ok := row.Reference(); ok {
				taken[ref] = row
			}
		}
		return err
	})
	return taken, s.dialect.classify(err, false)
}
