package importer_test

import (
	"customer-events/models"
	"strings"
	"testing"
	"time"
)

// TestSecretOfAnotherToken imports secrets that another token has: in the same file, in the database, stored
// with a previous key, or of a token that is not effective.
func TestSecretOfAnotherToken(t *testing.T) {
	t.Parallel()
	old := models.NewKeyedHasher([]byte("the key before"))
	now := models.NewKeyedHasher([]byte("the current key"), []byte("the key before"))
	far := ",2099-01-01T00:00:00"
	before := "B1,RP1,EFFECTIVE,CANARY,maria,CANARYpass,111" + far +
		"\nB2,RP1,NOT_EFFECTIVE,CANARY2,maria,CANARYpass2,222" + far + "\n"
	cases := map[string]struct {
		rows string
		want []string // the beginnings of the report's lines
	}{
		"codes of the database": {
			"N,RP2,EFFECTIVE,CANARY,,,,\nM,RP2,EFFECTIVE,CANARY2,,,,\n",
			[]string{
				"line 2: authentication_code: the access token with number (B1)",
				"line 3: authentication_code: the access token with number (B2)",
			},
		},
		"pairs of the database": {
			"N,RP2,EFFECTIVE,,maria,CANARYpass,,\nM,RP2,NOT_EFFECTIVE,,maria,CANARYpass2,,\n",
			[]string{
				"line 2: identifier and pass_code: the access token with number (B1)",
				"line 3: identifier and pass_code: the access token with number (B2)",
			},
		},
		"passwords of the database": {
			"N,RP2,EFFECTIVE,,,,111" + far + "\nM,RP2,EFFECTIVE,,,,222,\n",
			[]string{
				"line 2: one_time_password: the access token with number (B1)",
				"line 3: one_time_password: the access token with number (B2)",
			},
		},
		"codes of the file": {
			"N,RP2,EFFECTIVE,CANARY9,,,,\nM,RP1,EFFECTIVE,CANARY9,,,,\n",
			[]string{"line 3: authentication_code: line 2 has the same"},
		},
		"pairs of the file": {
			"N,RP2,EFFECTIVE,,john,CANARY9,,\nM,RP1,EFFECTIVE,,john,CANARY9,,\n",
			[]string{"line 3: identifier and pass_code: line 2 has the same"},
		},
		"passwords of the file": {
			"N,RP2,EFFECTIVE,,,,999,\nM,RP1,EFFECTIVE,,,,999" + far + "\n",
			[]string{"line 3: one_time_password: line 2 has the same"},
		},
		"all different": {
			"N,RP2,EFFECTIVE,CANARY9,maria,CANARY9,999,\nM,RP1,EFFECTIVE,CANARY8,john,CANARY9,998,\n",
			nil,
		},
		"an expired password": {
			"N,RP2,EFFECTIVE,,,,999,2020-01-01T00:00:00\nM,RP1,EFFECTIVE,,,,999,\n",
			nil,
		},
		"its own secrets": {strings.ReplaceAll(before, "RP1", "RP2"), nil},
		"secrets exchanged": {
			"B2,RP1,EFFECTIVE,CANARY,maria,CANARYpass,111,\n" +
				"B1,RP1,EFFECTIVE,CANARY2,maria,CANARYpass2,222,\n",
			nil,
		},
		"a secret that another row clears": {
			"N,RP1,EFFECTIVE,CANARY,maria,CANARYpass,111,\nB1,RP1,EFFECTIVE,,,,,\n",
			nil,
		},
	}
	for _, stored := range []*models.KeyedHasher{now, old} {
		onEach(t, func(t *testing.T, to database) {
			withParticipants(t, to)
			for name, test := range cases {
				if _, err := to.db.ExecContext(t.Context(), "DELETE FROM access_tokens"); err != nil {
					t.Fatal(err)
				}
				if result, report := importAt(t, to.store, stored, time.Now(),
					tokenHeader+before); result.Added != 2 {
					t.Fatal(report)
				}
				result, report := importAt(t, to.store, now, time.Now(), tokenHeader+test.rows)
				lines := strings.Split(strings.TrimSuffix(report, "\n"), "\n")
				if result.Bad != len(test.want) || len(test.want) > 0 && len(lines) != len(test.want) {
					t.Errorf("%s: %s\n%s", name, result, report)
					continue
				}
				for i, want := range test.want {
					if !strings.HasPrefix(lines[i], want) {
						t.Errorf("%s: %s, not %s", name, lines[i], want)
					}
				}
				if strings.Contains(report, "CANARY") || strings.Contains(report, "maria") {
					t.Errorf("%s: the report names a secret:\n%s", name, report)
				}
			}
		})
	}
}

// TestSecretOfAnotherToken_Used: a used password may be given to another token, because six digits repeat.
func TestSecretOfAnotherToken_Used(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, to database) {
		withParticipants(t, to)
		const header = "number,participant_number,state,one_time_password\n"
		to.mustLoad(t, tokens, header+"AT1,RP1,EFFECTIVE,111\n")
		if _, report := to.load(t, tokens, header+"AT2,RP1,EFFECTIVE,111\n"); report == "" {
			t.Error("the password of another token is accepted")
		}
		if _, err := to.db.ExecContext(t.Context(), "UPDATE access_tokens SET one_time_password_spent_at "+
			"= one_time_password_expires_at"); err != nil {
			t.Fatal(err)
		}
		to.mustLoad(t, tokens, header+"AT2,RP1,EFFECTIVE,111\n")
	})
}
