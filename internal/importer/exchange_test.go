package importer_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"customer-events/internal/importer"
)

// TestExchange_AnyOrder imports files whose rows exchange ids, names and codes, or use a value that another
// row releases, in every order of the rows. The result must be the state that the file describes.
func TestExchange_AnyOrder(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		kind, before, header string
		rows                 []string
		query                string
		want                 []string
	}{
		"two ids": {accounts, "number,id,name\n1,a,x\n2,b,y\n", "number,id,name", []string{"1,b,x", "2,a,y"},
			"SELECT number, id FROM accounts_receivable ORDER BY number", []string{"1|b", "2|a"}},
		"participants": {
			participants,
			"number,id,account_number\n1,a,ACR1\n2,b,ACR2\n",
			"number,id,account_number",
			[]string{"1,b,ACR2", "2,a,ACR1"},
			"SELECT number, id FROM rewards_participants ORDER BY number",
			[]string{"1|b", "2|a"},
		},
		"two names": {
			classes,
			"id,name,type\n1,A,WEB\n2,B,WEB\n",
			"id,name,type",
			[]string{"1,B,WEB", "2,A,WEB"},
			"SELECT id, name FROM classifications ORDER BY id",
			[]string{"1|B", "2|A"},
		},
		"codes by name": {
			units,
			"name,alternative_code\nA,x\nB,y\n",
			"name,alternative_code",
			[]string{"A,y", "B,x"},
			"SELECT name, alternative_code FROM units ORDER BY name",
			[]string{"A|y", "B|x"},
		},
		"chain": {units, "id,name\n1,A\n2,B\n3,C\n", "id,name", []string{"1,B", "2,C", "3,D", "4,A"},
			"SELECT id, name FROM units ORDER BY id", []string{"1|B", "2|C", "3|D", "4|A"}},
		"ring": {
			units,
			"id,name,alternative_code\n1,A,x\n2,B,y\n3,C,z\n",
			"id,name,alternative_code",
			[]string{"1,B,z", "2,C,x", "3,A,y"},
			"SELECT id, name, alternative_code FROM units ORDER BY id",
			[]string{"1|B|z", "2|C|x", "3|A|y"},
		},
		"a name without an id": {units, "id,name\n1,A\n2,B\n", "id,name", []string{"1,C", ",A", ",B"},
			"SELECT id, name FROM units ORDER BY name", []string{"made|A", "2|B", "1|C"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			onEach(t, func(t *testing.T, to database) {
				to.mustLoad(t, accounts, someAccounts)
				table := strings.Fields(test.query[strings.Index(test.query, "FROM "):])[1]
				for _, rows := range permutations(test.rows) {
					if _, err := to.db.ExecContext(t.Context(), "DELETE FROM "+table); err != nil {
						t.Fatal(err)
					}
					if test.kind == accounts {
						to.mustLoad(t, accounts, someAccounts)
						if _, err := to.db.ExecContext(t.Context(),
							"DELETE FROM accounts_receivable"); err != nil {
							t.Fatal(err)
						}
					}
					to.mustLoad(t, test.kind, test.before)
					to.mustLoad(t, test.kind, test.header+"\n"+strings.Join(rows, "\n")+"\n")
					if diff := cmp.Diff(test.want, to.table(t, test.query)); diff != "" {
						t.Errorf("%v (-want +got):\n%s", rows, diff)
					}
				}
			})
		})
	}
}

func permutations(rows []string) (all [][]string) {
	if len(rows) < 2 {
		return [][]string{rows}
	}
	for i := range rows {
		rest := append(append([]string{}, rows[:i]...), rows[i+1:]...)
		for _, tail := range permutations(rest) {
			all = append(all, append([]string{rows[i]}, tail...))
		}
	}
	return all
}

// TestExchange_AcrossChunks exchanges the ids of 2,600 records: half of them in pairs that are far from each
// other in the file, the others in one ring. So no chunk can be written alone.
func TestExchange_AcrossChunks(t *testing.T) {
	t.Parallel()
	const pairs, ring = 1300, 1300
	onEach(t, func(t *testing.T, to database) {
		var before, after strings.Builder
		before.WriteString("number,name,id\n")
		after.WriteString("number,name,id\n")
		for i := range pairs + ring {
			fmt.Fprintf(&before, "%d,x,id%d\n", i, i)
		}
		for _, i := range rand.New(rand.NewPCG(1, 2)).Perm(pairs + ring) {
			other := i ^ 1
			if i >= pairs {
				other = pairs + (i+1-pairs)%ring
			}
			fmt.Fprintf(&after, "%d,x,id%d\n", i, other)
		}
		to.mustLoad(t, accounts, before.String())
		trial, err := importer.Run(t.Context(), importer.Options{
			Kind:   accounts,
			Input:  strings.NewReader(after.String()),
			To:     to.store,
			DryRun: true,
		})
		if want := "2600 rows: 0 added, 2600 changed, 0 unchanged, 0 rejected"; err != nil ||
			trial.String() != want {
			t.Errorf("dry run: %s, %v", trial, err)
		}
		const inPlace = "SELECT COUNT(*) FROM accounts_receivable WHERE SUBSTR(id, 3) = number"
		if got := to.exact(t, inPlace); got[0] != "2600" {
			t.Errorf("the dry run has changed records: %s are left", got[0])
		}
		result, report := to.load(t, accounts, after.String())
		if want := "2600 rows: 0 added, 2600 changed, 0 unchanged, 0 rejected"; result.String() != want {
			t.Errorf("%s\n%.500s", result, report)
		}
		for query, want := range map[string]string{
			inPlace: "0",
			"SELECT COUNT(DISTINCT id) FROM accounts_receivable WHERE id LIKE 'id%'": "2600",
			"SELECT id FROM accounts_receivable WHERE number = '7'":                  "id6",
			"SELECT id FROM accounts_receivable WHERE number = '2599'":               "id1300",
		} {
			if got := to.exact(t, query); got[0] != want {
				t.Errorf("%s: %s, not %s", query, got[0], want)
			}
		}
		if again, report := to.load(t, accounts, after.String()); again.Unchanged != pairs+ring {
			t.Errorf("again: %s\n%.500s", again, report)
		}
	})
}

// TestExchange_Prevented imports a chain whose last row cannot be written: each row that depends on it is
// reported, and the others are written.
func TestExchange_Prevented(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, to database) {
		to.mustLoad(t, units, "id,name\n1,A\n2,B\n3,C\n4,D\n5,E\n6,F\n")
		result, report := to.load(t, units, "id,name\n1,B\n2,C\n3,D\n5,F\n6,E\n")
		if result.Bad != 3 || result.Changed != 2 ||
			strings.Count(report, "is taken by the record with id") != 3 {
			t.Errorf("%s\n%s", result, report)
		}
		want := []string{"1|A", "2|B", "3|C", "4|D", "5|F", "6|E"}
		if diff := cmp.Diff(want, to.table(t, "SELECT id, name FROM units ORDER BY id")); diff != "" {
			t.Error(diff)
		}
	})
}

// TestExchange_LongChain imports a long chain, whose duration must not grow with the square of its length.
func TestExchange_LongChain(t *testing.T) {
	t.Parallel()
	const rows = 20_000
	to := openSQLite(t)
	var before, after strings.Builder
	before.WriteString("number,name,id\n")
	after.WriteString("number,name,id\n")
	for i := range rows {
		fmt.Fprintf(&before, "%d,x,id%d\n", i, i)
		fmt.Fprintf(&after, "%d,x,id%d\n", i, i+1)
	}
	fmt.Fprintf(&before, "last,x,id%d\n", rows) // no row releases this id
	to.mustLoad(t, accounts, before.String())
	start := time.Now()
	result, _ := to.load(t, accounts, after.String())
	if took := time.Since(start); result.Bad != rows || took > time.Minute {
		t.Errorf("%s, in %s", result, took)
	}
}
