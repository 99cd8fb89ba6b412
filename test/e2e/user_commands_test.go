package e2e

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"customer-events/test/apitest"
)

// userCommand returns a function that runs "user …" on a database.
func userCommand(t *testing.T, database string) func(want int, stdin string, args ...string) string {
	return func(want int, stdin string, args ...string) string {
		t.Helper()
		all := append(append([]string{"user"}, args...), "--database", database)
		exit, stdout, stderr := apitest.Command(t, stdin, all...)
		if exit != want {
			t.Errorf("user %v: exit %d: %s%s", args, exit, stdout, stderr)
		}
		return stdout + stderr
	}
}

// TestUserList_Columns checks the times of users who are new, have logged in, or are disabled.
func TestUserList_Columns(t *testing.T) {
	t.Parallel()
	for name, database := range apitest.Databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			user := userCommand(t, database)
			s := apitest.ServeDemo(t, database)
			user(0, "a good password\n", "add", "anna", "--unit", "Admin Unit", "--unit", "webshop")
			user(0, "a good password\n", "add", "berta")
			user(0, "a good password\n", "add", "carla")
			s.Login(t, "anna", "a good password")
			user(0, "", "disable", "berta")
			body := strings.NewReader(`{"username": "carla", "password": "a good password"}`)
			if login := s.WebPost(t, "authentication/token", body); login.Status != 200 {
				t.Fatal(login.Text)
			}
			const day, minute = `\d{4}-\d\d-\d\d`, `\d{4}-\d\d-\d\dT\d\d:\d\dZ`
			for _, want := range []string{
				`NAME +STATE +CREATED +UNITS +DISABLED +LAST LOGIN`,
				`anna +enabled +` + day + ` +([0-9A-F]+,1|1,[0-9A-F]+) +- +` + minute,
				`berta +disabled +` + day + ` +all +` + day + ` +-`,
				`carla +enabled +` + day + ` +all +- +` + minute,
				`demo +enabled +` + day + ` +all +- +` + minute,
			} {
				if list := user(0, "", "list"); !regexp.MustCompile(`(?m)^` + want + `$`).MatchString(list) {
					t.Errorf("no line %s in\n%s", want, list)
				}
			}
			user(0, "", "enable", "berta")
			list := user(0, "", "list")
			if !regexp.MustCompile(`(?m)^berta +enabled +` + day + ` +all +- +-$`).MatchString(list) {
				t.Errorf("after enabling:\n%s", list)
			}
		})
	}
}

// TestUserDelete checks that a deleted user is logged out, that the events of the user keep the name, and
// that the name can be used again.
func TestUserDelete(t *testing.T) {
	t.Parallel()
	for name, database := range apitest.Databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			user := userCommand(t, database)
			s := apitest.ServeDemo(t, database)
			user(0, "a good password\n", "add", "anna", "--unit", "1")
			demo := s.Token
			s.Token = s.Login(t, "anna", "a good password")
			made := s.Create(t, []apitest.Object{apitest.Event("r", nil)})
			if made.Summary.Processed != 1 {
				t.Fatalf("%+v", made)
			}
			if out := user(0, "", "delete", "anna"); !strings.Contains(out, "anna is deleted") {
				t.Errorf("%s", out)
			}
			if a := s.Post(t, `{ webCustomerEvents { nodes { id } } }`, nil); a.Code() != "UNAUTHENTICATED" {
				t.Errorf("the token is answered with %s", a.Text)
			}
			login := func() string {
				return s.Post(t, loginQuery, apitest.Object{"u": "anna", "p": "a good password"}).Code()
			}
			if code := login(); code != "UNAUTHENTICATED" {
				t.Errorf("a login is answered with %q", code)
			}
			if list := user(0, "", "list"); strings.Contains(list, "anna") {
				t.Errorf("the user is listed:\n%s", list)
			}
			for _, args := range [][]string{
				{"delete", "anna"},
				{"units", "anna"},
				{"units", "anna", "--all"},
			} {
				if out := user(1, "", args...); !strings.Contains(out, "no user") {
					t.Errorf("%v: %s", args, out)
				}
			}
			user(0, "a good password\n", "add", "anna")
			if code := login(); code != "" {
				t.Errorf("the new user's login is answered with %q", code)
			}
			s.Token = demo
			const query = `query ($id: ID!) { webCustomerEvent(by: {id: $id}) { createdBy } }`
			id := made.ProcessedCustomerEventsSet[0].ID
			a := s.Post(t, query, apitest.Object{"id": id})
			if !strings.Contains(a.Text, `"createdBy":"anna"`) {
				t.Errorf("the event: %s", a.Text)
			}
		})
	}
}

// TestUserUnits checks that units are named by id, name or alternative code, and that a change takes effect
// in a running session.
func TestUserUnits(t *testing.T) {
	t.Parallel()
	for name, database := range apitest.Databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			user := userCommand(t, database)
			s := apitest.ServeDemo(t, database)
			user(0, "a good password\n", "add", "anna", "--unit", "Web Shop")
			s.Token = s.Login(t, "anna", "a good password")
			for _, c := range []struct {
				name      string
				exit      int
				args      []string
				want      string
				processed int // of an event of the unit "Admin Unit"
			}{
				{"show the name given to add", 0, nil, "Web Shop", 0},
				{"id", 0, []string{"--unit", "1"}, "anna may write", 1},
				{"alternative code", 0, []string{"--unit", "webshop"}, "anna may write", 0},
				{"name", 0, []string{"--unit", "Admin Unit"}, "anna may write", 1},
				{"two", 0, []string{"--unit", "adminunit", "--unit=webshop"}, "adminunit, webshop", 1},
				{"show two", 0, nil, "adminunit", 1},
				{"unknown", 1, []string{"--unit", "admin unit"}, `"admin unit"`, 1},
				{"known and unknown", 1, []string{"--unit", "1", "--unit", "x", "--unit", "y"}, `"y"`, 1},
				{"the other", 0, []string{"--unit", "webshop"}, "webshop", 0},
				{"all", 0, []string{"--all"}, "all units", 1},
				{"show all", 0, nil, "all units", 1},
			} {
				t.Run(c.name, func(t *testing.T) {
					user := userCommand(t, database)
					out := user(c.exit, "", append([]string{"units", "anna"}, c.args...)...)
					if !strings.Contains(out, c.want) {
						t.Errorf("%s", out)
					}
					made := s.Create(t, []apitest.Object{apitest.Event("r", nil)})
					if made.Summary.Processed != c.processed {
						t.Errorf("%+v", made)
					}
				})
			}
		})
	}
}

// TestUserAdd_AsksOnlyWhenItCanSucceed checks that a taken name is reported although no password is given.
func TestUserAdd_AsksOnlyWhenItCanSucceed(t *testing.T) {
	t.Parallel()
	database := "sqlite:" + filepath.Join(t.TempDir(), "x.db")
	user := userCommand(t, database)
	apitest.MustCommand(t, "", "migrate", "--database", database)
	user(0, "a good password\n", "add", "anna")
	if out := user(1, "", "add", "anna"); !strings.Contains(out, "exists already") {
		t.Errorf("%s", out)
	}
	if out := user(1, "", "password", "berta"); !strings.Contains(out, "no user") {
		t.Errorf("%s", out)
	}
}
