package store

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"customer-events/models"
)

// testUsers adds users with the given names, each without limits.
func testUsers(t *testing.T, s *Store, at time.Time, names ...string) []models.User {
	t.Helper()
	var users []models.User
	for _, name := range names {
		user := models.User{Name: name, PasswordHash: "hash", CreatedAt: at}
		if err := s.AddUser(t.Context(), &user, nil); err != nil {
			t.Fatal(err)
		}
		users = append(users, user)
	}
	return users
}

func tokenHash(i int) []byte { return fmt.Appendf(nil, "%032d", i) }

// mustListUser returns a user of the list; nil if there is none.
func mustListUser(t *testing.T, s *Store, name string) *models.User {
	t.Helper()
	users, err := s.Users(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, user := range users {
		if user.Name == name {
			return &user
		}
	}
	return nil
}

func TestUsers_Times(t *testing.T) {
	onEachDatabase(t, func(t *testing.T, s *Store) {
		created := time.Date(2026, 11, 20, 8, 0, 0, 0, time.UTC)
		anna := testUsers(t, s, created, "anna", "berta")[0]
		got := mustListUser(t, s, "anna")
		if !got.CreatedAt.Equal(created) || !got.LastLoginAt.IsZero() || got.Disabled ||
			!got.DisabledAt.IsZero() {
			t.Errorf("a new user: %+v", got)
		}
		login := created.Add(time.Hour + 123456*time.Microsecond)
		for i, at := range []time.Time{created.Add(time.Minute), login} {
			started, err := s.StartSession(t.Context(), tokenHash(i), anna, at, at.Add(time.Hour))
			if err != nil || !started {
				t.Fatal(started, err)
			}
		}
		disabled := created.Add(2 * time.Hour)
		for _, at := range []time.Time{disabled, disabled.Add(time.Hour)} { // the second changes nothing
			if err := s.DisableUser(t.Context(), "anna", at); err != nil {
				t.Fatal(err)
			}
		}
		got = mustListUser(t, s, "anna")
		if !got.LastLoginAt.Equal(login) || !got.Disabled || !got.DisabledAt.Equal(disabled) {
			t.Errorf("after two logins and two times disabling: %+v", got)
		}
		if other := mustListUser(t, s, "berta"); !other.LastLoginAt.IsZero() || other.Disabled {
			t.Errorf("another user: %+v", other)
		}
	})
}

// TestDeleteUser checks that a deleted user cannot log in, that the user's events keep the name, and that a
// new user with the name has a key of its own.
func TestDeleteUser(t *testing.T) {
	onEachDatabase(t, func(t *testing.T, s *Store) {
		now := time.Now().UTC().Truncate(time.Microsecond)
		anna := testUsers(t, s, now, "anna", "berta")[0]
		entry := entryOf("1")
		entry.Events[0].CreatedByKey = anna.Key
		if err := s.Record(t.Context(), entry); err != nil {
			t.Fatal(err)
		}
		token := tokenHash(1)
		if _, err := s.StartSession(t.Context(), token, anna, now, now.Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
		if err := s.DeleteUser(t.Context(), "anna", now); err != nil {
			t.Fatal(err)
		}
		if caller, err := s.Caller(t.Context(), token, now); err != nil || caller != nil {
			t.Errorf("the token is valid: %+v, %v", caller, err)
		}
		started, err := s.StartSession(t.Context(), tokenHash(2), anna, now, now.Add(time.Hour))
		if started || err != nil {
			t.Errorf("a login that began before: %t, %v", started, err)
		}
		if user, err := s.User(t.Context(), "anna"); err != nil || user != nil {
			t.Errorf("the user is there: %+v, %v", user, err)
		}
		if user := mustListUser(t, s, "anna"); user != nil {
			t.Errorf("the user is listed: %+v", user)
		}
		if err := s.DeleteUser(t.Context(), "anna", now); !errors.Is(err, ErrNoUser) {
			t.Errorf("a second time: %v", err)
		}
		event, err := s.Event(t.Context(), models.Caller{}, entry.Events[0].Number)
		if err != nil || event == nil || event.CreatedBy.Name != "anna" {
			t.Fatalf("the event: %+v, %v", event, err)
		}
		if again := testUsers(t, s, now, "anna")[0]; again.Key == anna.Key {
			t.Error("the new user has the key of the deleted one")
		}
		if event, err = s.Event(t.Context(), models.Caller{}, entry.Events[0].Number); err != nil ||
			event.CreatedBy.Key != anna.Key || event.CreatedBy.Name != "anna" {
			t.Errorf("the event: %+v, %v", event.CreatedBy, err)
		}
	})
}

func TestSetUserUnits(t *testing.T) {
	onEachDatabase(t, func(t *testing.T, s *Store) {
		now := time.Now().UTC().Truncate(time.Microsecond)
		unit := func(values ...any) models.Upsert { return models.Upsert{Values: values} }
		rejected, err := upsert(t, s, models.Units, unit("U1", "Web Shop", "webshop"),
			unit("U2", "Store, Main", "U3"), unit("U3", "Till", "Web Shop"), unit("U4", "shop", "SHOP"))
		if err != nil || len(rejected) > 0 {
			t.Fatal(rejected, err)
		}
		anna := testUsers(t, s, now, "anna")[0]
		token := tokenHash(1)
		if _, err := s.StartSession(t.Context(), token, anna, now, now.Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct{ name, units, want, err string }{
			{"id", "U1", "U1", ""},
			{"name with a comma", "Store, Main", "U2", ""},
			{"alternative code", "webshop", "U1", ""},
			{"an id before an alternative code", "U3", "U3", ""},
			{"several", "webshop|Till|U1", "U1 U3", ""},
			{"name and alternative code of two units", "Web Shop", "U1 U3", "several units"},
			{"unknown", "nowhere|Shop", "U1 U3", `"nowhere"`},
			{"the second unknown", "nowhere|Shop", "U1 U3", `"Shop"`},
			{"other bytes", "U1 ", "U1 U3", "no unit"},
			{"none", "", "", ""},
		} {
			t.Run(c.name, func(t *testing.T) {
				var units []string
				if c.units != "" {
					units = strings.Split(c.units, "|")
				}
				err := s.SetUserUnits(t.Context(), "anna", units)
				if (c.err == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), c.err) {
					t.Errorf("%v", err)
				}
				var ids []string
				for _, unit := range mustListUser(t, s, "anna").Units {
					ids = append(ids, unit.ID)
				}
				if got := strings.Join(ids, " "); got != c.want {
					t.Errorf("the units are %s", got)
				}
				caller, err := s.Caller(t.Context(), token, now)
				if err != nil || caller == nil || len(caller.Units) != len(ids) {
					t.Errorf("the session: %+v, %v", caller, err)
				}
			})
		}
		if err := s.SetUserUnits(t.Context(), "unknown-user", nil); !errors.Is(err, ErrNoUser) {
			t.Errorf("%v", err)
		}
	})
}
