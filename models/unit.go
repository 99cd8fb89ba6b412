package models

// Unit is the merchant or branch where events happen. Name and AlternativeCode are unique.
type Unit struct {
	Key             int64 `gorm:"column:unit_key;primaryKey"`
	ID              string
	Name            string
	AlternativeCode *string
}

// TableName returns the table of units.
func (Unit) TableName() string { return "units" }
