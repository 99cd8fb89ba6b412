package importer

import (
	"context"
	"fmt"
	"strings"

	"customer-events/models"
)

// kind is a kind of record, and the columns that a row of it may have.
type kind struct {
	name    string
	columns []column
	secrets bool
	// check finds what is wrong between several values of a row; each by itself is right already.
	check func(values []string) error
	// write writes rows and sets the err of those that are refused.
	write func(ctx context.Context, options *Options, rows []*row) error
}

// column is what is asked of a value.
type column struct {
	name      string
	mandatory bool
	secret    bool // the value is never shown
	most      int  // characters; 0 means mostCharacters
	check     func(value string) error
}

// The columns' places stand beside them: the functions in records.go count on them.
var kinds = []*kind{
	{name: "accounts-receivable", write: writeAccounts, columns: []column{
		0: {name: "id"},
		1: {name: "number", mandatory: true},
		2: {name: "name", mandatory: true}}},
	{name: "rewards-participants", write: writeParticipants, columns: []column{
		0: {name: "id"},
		1: {name: "number", mandatory: true},
		2: {name: "account_number", mandatory: true}}},
	{name: "access-tokens", write: writeAccessTokens, secrets: true, check: checkAccessToken, columns: []column{
		0: {name: "number", mandatory: true},
		1: {name: "participant_number", mandatory: true},
		2: {name: "state", mandatory: true, check: checkState},
		3: {name: "authentication_code", secret: true},
		4: {name: "identifier"},
		5: {name: "pass_code", secret: true},
		6: {name: oneTimePassword, secret: true, check: checkDigits},
		7: {name: "one_time_password_expires_at", check: checkDateTime}}},
	{name: "classifications", write: writeClassifications, columns: []column{
		0: {name: "id"},
		1: {name: "name", mandatory: true},
		2: {name: "alternative_code"},
		3: {name: "type", mandatory: true, most: 64}}},
	{name: "units", write: writeUnits, columns: []column{
		0: {name: "id"},
		1: {name: "name", mandatory: true},
		2: {name: "alternative_code"}}},
}

// oneTimePassword is the one column that JSON may give as a number.
const oneTimePassword = "one_time_password"

// Kinds lists the names of the kinds, in the order in which they are best imported: what is pointed at comes first.
func Kinds() []string {
	names := make([]string, len(kinds))
	for i, kind := range kinds {
		names[i] = kind.name
	}
	return names
}

func kindOf(name string) (*kind, error) {
	for _, kind := range kinds {
		if kind.name == name {
			return kind, nil
		}
	}
	return nil, fmt.Errorf("there is no kind %q: write one of %s", models.Shown(name), strings.Join(Kinds(), ", "))
}

// place is where the column stands; -1 if there is none of that name.
func (k *kind) place(name string) int {
	for i := range k.columns {
		if k.columns[i].name == name {
			return i
		}
	}
	return -1
}

// help lists the columns for an error text.
func (k *kind) help() string {
	names := make([]string, len(k.columns))
	for i, column := range k.columns {
		if names[i] = column.name; column.mandatory {
			names[i] += "*"
		}
	}
	return strings.Join(names, ",") + " (in any order, * are mandatory)"
}
