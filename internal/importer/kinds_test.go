package importer_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"customer-events/internal/importer"
)

const (
	accounts     = "accounts-receivable"
	participants = "rewards-participants"
	tokens       = "access-tokens"
	classes      = "classifications"
	units        = "units"
)

// The records to which the rows of the tests refer.
const (
	someAccounts     = "number,name,id\nACR1,Maria,a1\nACR2,John,a2\n"
	someParticipants = "number,account_number,id\nRP1,ACR1,p1\nRP2,ACR2,p2\n"
)

var kindTests = map[string]struct {
	parents [][2]string
	query   string
	steps   []step
}{
	accounts: {query: "SELECT number, id, name FROM accounts_receivable ORDER BY number", steps: []step{
		{"created", "number,name,id\nACR1,Maria,a1\nACR2,John,\nACR3,\"Doe, \"\"J\"\"\",  \n",
			[]string{"ACR1|a1|Maria", "ACR2|made|John", `ACR3|made|Doe, "J"`}},
		{"changed, keeping ids and getting one", "id,number,name\n,ACR1,Maria Stone\na2,ACR2,John\n",
			[]string{"ACR1|a1|Maria Stone", "ACR2|a2|John", `ACR3|made|Doe, "J"`}},
		{"numbers match by bytes", "number,name\nacr1,1\nACR1 ,2\nÀCR1,3\n",
			[]string{
				"ACR1|a1|Maria Stone",
				"ACR1 |made|2",
				"ACR2|a2|John",
				`ACR3|made|Doe, "J"`,
				"acr1|made|1",
				"ÀCR1|made|3",
			}},
		{"ids exchanged", "number,name,id\nACR3,third,a2\nACR1,first,a3\nACR2,second,a1\n",
			[]string{
				"ACR1|a3|first",
				"ACR1 |made|2",
				"ACR2|a1|second",
				"ACR3|a2|third",
				"acr1|made|1",
				"ÀCR1|made|3",
			}},
	}},
	participants: {parents: [][2]string{{accounts, someAccounts}},
		query: "SELECT p.number, p.id, a.number FROM rewards_participants p JOIN accounts_receivable a ON " +
			"a.account_key = p.account_key ORDER BY p.number",
		steps: []step{
			{
				"created",
				"id,number,account_number\np1,RP1,ACR1\n,RP2,ACR2\n,RP3,ACR2\n",
				[]string{"RP1|p1|ACR1", "RP2|made|ACR2", "RP3|made|ACR2"},
			},
			{
				"moved to another account",
				"number,account_number\nRP1,ACR2\nRP2,ACR1\n",
				[]string{"RP1|p1|ACR2", "RP2|made|ACR1", "RP3|made|ACR2"},
			},
		}},
	tokens: {parents: [][2]string{{accounts, someAccounts}, {participants, someParticipants}},
		query: `SELECT t.number, p.number, t.state, t.authentication_code_hash IS NULL, t.identifier,
			t.pass_code_hash IS NULL, t.one_time_password_hash IS NULL,
			t.one_time_password_expires_at IS NULL, t.one_time_password_spent_at IS NULL
			FROM access_tokens t JOIN rewards_participants p ON p.participant_key = t.participant_key
			ORDER BY t.number`,
		steps: []step{
			{
				"created",
				"number,participant_number,state,authentication_code,identifier,pass_code," +
					"one_time_password\n" +
					"AT1,RP1,EFFECTIVE,code,maria@example.com,4711,073482\nAT2,RP2,NOT_EFFECTIVE,,,,\n",
				[]string{
					"AT1|RP1|EFFECTIVE|0|maria@example.com|0|0|0|1",
					"AT2|RP2|NOT_EFFECTIVE|1|-|1|1|1|1",
				},
			},
			{
				"with what the file has no column for",
				"number,participant_number,state\nAT1,RP2,EFFECTIVE\nAT2,RP1,EFFECTIVE\n",
				[]string{"AT1|RP2|EFFECTIVE|0|maria@example.com|0|0|0|1", "AT2|RP1|EFFECTIVE|1|-|1|1|1|1"},
			},
			{
				"without the password of an empty cell",
				"number,participant_number,state,one_time_password,one_time_password_expires_at\n" +
					"AT1,RP2,PENDING_VERIFICATION,,2030-01-01T00:00:00\n" +
					"AT2,RP2,EFFECTIVE,1,2030-01-01T00:00:00+02:00\n",
				[]string{
					"AT1|RP2|PENDING_VERIFICATION|0|maria@example.com|0|1|1|1",
					"AT2|RP2|EFFECTIVE|1|-|1|0|0|1",
				},
			},
			{"with another pass code", "number,participant_number,state,pass_code\nAT1,RP2,EFFECTIVE,4712\n",
				[]string{"AT1|RP2|EFFECTIVE|0|maria@example.com|0|1|1|1", "AT2|RP2|EFFECTIVE|1|-|1|0|0|1"}},
			{
				"without what empty cells clear",
				"number,participant_number,state,authentication_code,identifier,pass_code," +
					"one_time_password\n" +
					"AT1,RP2,EFFECTIVE,,,,\nAT2,RP2,EFFECTIVE,,,,1\n",
				[]string{"AT1|RP2|EFFECTIVE|1|-|1|1|1|1", "AT2|RP2|EFFECTIVE|1|-|1|0|0|1"},
			},
		}},
	classes: {
		query: "SELECT id, name, alternative_code, type FROM classifications ORDER BY name",
		steps: []step{
			{
				"created",
				"id,name,alternative_code,type\nc1,Newsletter,NL,WEB\n,Till,,PURCHASE\n",
				[]string{"c1|Newsletter|NL|WEB", "made|Till|-|PURCHASE"},
			},
			{
				"renamed by id, changed by name",
				"id,name,alternative_code,type\nc1,News,NL,WEB\n,Till,TL,WEB\n",
				[]string{"c1|News|NL|WEB", "made|Till|TL|WEB"},
			},
			{
				"a new record uses the name and code that another releases",
				"id,name,alternative_code,type\nc1,Letter,L,WEB\nc2,News,NL,WEB\n",
				[]string{"c1|Letter|L|WEB", "c2|News|NL|WEB", "made|Till|TL|WEB"},
			},
		},
	},
	units: {query: "SELECT id, name, alternative_code FROM units ORDER BY name", steps: []step{
		{
			"created",
			"id,name,alternative_code\n1,Admin Unit,adminunit\n,Web Shop,\n",
			[]string{"1|Admin Unit|adminunit", "made|Web Shop|-"},
		},
		{
			"renamed by id, changed by name",
			"id,name,alternative_code\n1,Admin,adminunit\n,Web Shop,webshop\n",
			[]string{"1|Admin|adminunit", "made|Web Shop|webshop"},
		},
		{
			"the codes stay without their column",
			"name\nAdmin\nWeb Shop\n",
			[]string{"1|Admin|adminunit", "made|Web Shop|webshop"},
		},
		{
			"codes exchanged",
			"name,alternative_code\nAdmin,webshop\nWeb Shop,adminunit\n",
			[]string{"1|Admin|webshop", "made|Web Shop|adminunit"},
		},
		{
			"a code cleared",
			"name,alternative_code\nAdmin,\nWeb Shop,webshop\n",
			[]string{"1|Admin|-", "made|Web Shop|webshop"},
		},
	}},
}

type step struct {
	name, csv string
	want      []string
}

// TestRun_Kinds imports every kind into every database, from CSV and the same rows from NDJSON, and each
// file twice.
func TestRun_Kinds(t *testing.T) {
	t.Parallel()
	for _, kind := range importer.Kinds() {
		test, ok := kindTests[kind]
		if !ok {
			t.Errorf("no test of %s", kind)
		}
		for format, convert := range map[string]func(*testing.T, string) string{
			"CSV":    same,
			"NDJSON": toNDJSON,
		} {
			t.Run(kind+"/"+format, func(t *testing.T) {
				t.Parallel()
				onEach(t, func(t *testing.T, to database) {
					for _, parent := range test.parents {
						to.mustLoad(t, parent[0], convert(t, parent[1]))
					}
					for _, step := range test.steps {
						var first []string
						for _, time := range []string{"", ", again"} {
							to.mustLoad(t, kind, convert(t, step.csv))
							if diff := cmp.Diff(step.want, to.table(t, test.query)); diff != "" {
								t.Errorf("%s%s (-want +got):\n%s", step.name, time, diff)
							}
							got := to.exact(t, test.query)
							if time != "" && !cmp.Equal(first, got) {
								t.Errorf("%s: generated ids have changed: %v, %v", step.name, first, got)
							}
							first = got
						}
					}
				})
			})
		}
	}
}

func same(_ *testing.T, text string) string { return text }

// toNDJSON converts a CSV, without line ends in its values, to NDJSON. A blank value becomes null.
func toNDJSON(t *testing.T, text string) string {
	records := readCSV(t, text)
	var out strings.Builder
	for _, record := range records[1:] {
		object := map[string]any{}
		for c, name := range records[0] {
			if object[name] = nil; strings.TrimSpace(record[c]) != "" {
				object[name] = record[c]
			}
		}
		line, err := json.Marshal(object)
		if err != nil {
			t.Fatal(err)
		}
		out.Write(append(line, '\n'))
	}
	return out.String()
}
