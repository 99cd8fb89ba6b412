package models

// Participant is a rewards participant: a person who collects rewards for exactly one account.
type Participant struct {
	Key        int64 `gorm:"column:participant_key;primaryKey"`
	ID         string
	Number     string
	AccountKey int64
}

// TableName returns the table of participants.
func (Participant) TableName() string { return "rewards_participants" }
