package models

// Kind is a kind of CRM record that an event points at.
type Kind uint8

// The kinds of records.
const (
	Accounts Kind = iota
	Participants
	Classifications
	Units
	AccessTokens
)

// String is the CRM's name for one record of the kind, as it stands in error texts.
func (k Kind) String() string {
	return [...]string{"Account", "Rewards Participant", "Classification", "Unit", "Access Token"}[k]
}

// Attribute is what a record is pointed at by.
type Attribute uint8

// The attributes that identify records.
const (
	ByID Attribute = iota
	ByNumber
	ByName
	ByAlternativeCode
	ByAuthenticationCode
	ByIdentifier
	ByOneTimePassword
)

// Reference points at one record by one attribute. It is comparable: a map of references is the whole of telling equal
// ones together. Values match byte for byte. The value of a secret attribute (authentication code, one-time password) is
// its keyed hash, so that a secret goes no further than the place where it was read.
type Reference struct {
	Kind  Kind
	By    Attribute
	Value string
}

// Several is the Count of a Match that is ambiguous: two records or more. Nobody counts further, since a name may have a million.
const Several = 2

// Match is what a reference was found to mean. Count is how many records match: none, one, or Several. Key and AccountKey are
// those of the record when it is exactly one (AccountKey for participants only).
type Match struct {
	Count      int
	Key        int64
	AccountKey int64
}

// Candidate is a record by its key, and a reference that may match it.
type Candidate struct {
	Reference
	Key int64
}
