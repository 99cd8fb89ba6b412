package models

// Kind is a kind of CRM record that an event refers to.
type Kind uint8

// The kinds of records.
const (
	Accounts Kind = iota
	Participants
	Classifications
	Units
	AccessTokens
)

// String returns the CRM's name for one record of the kind, for error texts.
func (k Kind) String() string {
	return [...]string{"Account", "Rewards Participant", "Classification", "Unit", "Access Token"}[k]
}

// Attribute is the attribute by which a reference identifies a record.
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

// Reference identifies a record by one attribute. It is comparable, so that a map can find equal references.
// Values match byte for byte. The value of a secret attribute (authentication code, one-time password) is
// its keyed hash, so that the secret itself does not leave the code that reads the request.
type Reference struct {
	Kind  Kind
	By    Attribute
	Value string
}

// Several is the Count of an ambiguous Match: two records or more. A look-up counts no further, because a
// million records may have the same name.
const Several = 2

// Match is the result of looking up a reference. Count is how many records match: none, one, or Several. Key
// and AccountKey are those of the record if exactly one matches (AccountKey for participants only).
type Match struct {
	Count      int
	Key        int64
	AccountKey int64
}

// Candidate is a reference and the key of a record that it may match.
type Candidate struct {
	Reference
	Key int64
}
