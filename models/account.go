package models

// Account is an accounts receivable: the customer's account, to whose wallet the CRM credits rewards.
//
// Key is the database's primary key. ID is the CRM's own identifier; it is usually, but not always, 32
// upper-case hexadecimal digits. Number is unique; several accounts may have the same Name.
type Account struct {
	Key    int64 `gorm:"column:account_key;primaryKey"`
	ID     string
	Number string
	Name   string
}

// TableName returns the table of accounts.
func (Account) TableName() string { return "accounts_receivable" }
