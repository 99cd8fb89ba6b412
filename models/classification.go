package models

// WebEvent is the type of event that this server records. A web event can refer only to classifications of
// this type.
const WebEvent = "WEB"

// Classification groups customer events, so that offers can react to one group. Name and AlternativeCode are
// unique. Type is the type of event that may refer to it (WEB, PURCHASE, …).
type Classification struct {
	Key             int64 `gorm:"column:classification_key;primaryKey"`
	ID              string
	Name            string
	AlternativeCode *string
	Type            string
}

// TableName returns the table of classifications.
func (Classification) TableName() string { return "classifications" }
