package eventstest

import (
	"strings"

	"customer-events/models"
)

// similarTexts are equal to ACR1 in some collation of some database.
var similarTexts = []string{
	"ACR1",
	"acr1",
	"Acr1",
	"ACR1 ",
	" ACR1",
	"ACR1  ",
	"ÀCR1",
	"A\u0300CR1",
	"ACR1\t",
	"ACR1\n",
	"ACR1\u00a0",
	"\u200bACR1",
	"ＡＣＲ１",
	"ACR\u00b9",
	"ACR01",
	"ⒶCR1",
}

// specialTexts have a meaning in SQL, in a driver or in a character set.
var specialTexts = []string{
	"'; DROP TABLE units; --",
	`"`,
	`\`,
	`\'`,
	"%",
	"_",
	"?",
	":a",
	"@p1",
	"${x}",
	"NULL",
	"0",
	"1e0",
	"0x41",
	"😀",
	"ß",
	"ss",
	"İ",
	"ﬁ",
	"fi",
	"مرحبا",
	"\u202eabc",
	strings.Repeat("😀", 255),
	strings.Repeat("😀", 254) + "😁",
	strings.Repeat("x", 255),
}

// kindAttributes lists the attributes that identify records of each kind.
var kindAttributes = []struct {
	kind models.Kind
	by   []models.Attribute
}{
	{models.Accounts, []models.Attribute{models.ByID, models.ByNumber, models.ByName}},
	{models.Participants, []models.Attribute{models.ByID, models.ByNumber}},
	{models.Classifications, []models.Attribute{models.ByID, models.ByName, models.ByAlternativeCode}},
	{models.Units, []models.Attribute{models.ByID, models.ByName, models.ByAlternativeCode}},
}

// forEachKind returns one obligation for each kind of record.
func forEachKind(
	name string,
	run func(f *fixture, kind models.Kind, by []models.Attribute),
) (list []obligation) {
	for _, k := range kindAttributes {
		list = append(
			list,
			obligation{name + ": " + k.kind.String(), func(f *fixture) { run(f, k.kind, k.by) }},
		)
	}
	return list
}

// addRecords adds a record for each value, with the value in all attributes, and returns their keys.
func (f *fixture) addRecords(kind models.Kind, values []string) (keys []int64) {
	var data Data
	for _, v := range values {
		switch kind {
		case models.Accounts:
			data.Accounts = append(data.Accounts, models.Account{ID: v, Number: v, Name: v})
		case models.Participants:
			data.Participants = append(
				data.Participants,
				models.Participant{ID: v, Number: v, AccountKey: f.account.Key},
			)
		case models.Classifications:
			data.Classifications = append(
				data.Classifications,
				models.Classification{ID: v, Name: v, AlternativeCode: &v, Type: models.WebEvent},
			)
		case models.Units:
			data.Units = append(data.Units, models.Unit{ID: v, Name: v, AlternativeCode: &v})
		}
	}
	f.Add(f.T, data)
	for i := range values {
		switch kind {
		case models.Accounts:
			keys = append(keys, data.Accounts[i].Key)
		case models.Participants:
			keys = append(keys, data.Participants[i].Key)
		case models.Classifications:
			keys = append(keys, data.Classifications[i].Key)
		case models.Units:
			keys = append(keys, data.Units[i].Key)
		}
	}
	return keys
}

// match returns the match of one record.
func (f *fixture) match(kind models.Kind, key int64) models.Match {
	match := models.Match{Count: 1, Key: key}
	if kind == models.Participants {
		match.AccountKey = f.account.Key
	}
	return match
}
