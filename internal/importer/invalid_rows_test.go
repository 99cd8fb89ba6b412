package importer_test

import (
	"encoding/csv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func readCSV(t *testing.T, text string) [][]string {
	t.Helper()
	records, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return records
}

const (
	repeated    = ": give each record one row"
	leave       = ": give the right one, or leave it out where it may be blank"
	eventTypes  = "write one of WEB, PURCHASE, REFERRALS, ACHIEVEMENT, SOCIAL_MEDIA, FINANCIAL_ACHIEVEMENT"
	accountHelp = "id,number*,name* (in any order, * are mandatory)"
)

var (
	long        = strings.Repeat("é", 256)
	invalidRows = map[string]struct {
		kind, text string
		want       []string // the report
	}{
		"mandatory": {
			accounts,
			"number,name\n,Ann\nA2,  \n\nA3,Ann\n",
			[]string{
				"line 2: number is missing or blank: it is mandatory",
				"line 3: name is missing or blank: it is mandatory",
			},
		},
		"length": {
			accounts,
			"number,name\nA1," + long + "\nA2," + long[2:] + "\n",
			[]string{"line 2: name (" + strings.Repeat("é", 100) + "…): it has 256 characters: write at " +
				"most 255"},
		},
		"encoding": {
			accounts,
			"number,name\nA1,\xff\nA2,a\ufffd\nA3,ok\n",
			[]string{
				"line 2: name (\ufffd): it is not UTF-8: save the file in that encoding",
				"line 3: name (a\ufffd): it contains U+FFFD, which replaces a character that was lost: " +
					"write the right one",
			},
		},
		"control": {
			accounts,
			"number,name\nA1,\"a\nb\"\nA2,a\u0085b\nA3,ok\nA\x00,x\n",
			[]string{
				"line 2: name (a\ufffdb): it contains a control character, such as a tab or a line end: " +
					"remove it",
				"line 4: name (a\ufffdb): it contains a control character, such as a tab or a line end: " +
					"remove it",
				"line 6: number (A\ufffd): it contains a control character, such as a tab or a line end: " +
					"remove it",
			},
		},
		"fields": {
			accounts,
			"number,name\nA1\nA2,a,b\nA3,ok\n",
			[]string{
				"line 2: it has 1 fields and the header line 2: write as many",
				"line 3: it has 3 fields and the header line 2: write as many",
			},
		},
		"quotes": {
			accounts,
			"number,name\nA1,a\"b\nA2,\"a\"b\nA3,ok\nA4,\"x\nA5,y\n",
			[]string{
				"line 2: a quotation mark is in a field that does not begin with one: put the field into " +
					"quotation marks, and double those inside",
				"line 3: a quotation mark is not closed, or not followed by a comma: double those inside " +
					"a field",
				"line 5: a quotation mark is not closed, or not followed by a comma: double those inside " +
					"a field",
			},
		},
		"account": {
			participants,
			"number,account_number\nRP1,ACR9\nRP2,ACR1\nRP3,ACR9\n",
			[]string{
				"line 2: account_number (ACR9) not found: import accounts-receivable first",
				"line 4: account_number (ACR9) not found: import accounts-receivable first",
			},
		},
		"participant": {
			tokens,
			"number,participant_number,state\nAT1,RP9,EFFECTIVE\nAT2,RP1,EFFECTIVE\n",
			[]string{"line 2: participant_number (RP9) not found: import rewards-participants first"},
		},
		"state": {
			tokens,
			"number,participant_number,state\nAT1,RP1,effective\n",
			[]string{"line 2: state (effective): write EFFECTIVE, NOT_EFFECTIVE or PENDING_VERIFICATION"},
		},
		"expiry": {
			tokens,
			"number,participant_number,state,one_time_password_expires_at\nAT1,RP1,EFFECTIVE,tomorrow\n",
			[]string{"line 2: one_time_password_expires_at (tomorrow): write a date that exists as " +
				"2016-06-22T15:00:00, with Z or an offset such as +03:00 if it has a zone, years 1000 to " +
				"9999"},
		},
		"credentials": {
			tokens,
			"number,participant_number,state,identifier,pass_code\nAT1,RP1,EFFECTIVE,maria,\n" +
				"AT2,RP1,EFFECTIVE,,SECRET\n",
			[]string{
				"line 2: identifier and pass_code belong together: give both or neither",
				"line 3: identifier and pass_code belong together: give both or neither",
			},
		},
		"secrets": {
			tokens,
			"number,participant_number,state,authentication_code,one_time_password\n" +
				"AT1,RP1,EFFECTIVE,\"SECRET\t\",\nAT2,RP1,EFFECTIVE,,SECRET\nAT3,RP1,EFFECTIVE," +
				strings.Repeat("SECRET", 50) + ",\nAT4,RP1,EFFECTIVE,\"SECRET\"SECRET,\n",
			[]string{
				"line 2: authentication_code: it contains a control character, such as a tab or a line " +
					"end: remove it",
				"line 3: one_time_password: write digits only",
				"line 4: authentication_code: it has 300 characters: write at most 255",
				"line 5: a quotation mark is not closed, or not followed by a comma: double those inside " +
					"a field",
			},
		},
		"id": {
			accounts,
			"id,number,name\na1,ACR7,x\n,ACR8,x\na1,ACR2,John\n",
			[]string{
				"line 2: id (a1) is taken by the record with number (ACR1)" + leave,
				"line 4: id (a1) is given in line 2 already" + repeated,
			},
		},
		"id in a file": {
			participants,
			"id,number,account_number\nnew,RP8,ACR1\nnew,RP9,ACR1\n",
			[]string{"line 3: id (new) is given in line 2 already" + repeated},
		},
		"name": {
			classes,
			"id,name,alternative_code,type\nc1,A,,WEB\nc2,B,,WEB\nc2,A,,WEB\nc3,A,,WEB\n,D,,WEB\n" +
				"c1,A,x,WEB\n,D,x,WEB\n",
			[]string{
				"line 4: id (c2) is given in line 3 already" + repeated,
				"line 5: name (A) is given in line 2 already" + repeated,
				"line 7: id (c1) is given in line 2 already" + repeated,
				"line 8: name (D) is given in line 6 already" + repeated,
			},
		},
		"type": {
			classes,
			"name,type\nA," + strings.Repeat("W", 65) + "\nB,web\nC,SURVEY\n",
			[]string{
				"line 2: type (" + strings.Repeat("W", 65) + "): it has 65 characters: write at most 64",
				"line 3: type (web): " + eventTypes,
				"line 4: type (SURVEY): " + eventTypes,
			},
		},
		"unit": {
			units,
			"id,name\nu1,A\n\nu2,A\n",
			[]string{"line 4: name (A) is given in line 2 already" + repeated},
		},
		"JSON": {accounts, `{"number":"A1","name":"ok"}
{"number":"A2","name":"SECRET}
["number"]
{"number":"A3","name":"x"} {}

{"number":7,"name":"x"}
{"number":"A4","name":["x"]}
{"number":"A5","name":"x","nmae":"y"}
{"number":"A6","name":"x","name":"y"}
{"number":"A7","name":"` + "\xff" + `"}
{"number":"A8","name":"\ud800"}
{"number":"A9","name":null}
{"number":"A10","name":"` + strings.Repeat("x", 70000) + `"}
{"number":"A11","name":"ok"}`,
			[]string{
				"line 2: it is not one JSON object from its first byte to its last: look at byte 23 or " +
					"after it",
				"line 3: it is not one JSON object from its first byte to its last: look at byte 2 or " +
					"after it",
				"line 4: it is not one JSON object from its first byte to its last: look at byte 29 or " +
					"after it",
				"line 6: number is no text: write it in quotation marks",
				"line 7: name is no text: write it in quotation marks",
				`line 8: there is no column "nmae": write ` + accountHelp,
				"line 9: name is given twice: write it once",
				"line 10: it is not UTF-8: save the file in that encoding",
				"line 11: name (\ufffd): it contains U+FFFD, which replaces a character that was lost: " +
					"write the right one",
				"line 12: name is missing or blank: it is mandatory",
				"line 13: it has more than 65536 bytes: write one object a line",
			}},
		"JSON secrets": {
			tokens,
			`{"number":"AT1","participant_number":"RP1","state":"EFFECTIVE","one_time_password":1.5}
{"number":"AT1","participant_number":"RP1","state":"EFFECTIVE","one_time_password":-1}
{"number":"AT1","participant_number":"RP1","state":"EFFECTIVE","pass_code":4711}
{"number":"AT1","participant_number":"RP1","state":"EFFECTIVE","SECRET":""}`,
			[]string{
				"line 1: one_time_password: write digits only",
				"line 2: one_time_password: write digits only",
				"line 3: pass_code is no text: write it in quotation marks",
				"line 4: it has an unknown member: write " +
					"number*,participant_number*,state*,authentication_code,identifier,pass_code," +
					"one_time_password,one_time_password_expires_at (in any order, * are mandatory)",
			},
		},
	}
)

// TestRun_InvalidRows expects exact error texts for invalid rows, and that the other rows are written.
func TestRun_InvalidRows(t *testing.T) {
	t.Parallel()
	tables := map[string]string{
		accounts:     "accounts_receivable",
		participants: "rewards_participants",
		tokens:       "access_tokens",
		classes:      "classifications",
		units:        "units",
	}
	onEach(t, func(t *testing.T, to database) {
		for name, test := range invalidRows {
			for _, table := range tables {
				if _, err := to.db.ExecContext(t.Context(), "DELETE FROM "+table); err != nil {
					t.Fatal(err)
				}
			}
			to.mustLoad(t, accounts, someAccounts)
			to.mustLoad(t, participants, someParticipants)
			result, report := to.load(t, test.kind, test.text)
			if diff := cmp.Diff(test.want,
				strings.Split(strings.TrimSuffix(report, "\n"), "\n")); diff != "" {
				t.Errorf("%s (-want +got):\n%s", name, diff)
			}
			if strings.Contains(report, "SECRET") {
				t.Errorf("%s: the report contains a secret:\n%s", name, report)
			}
			if got := to.table(t, "SELECT id, number, name FROM accounts_receivable WHERE number IN "+
				"('ACR1', 'ACR2') ORDER BY number"); !cmp.Equal(got, []string{
				"a1|ACR1|Maria",
				"a2|ACR2|John",
			}) {
				t.Errorf("%s: another record was overwritten: %v", name, got)
			}
			again, _ := to.load(t, test.kind, test.text)
			if again.Good != result.Good || again.Bad != result.Bad {
				t.Errorf("%s: first %+v, again %+v", name, result, again)
			}
		}
	})
}
