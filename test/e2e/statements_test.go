package e2e

import (
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-sql-driver/mysql"
	"github.com/google/go-cmp/cmp"

	"customer-events/internal/store/storetest"
	"customer-events/test/apitest"
)

// TestCreate_ConstantStatements checks that a call needs the same number of statements for 10 events as
// for 1000, whatever they refer to.
func TestCreate_ConstantStatements(t *testing.T) {
	t.Parallel()
	database, admin := countedDatabase(t)
	s := apitest.ServeDemo(t, database)
	importManyRecords(t, database)

	call := 0
	measure := func(n int, query string, key bool) map[string]int64 {
		t.Helper()
		call++
		events := make([]apitest.Object, n)
		for i := range events {
			events[i] = referringEvent(call, i)
		}
		input := apitest.Object{"webCustomerEventsSet": events}
		if key {
			input["idempotencyKey"] = fmt.Sprint("key-", call)
		}
		before := statementCounts(t, admin)
		a := s.Post(t, query, apitest.Object{"input": input})
		after := statementCounts(t, admin)
		if !strings.Contains(a.Text, fmt.Sprintf(`"processed":%d,`, n)) &&
			!strings.Contains(a.Text, fmt.Sprintf(`"acceptable":%d`, n)) {
			t.Fatalf("%.1500s", a.Text)
		}
		difference := make(map[string]int64)
		for name, value := range after {
			if d := value - before[name]; d != 0 {
				difference[name] = d
			}
		}
		return difference
	}
	const withEvents = `mutation ($input: CreateWebCustomerEventsInput!) {
		createWebCustomerEvents(input: $input) {
			summary { processed received }
			processedCustomerEventsSet { event {
				id accountsReceivable { name } rewardsParticipant { id } classification { id }
				performedByUnit { id } createdBy
			} } } }`
	const check = `query ($input: CreateWebCustomerEventsInput!) { checkWebCustomerEvents(input: $input) ` +
		`{ acceptable unprocessedCustomerEventsSet { errorDescription } } }`
	measure(10, apitest.CreateQuery, true) // opens the connections
	for _, c := range []struct {
		name, query string
		key         bool
	}{
		{"create", apitest.CreateQuery, false},
		{"create with a key", apitest.CreateQuery, true},
		{"create and read back", withEvents, true},
		{"check", check, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			few, many := measure(10, c.query, c.key), measure(1000, c.query, c.key)
			if diff := cmp.Diff(few, many); diff != "" {
				t.Errorf("statements of 10 events (-) and of 1000 (+):\n%s", diff)
			}
			t.Logf("%v", many)
			if many["Questions"] > 40 {
				t.Errorf("%d statements", many["Questions"])
			}
		})
	}
}

// countedDatabase starts a database server for one test. It returns the URL of an empty database, and a
// connection for statementCounts.
func countedDatabase(t *testing.T) (database string, admin *sql.DB) {
	t.Helper()
	own, err := storetest.Start(t.Context(), storetest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := own.Close(); err != nil {
			t.Error(err)
		}
	})
	if own.Kind() == storetest.KindTiDB {
		t.Skip("TiDB does not count statements by their kind")
	}
	if database, err = own.URL("statements"); err != nil {
		t.Fatal(err)
	}
	config := mysql.NewConfig()
	config.User, config.Net = "root", "tcp"
	config.Addr, _, _ = strings.Cut(strings.TrimPrefix(database, "mysql://root@"), "/")
	connector, err := mysql.NewConnector(config)
	if err != nil {
		t.Fatal(err)
	}
	admin = sql.OpenDB(connector)
	admin.SetMaxOpenConns(1)
	t.Cleanup(func() { _ = admin.Close() })
	return database, admin
}

// statementCounts returns how many statements of each kind the server has executed.
func statementCounts(t *testing.T, admin *sql.DB) map[string]int64 {
	t.Helper()
	rows, err := admin.Query("SHOW GLOBAL STATUS WHERE Variable_name = 'Questions' OR Variable_name IN " +
		"('Com_select', 'Com_insert', 'Com_update', 'Com_delete', 'Com_commit', 'Com_begin', " +
		"'Com_rollback', 'Com_stmt_prepare', 'Com_stmt_execute')")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	counts := make(map[string]int64)
	for rows.Next() {
		var name string
		var value int64
		if err := rows.Scan(&name, &value); err != nil {
			t.Fatal(err)
		}
		counts[name] = value
	}
	if err := rows.Err(); err != nil || counts["Questions"] == 0 {
		t.Fatal(err, counts)
	}
	return counts
}

// importManyRecords imports 1500 records of each kind.
func importManyRecords(t *testing.T, database string) {
	t.Helper()
	for _, kind := range []struct{ name, header, row string }{
		{"accounts-receivable", "id,number,name", "ai%[1]d,an%[1]d,account %[1]d"},
		{"rewards-participants", "id,number,account_number", "pi%[1]d,pn%[1]d,an%[1]d"},
		{"access-tokens", "number,participant_number,state,authentication_code,identifier,pass_code," +
			"one_time_password,one_time_password_expires_at",
			"t%[1]d,pn%[1]d,EFFECTIVE,code%[1]d,identifier%[1]d,pass%[1]d,7%07[1]d,9999-12-31T23:59:59Z"},
		{"classifications", "id,name,alternative_code,type", "ci%[1]d,classification %[1]d,cc%[1]d,WEB"},
		{"units", "id,name,alternative_code", "ui%[1]d,unit %[1]d,uc%[1]d"},
	} {
		var text strings.Builder
		text.WriteString(kind.header + "\n")
		for i := range 1500 {
			fmt.Fprintf(&text, kind.row+"\n", i)
		}
		path := filepath.Join(t.TempDir(), kind.name+".csv")
		if err := os.WriteFile(path, []byte(text.String()), 0o600); err != nil {
			t.Fatal(err)
		}
		apitest.MustCommand(t, "", "import", kind.name, path, "--database", database, "--secret-key",
			apitest.SecretKey)
	}
}

// referringEvent returns an event that refers to its own records, alternating between the kinds of
// identifiers.
func referringEvent(call, i int) apitest.Object {
	n := func(prefix string) string { return fmt.Sprint(prefix, i) }
	token := func(by string, value any) apitest.Object {
		return apitest.Object{"accessTokenIdentifier": apitest.Object{by: value}}
	}
	e := apitest.Event(n("r"), apitest.Object{
		"accountsReceivableIdentifier":  nil,
		"externalSystem":                fmt.Sprint("system ", call),
		"externalSystemReferenceNumber": n(""),
		"classificationIdentifier": []apitest.Object{
			{"id": n("ci")},
			{"name": n("classification ")},
			{"alternativeCode": n("cc")},
		}[i%3],
		"performedByUnitIdentifier": []apitest.Object{
			{"id": n("ui")},
			{"name": n("unit ")},
			{"alternativeCode": n("uc")},
		}[i%3],
	})
	if i%8 < 3 {
		e["accountsReceivableIdentifier"] = []apitest.Object{
			{"id": n("ai")},
			{"number": n("an")},
			{"name": n("account ")},
		}[i%8]
		return e
	}
	// A call uses one-time passwords up, so that each call has its own.
	password := fmt.Sprintf("7%07d", i/8+125*call)
	e["rewardsParticipantIdentifier"] = []apitest.Object{
		{"id": n("pi")},
		{"number": n("pn")},
		token("authenticationCode", n("code")),
		token("credentials", apitest.Object{
			"identifier": n("identifier"),
			"passCode":   n("pass"),
		}),
		token("oneTimePassword", password),
	}[i%8-3]
	return e
}
