package models

import "time"

// User is an API user: a program or a person that may log in and write events.
type User struct {
	Key          int64 `gorm:"column:user_key;primaryKey"`
	Name         string
	PasswordHash string
	CreatedAt    time.Time
	// Disabled users may not log in. Look-ups of users fill it in.
	Disabled bool `gorm:"-"`
	// UnitIDs are the ids of the units to which the user is limited. Lists of users fill it in.
	UnitIDs []string `gorm:"-"`
}

// TableName returns the table of API users.
func (User) TableName() string { return "api_users" }

// Caller is an API user with a valid token, and the units that the user may access.
type Caller struct {
	UserKey int64
	Name    string
	// Units are the keys of the units that the caller may write to and read from; nil means all.
	Units []int64
}

// MayUse reports whether the caller may write and read events of the unit.
func (c Caller) MayUse(unitKey int64) bool {
	if c.Units == nil {
		return true
	}
	for _, key := range c.Units {
		if key == unitKey {
			return true
		}
	}
	return false
}
