package models

import "time"

// User is an API user: a program or person that may log in and write events.
type User struct {
	Key          int64 `gorm:"column:user_key;primaryKey"`
	Name         string
	PasswordHash string
	CreatedAt    time.Time
	// Disabled users may not log in. It is filled in when users are looked up.
	Disabled bool `gorm:"-"`
	// UnitIDs are the ids of the units that the user is limited to, filled in where users are listed.
	UnitIDs []string `gorm:"-"`
}

// TableName is where API users are kept.
func (User) TableName() string { return "api_users" }

// Caller is an API user who has shown a valid token, and what he may do.
type Caller struct {
	UserKey int64
	Name    string
	// Units are the keys of the units that the caller is limited to, for writing and for reading; nil means all.
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
