package models

// Unit is the merchant or branch that causes events. Name and AlternativeCode are unique.
type Unit struct {
	Key             int64 `gorm:"column:unit_key;primaryKey"`
	ID              string
	Name            string
	AlternativeCode *string
}

// TableName is where units are kept.
func (Unit) TableName() string { return "units" }
