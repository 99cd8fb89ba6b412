package importer

import (
	"fmt"
	"strings"

	"customer-events/models"
)

// kind is a kind of record, and the columns that a row of it may have.
type kind struct {
	name    string
	columns []column
	secrets bool
	// check checks values of a row that depend on each other, after each value was checked by itself.
	check func(r *row) error
	of    models.Kind
	// natural are the columns that identify a record. The first one that a row has identifies its record.
	natural []int
	// parent is the column with the number of a record of another kind, parentKind; 0 if there is none.
	parent     int
	parentKind string
	// passCode and password are the columns of these secrets, 0 if there are none.
	passCode, password int
	// values returns a row's values in the order of models.Upsert, with the key of its parent.
	values func(options *Options, r *row, parent int64) []any
}

// column is a column with the rules for its values.
type column struct {
	name      string
	mandatory bool
	secret    bool // the value is never shown
	single    bool // no two rows may have the same value (pass codes: the same pair)
	max       int  // characters; 0 means mostCharacters
	check     func(value string) error
}

// The indexes of the columns are explicit, because the functions in records.go depend on them.
var kinds = []*kind{
	{
		name:    "accounts-receivable",
		of:      models.Accounts,
		natural: []int{1},
		values:  plainValues,
		columns: []column{
			0: {name: "id", single: true},
			1: {name: "number", mandatory: true, single: true},
			2: {name: "name", mandatory: true}},
	},
	{name: "rewards-participants", of: models.Participants, natural: []int{1}, values: participantValues,
		parent: 2, parentKind: "accounts-receivable", columns: []column{
			0: {name: "id", single: true},
			1: {name: "number", mandatory: true, single: true},
			2: {name: "account_number", mandatory: true}}},
	{
		name:       "access-tokens",
		of:         models.AccessTokens,
		natural:    []int{0},
		values:     accessTokenValues,
		secrets:    true,
		parent:     1,
		parentKind: "rewards-participants",
		check:      checkAccessToken,
		passCode:   5,
		password:   6,
		columns: []column{
			0: {name: "number", mandatory: true, single: true},
			1: {name: "participant_number", mandatory: true},
			2: {name: "state", mandatory: true, check: checkState},
			3: {name: "authentication_code", secret: true, single: true},
			4: {name: "identifier"},
			5: {name: "pass_code", secret: true, single: true},
			6: {name: oneTimePassword, secret: true, check: checkDigits, single: true},
			7: {name: "one_time_password_expires_at", check: checkDateTime}},
	},
	{
		name:    "classifications",
		of:      models.Classifications,
		natural: []int{0, 1},
		values:  plainValues,
		columns: []column{
			0: {name: "id", single: true},
			1: {name: "name", mandatory: true, single: true},
			2: {name: "alternative_code", single: true},
			3: {name: "type", mandatory: true, max: 64, check: checkEventType}},
	},
	{name: "units", of: models.Units, natural: []int{0, 1}, values: plainValues, columns: []column{
		0: {name: "id", single: true},
		1: {name: "name", mandatory: true, single: true},
		2: {name: "alternative_code", single: true}}},
}

// oneTimePassword is the only column whose value may be a number in JSON.
const oneTimePassword = "one_time_password"

// Kinds returns the names of the kinds in a suitable order for importing: a kind follows the kinds that it
// refers to.
func Kinds() []string {
	names := make([]string, len(kinds))
	for i, kind := range kinds {
		names[i] = kind.name
	}
	return names
}

// Columns returns the names of a kind's columns, those of mandatory ones with an asterisk.
func Columns(kind string) []string {
	k, err := kindOf(kind)
	if err != nil {
		return nil
	}
	names := make([]string, len(k.columns))
	for i, column := range k.columns {
		if names[i] = column.name; column.mandatory {
			names[i] += "*"
		}
	}
	return names
}

func kindOf(name string) (*kind, error) {
	for _, kind := range kinds {
		if kind.name == name {
			return kind, nil
		}
	}
	return nil, fmt.Errorf("there is no kind %q: write one of %s",
		models.Sanitize(name), strings.Join(Kinds(), ", "))
}

// ignored is the index of the additional columns of FILE.rejected.csv, so that this file can be imported
// unchanged.
const ignored = -2

// place returns the index of the column with the name, or -1.
func (k *kind) place(name string) int {
	if name == "error" || name == "line" {
		return ignored
	}
	for i := range k.columns {
		if k.columns[i].name == name {
			return i
		}
	}
	return -1
}

// help returns the list of the columns for an error text.
func (k *kind) help() string {
	return strings.Join(Columns(k.name), ",") + " (in any order, * are mandatory)"
}
