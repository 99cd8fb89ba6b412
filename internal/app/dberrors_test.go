package app_test

import (
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"

	mysqldriver "github.com/go-sql-driver/mysql"

	"customer-events/internal/store/storetest"
	"customer-events/test/apitest"
)

// sqliteFault is an error as SQLite's driver has them.
type sqliteFault int

func (f sqliteFault) Error() string { return fmt.Sprint("fault ", int(f)) }

func (f sqliteFault) Code() int { return int(f) }

// dbError is one row of the table of database errors, as a caller sees it: what a call is answered if the
// error comes again and again, in the INSERT and in COMMIT, and whether /readyz is 200 then.
type dbError struct {
	name                       string
	codes                      []int
	insert, commit             string
	readyInsert, readyOnCommit bool
}

const unavailable, unknown, internal, rejected = "UNAVAILABLE", "OUTCOME_UNKNOWN", "INTERNAL_SERVER_ERROR", ""

var mysqlRows = []dbError{
	{"deadlock, snapshot, lock wait", []int{1213, 1020, 1205}, unavailable, unavailable, true, true},
	{"TiDB conflict", []int{8002, 8005, 8022, 8028, 9007}, unavailable, unavailable, true, true},
	{"TiDB storage busy", []int{9001, 9002, 9003, 9004, 9005}, unavailable, unknown, true, false},
	{"group replication", []int{3100, 3101}, unavailable, unavailable, true, true},
	{"shutdown, killed, timeout", []int{1053, 1927, 1317, 1969, 3024}, unavailable, unknown, true, false},
	{"packet too large, and it has one event", []int{1153}, rejected, "", true, true},
	{"error during COMMIT", []int{1180}, unknown, unknown, false, false},
	{"Galera without quorum", []int{1047}, unavailable, unknown, false, false},
	{"binary log", []int{1026, 1598}, unavailable, unknown, false, false},
	{"read-only", []int{1290, 1792, 1836, 1036}, unavailable, unavailable, false, false},
	{"connections, threads, transactions", []int{1040, 1203, 1226, 1135, 1637}, unavailable, unavailable, false, false},
	{"memory", []int{1206, 1041, 1038, 1037}, unavailable, unavailable, false, false},
	{"disk", []int{1021, 1114, 1030, 3, 20, 28}, unavailable, unknown, false, false},
	{"value rejected", []int{1264, 1265, 1292, 1366, 1406}, rejected, "", true, true},
	{"not in the table", []int{1064}, internal, unknown, true, false},
}

var sqliteRows = []dbError{
	{"BUSY, BUSY_SNAPSHOT, LOCKED, INTERRUPT, PROTOCOL", []int{5, 517, 6, 9, 15}, unavailable, unavailable, true, true},
	{"IOERR, IOERR_FSYNC, NOMEM", []int{10, 1034, 7}, unavailable, unknown, false, false},
	{"FULL, READONLY, CANTOPEN, PERM", []int{13, 8, 14, 3}, unavailable, unavailable, false, false},
	{"CONSTRAINT_CHECK, TOOBIG, MISMATCH", []int{275, 18, 20}, rejected, "", true, true},
	{"not in the table", []int{1}, internal, internal, true, true},
}

func TestDatabaseErrors(t *testing.T) {
	t.Parallel()
	run := func(url string, rows []dbError, fault func(code int) error) func(*testing.T) {
		return func(t *testing.T) {
			t.Parallel()
			s, faults, _ := onFaulty(t, url)
			for _, row := range rows {
				for _, code := range row.codes {
					t.Run(fmt.Sprint(row.name, " ", code), func(t *testing.T) {
						faults.set(onRecording(fault(code)))
						mustAnswer(t, s, row.insert, row.readyInsert, false)
						if row.insert == rejected {
							return
						}
						faults.set(nothing)
						mustBeReadyAgain(t, s)
						committing, onEvents := fault(code), false
						faults.set(func(statement string) error {
							onEvents = onEvents || strings.Contains(statement, "INTO web_customer_events")
							if statement == "COMMIT" && onEvents {
								return committing
							}
							return nil
						})
						mustAnswer(t, s, row.commit, row.readyOnCommit, true)
						faults.set(nothing)
						mustBeReadyAgain(t, s)
					})
				}
			}
		}
	}
	t.Run("MySQL", run(storetest.MySQL(t), mysqlRows, func(code int) error {
		return &mysqldriver.MySQLError{Number: uint16(code), Message: "injected"}
	}))
	t.Run("SQLite", run(storetest.SQLite(t), sqliteRows, func(code int) error { return sqliteFault(code) }))
}

func nothing(string) error { return nil }

// mustAnswer sends a call to both APIs and to /readyz. A call with an idempotency key needs a transaction with
// a COMMIT.
func mustAnswer(t *testing.T, s *apitest.Server, code string, ready, withKey bool) {
	t.Helper()
	input := apitest.Object{"webCustomerEventsSet": []apitest.Object{apitest.Event("r", nil)}}
	if withKey {
		input["idempotencyKey"] = rand.Text()
	}
	a := s.Post(t, apitest.CreateQuery, apitest.Object{"input": input})
	if code == rejected {
		if a.Status != http.StatusOK || !strings.Contains(a.Text, "InvalidAPIValueException") {
			t.Errorf("status %d: %s", a.Status, a.Text)
		}
	} else if a.Code() != code {
		t.Errorf("answered %d %.300s, want %s", a.Status, a.Text, code)
	}
	if code == unavailable || code == unknown {
		if seconds, err := strconv.Atoi(a.Header.Get("Retry-After")); a.Status != http.StatusServiceUnavailable || err != nil || seconds < 1 {
			t.Errorf("status %d, Retry-After %q", a.Status, a.Header.Get("Retry-After"))
		}
		key := ""
		if withKey {
			key = `"idempotency_key": "` + rand.Text() + `", `
		}
		body := `{"token": "` + s.Token + `", ` + key + `"web_customer_events_set": [{"request_unique_identifier": "r", "website": "www.crm.com",
			"performed_on": "2016-06-22T15:00:00", "accounts_receivable_identifier": {"number": "ACR0000000020"},
			"performed_by_unit_identifier": {"name": "Admin Unit"}}]}`
		status, header, text := s.Do(t, http.MethodPost, "/crmapi/rest/v2/customer_events/bulk/web/create", strings.NewReader(body), "Content-Type", "application/json")
		class := map[string]string{unavailable: "UnavailableException", unknown: "OutcomeUnknownException"}[code]
		if status != http.StatusServiceUnavailable || header.Get("Retry-After") == "" || !strings.Contains(string(text), class) {
			t.Errorf("Web API: status %d, Retry-After %q: %.300s", status, header.Get("Retry-After"), text)
		}
	}
	if got := isReady(t, s); got != ready {
		t.Errorf("ready: %t, want %t", got, ready)
	}
}

func isReady(t *testing.T, s *apitest.Server) bool {
	t.Helper()
	status, _, _ := s.Do(t, http.MethodGet, "/readyz", nil)
	return status == http.StatusOK
}

// mustBeReadyAgain records an event, after which the server is ready.
func mustBeReadyAgain(t *testing.T, s *apitest.Server) {
	t.Helper()
	if made := s.Create(t, []apitest.Object{apitest.Event("r", nil)}); made.Summary.Processed != 1 {
		t.Fatalf("%+v", made)
	}
	if !isReady(t, s) {
		t.Error("not ready, though an event has just been recorded")
	}
}

// After CORRUPT or NOTADB nothing is written until the program is started again, whatever the database says
// from then on.
func TestDatabaseErrors_DamagedFile(t *testing.T) {
	t.Parallel()
	for _, code := range []int{11, 267, 779, 26} {
		t.Run(strconv.Itoa(code), func(t *testing.T) {
			t.Parallel()
			url := storetest.SQLite(t)
			s, faults, db := onFaulty(t, url)
			faults.set(onRecording(sqliteFault(code)))
			mustAnswer(t, s, unavailable, false, false)
			writes := 0
			faults.set(func(statement string) error {
				for _, word := range []string{"INSERT", "UPDATE", "DELETE", "COMMIT"} {
					if strings.HasPrefix(statement, word) {
						writes++
					}
				}
				return nil
			})
			mustAnswer(t, s, unavailable, false, false)
			if err := db.EndSession(t.Context(), []byte("a token")); err == nil {
				t.Error("a session is ended in a damaged file")
			}
			if err := db.PurgeExpired(t.Context(), 0); err == nil {
				t.Error("a damaged file is swept")
			}
			if writes > 0 {
				t.Errorf("%d statements write into a damaged file", writes)
			}
			again, _, _ := onFaulty(t, url)
			mustBeReadyAgain(t, again)
		})
	}
}

// Errors of reading are answered like those of writing: a token cannot be looked up on a node without quorum.
func TestDatabaseErrors_WhileReading(t *testing.T) {
	t.Parallel()
	s, faults, _ := onFaulty(t, storetest.MySQL(t))
	for _, table := range []string{"sessions", "accounts_receivable", ""} {
		faults.set(func(statement string) error {
			if strings.Contains(statement, table) {
				return &mysqldriver.MySQLError{Number: 1047, Message: "WSREP has not yet prepared node for application use"}
			}
			return nil
		})
		mustAnswerAway(t, s, table == "")
	}
	faults.set(func(string) error { return errors.New("not an error of a database") })
	if isReady(t, s) {
		t.Error("ready, though no statement succeeds")
	}
}

func mustAnswerAway(t *testing.T, s *apitest.Server, everything bool) {
	t.Helper()
	a := s.Post(t, apitest.CreateQuery, apitest.Object{"input": apitest.Object{"webCustomerEventsSet": []apitest.Object{apitest.Event("r", nil)}}})
	if a.Status != http.StatusServiceUnavailable || a.Code() != unavailable || a.Header.Get("Retry-After") == "" {
		t.Errorf("answered %d %.300s", a.Status, a.Text)
	}
	if everything && isReady(t, s) {
		t.Error("ready")
	}
}
