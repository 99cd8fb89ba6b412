package models

// Account is an accounts receivable: the customer's account, whose wallet rewards are credited to.
//
// Key is ours and names the record inside the database; ID is the CRM's own and is usually, but not always, 32
// upper-case hexadecimal digits. Number is unique; several accounts may bear the same Name.
type Account struct {
	Key    int64 `gorm:"column:account_key;primaryKey"`
	ID     string
	Number string
	Name   string
}

// TableName is where accounts are kept.
func (Account) TableName() string { return "accounts_receivable" }
