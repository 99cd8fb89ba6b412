package e2e

import (
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"customer-events/internal/app"
	"customer-events/internal/store/storetest"
	"customer-events/test/apitest"
)

// TestReplay_AfterImport checks that processed events stay processed, by reference and by key, after an
// import has changed the reference data.
func TestReplay_AfterImport(t *testing.T) {
	t.Parallel()
	for name, url := range apitest.Engines {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			database := url(t)
			s := apitest.ServeDemo(t, database)
			participant := func(identifier apitest.Object) apitest.Object {
				return apitest.Object{
					"accountsReceivableIdentifier": nil,
					"rewardsParticipantIdentifier": identifier,
				}
			}
			changes := []apitest.Object{
				{"accountsReceivableIdentifier": apitest.Object{"name": "Maria Stone"}},
				{
					"classificationIdentifier":  apitest.Object{"alternativeCode": "NL"},
					"performedByUnitIdentifier": apitest.Object{"alternativeCode": "webshop"},
				},
				participant(apitest.Object{"number": "RP0000000019"}),
				apitest.ByToken("oneTimePassword", "073482"),
				apitest.ByToken("authenticationCode", "demo-authentication-code"),
				apitest.ByToken("credentials", apitest.Object{
					"identifier": "maria@example.com",
					"passCode":   "4711",
				}),
				{},
			}
			var byReference, byKey []apitest.Object
			for i, change := range changes {
				byKey = append(byKey, apitest.Event(fmt.Sprint(i), change))
				change["externalSystem"], change["externalSystemReferenceNumber"] = "shop", fmt.Sprint(i)
				byReference = append(byReference, apitest.Event(fmt.Sprint(i), change))
			}
			byKey = append(byKey[:3], byKey[4:]...) // the other call uses the one-time password
			// The key also covers a duplicate of a processed event, and a replay by reference.
			duplicate := apitest.Event("duplicate", changes[0])
			duplicate["externalSystemReferenceNumber"] = "duplicate"
			again := apitest.Event("again", changes[0])
			again["externalSystemReferenceNumber"] = "duplicate"
			byKey = append(byKey, duplicate, again)
			first, keyed := s.Create(t, byReference), s.Create(t, byKey, "Idempotency-Key", "key")
			if first.Summary.Processed != len(byReference) || keyed.Summary.Processed != len(byKey) {
				t.Fatalf("%+v %+v", first, keyed)
			}
			for kind, csv := range map[string]string{
				"accounts-receivable":  "number,name\nACR1,Maria Stone\n",
				"rewards-participants": "number,account_number\nRP0000000019,ACR0000000077\n",
				"units":                "id,name,alternative_code\n1,Head Office,head\n",
				"access-tokens": "number,participant_number,state,authentication_code,identifier," +
					"pass_code,one_time_password,one_time_password_expires_at\n" +
					"AT0000000001,RP0000000019,EFFECTIVE,another-code,maria@example.com,1234,111111," +
					"9999-12-31T23:59:59Z\n",
			} {
				path := filepath.Join(t.TempDir(), kind+".csv")
				if err := os.WriteFile(path, []byte(csv), 0o600); err != nil {
					t.Fatal(err)
				}
				apitest.MustCommand(t, "", "import", kind, path, "--database", database, "--secret-key",
					apitest.SecretKey)
			}
			for range 25 { // more often than a user may fail
				mustBeReplayed(t, first, s.Create(t, byReference))
			}
			mustBeReplayed(t, keyed, s.Create(t, byKey, "Idempotency-Key", "key"))
			// New events are checked against the new reference data.
			fresh := s.Create(t, []apitest.Object{
				apitest.Event("a", apitest.Object{
					"performedByUnitIdentifier":    apitest.Object{"id": "1"},
					"accountsReceivableIdentifier": apitest.Object{"name": "Maria Stone"},
				}),
				apitest.Event("b", nil),
				apitest.Event("c", apitest.Object{
					"performedByUnitIdentifier": apitest.Object{"name": "Head Office"},
				}),
			})
			if fresh.Summary.Processed != 1 ||
				fresh.UnprocessedCustomerEventsSet[0].ErrorCode != "AmbiguousAPIValueException" ||
				fresh.UnprocessedCustomerEventsSet[1].ErrorCode != "NotFoundAPIValueException" {
				t.Errorf("%+v", fresh)
			}
		})
	}
}

// mustBeReplayed checks that a call got the same answer as before, and replays only.
func mustBeReplayed(t *testing.T, before, now apitest.Outcome) {
	t.Helper()
	if len(now.UnprocessedCustomerEventsSet) > 0 ||
		len(now.ProcessedCustomerEventsSet) != len(before.ProcessedCustomerEventsSet) {
		t.Fatalf("%+v", now.UnprocessedCustomerEventsSet)
	}
	for i, p := range now.ProcessedCustomerEventsSet {
		was := before.ProcessedCustomerEventsSet[i]
		if p.ID != was.ID || p.Number != was.Number || !p.Replayed {
			t.Errorf("%+v, then %+v", was, p)
		}
	}
}

// TestReplay_UserLimitedSince checks that users who were limited to other units still get and read their
// own event.
func TestReplay_UserLimitedSince(t *testing.T) {
	t.Parallel()
	database := storetest.SQLite(t)
	s := apitest.ServeDemo(t, database)
	list := []apitest.Object{apitest.Event("1", apitest.Object{
		"externalSystem":                "shop",
		"externalSystemReferenceNumber": "1",
	})}
	first := s.Create(t, list, "Idempotency-Key", "key")
	db, err := sql.Open("sqlite", strings.TrimPrefix(database, "sqlite:"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec("INSERT INTO api_user_units SELECT user_key, (SELECT unit_key FROM units WHERE " +
		"name = 'Web Shop') FROM api_users"); err != nil {
		t.Fatal(err)
	}
	mustBeReplayed(t, first, s.Create(t, list))
	mustBeReplayed(t, first, s.Create(t, list, "Idempotency-Key", "key"))
	const withEvent = `mutation ($input: CreateWebCustomerEventsInput!) {
		createWebCustomerEvents(input: $input) {
		processedCustomerEventsSet { id event { id performedByUnit { name } } } } }`
	for _, key := range []string{"", "key"} {
		a := s.Post(t, withEvent, apitest.CreateInput(list), "Idempotency-Key", key)
		if len(a.Errors) > 0 || strings.Count(a.Text, first.ProcessedCustomerEventsSet[0].ID) != 2 {
			t.Errorf("key %q: %s", key, a.Text)
		}
	}
	other := s.Create(t, []apitest.Object{apitest.Event("2", nil)})
	if len(other.UnprocessedCustomerEventsSet) != 1 ||
		other.UnprocessedCustomerEventsSet[0].ErrorCode != "ForbiddenAPIValueException" {
		t.Errorf("%+v", other)
	}
}

// TestReplay_AfterRestart checks that SQLite's key file, tokens, idempotency keys and references outlive
// the program.
func TestReplay_AfterRestart(t *testing.T) {
	t.Parallel()
	for name, database := range apitest.Databases(t) {
		t.Run(name, func(t *testing.T) {
			args := []string{"--demo", "--database", database}
			if name == "MariaDB" {
				args = append(args, "--secret-key", apitest.SecretKey)
			}
			events := []apitest.Object{
				apitest.Event("key", nil),
				apitest.Event("reference", apitest.Object{
					"externalSystem":                "shop",
					"externalSystemReferenceNumber": "1",
				}),
			}
			s := apitest.Serve(t, args...)
			token := s.Login(t, app.DemoUser, app.DemoPassword)
			s.Token = token
			first := s.Create(t, events, "Idempotency-Key", "k")
			s.Stop(t)
			s = apitest.Serve(t, args...)
			s.Token = token
			again, byReference := s.Create(t, events, "Idempotency-Key", "k"), s.Create(t, events[1:])
			for i := range first.ProcessedCustomerEventsSet {
				first.ProcessedCustomerEventsSet[i].Replayed = true
			}
			diff := cmp.Diff(first.ProcessedCustomerEventsSet, again.ProcessedCustomerEventsSet)
			if diff != "" {
				t.Errorf("by key (-want +got):\n%s", diff)
			}
			if byReference.Summary.Replayed != 1 ||
				byReference.ProcessedCustomerEventsSet[0].ID != first.ProcessedCustomerEventsSet[1].ID {
				t.Errorf("by reference: %+v", byReference)
			}
			byToken := apitest.Event("secret", apitest.ByToken("authenticationCode",
				"demo-authentication-code"))
			if got := s.Create(t, []apitest.Object{byToken}); got.Summary.Processed != 1 {
				t.Errorf("the hashes of secrets have changed: %+v", got)
			}
			if n := len(s.Page(t, nil)); n != 3 {
				t.Errorf("%d events are stored, want 3", n)
			}
		})
	}
}
