package models

// WebEvent is the type of event that this server records; classifications of other types are not found by web events.
const WebEvent = "WEB"

// Classification sorts customer events, so that different offers can react to different kinds. Name and AlternativeCode
// are unique; Type is the one type of event it may be used for (WEB, PURCHASE, …).
type Classification struct {
	Key             int64 `gorm:"column:classification_key;primaryKey"`
	ID              string
	Name            string
	AlternativeCode *string
	Type            string
}

// TableName is where classifications are kept.
func (Classification) TableName() string { return "classifications" }
