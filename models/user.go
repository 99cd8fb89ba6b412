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
	// DisabledAt, LastLoginAt and Units are filled in by lists of users. A time is zero if there is none, and
	// Units, to which the user is limited, are empty for all units.
	DisabledAt  time.Time `gorm:"-"`
	LastLoginAt time.Time `gorm:"-"`
	Units       []Unit    `gorm:"-"`
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
