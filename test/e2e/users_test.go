package e2e

import (
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"

	"customer-events/internal/app"
	"customer-events/internal/store/storetest"
	"customer-events/test/apitest"
)

const loginQuery = `mutation ($u: String!, $p: String!) { login(input: {username: $u, password: $p}) { ` +
	`token } }`

// TestUserCommands_EndTokens checks that a command of one program ends the tokens of other programs at
// once.
func TestUserCommands_EndTokens(t *testing.T) {
	t.Parallel()
	for name, database := range apitest.Databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			user := func(stdin string, args ...string) string {
				t.Helper()
				return apitest.MustCommand(t, stdin, append(append([]string{"user"}, args...), "--database",
					database, "--secret-key", apitest.SecretKey)...)
			}
			s, second := apitest.ServeDemo(t, database), apitest.ServeDemo(t, database)
			user("first password\n", "add", "anna", "--unit", "1")
			code := func(on *apitest.Server, token string) string {
				return on.Post(t, `{ webCustomerEvents { nodes { id } } }`, nil, "Authorization",
					"Bearer "+token).Code()
			}
			login := func(password string) string {
				return s.Post(t, loginQuery, apitest.Object{"u": "anna", "p": password}).Code()
			}
			for _, c := range []struct{ stdin, command, password string }{
				{"second password\n", "password", "second password"},
				{"", "disable", ""},
				{"", "enable", "second password"},
			} {
				token := ""
				if c.command != "enable" {
					token = s.Login(t, "anna", map[string]string{
						"password": "first password",
						"disable":  "second password",
					}[c.command])
					if got := code(second, token); got != "" {
						t.Fatalf("before %s: %s", c.command, got)
					}
				}
				user(c.stdin, c.command, "anna")
				for _, on := range []*apitest.Server{s, second} {
					if got := code(on, token); got != "UNAUTHENTICATED" {
						t.Errorf("after %s the token is answered with %q", c.command, got)
					}
				}
				if got := login("first password"); got != "UNAUTHENTICATED" {
					t.Errorf("after %s the old password is answered with %q", c.command, got)
				}
				want := map[bool]string{true: "UNAUTHENTICATED"}[c.password == ""]
				if login("second password") != want {
					t.Errorf("after %s a login is not answered with %q", c.command, want)
				}
			}
			user("", "disable", "demo")
			list := user("", "list")
			lines := strings.Split(list, "\n")
			if len(lines) != 4 || strings.Join(strings.Fields(lines[1])[:2], " ") != "anna enabled" ||
				strings.Fields(lines[1])[3] != "1" ||
				strings.Join(strings.Fields(lines[2])[:2], " ") != "demo disabled" ||
				strings.Fields(lines[2])[3] != "all" {
				t.Errorf("the list:\n%s", list)
			}
			for _, args := range [][]string{
				{"password", "unknown-user"},
				{"disable", "unknown-user"},
				{"enable", "unknown-user"},
				{"delete", "unknown-user"},
				{"units", "unknown-user"},
				{"disable", "Anna"},
				{"delete", "Anna"},
				{"password", "anna"},
			} {
				exit, _, stderr := apitest.Command(t, "short\n", append(append([]string{"user"}, args...),
					"--database", database, "--secret-key", apitest.SecretKey)...)
				if exit != 1 || !strings.Contains(stderr, "no user") &&
					!strings.Contains(stderr, "too short") {
					t.Errorf("%v: exit %d: %s", args, exit, stderr)
				}
			}
		})
	}
}

// TestLogin_ConcurrentPasswordChange checks that a login during a password change gives no token that
// outlives the change.
func TestLogin_ConcurrentPasswordChange(t *testing.T) {
	t.Parallel()
	for name, database := range apitest.Databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := apitest.ServeDemo(t, database)
			for round := range 3 {
				var all sync.WaitGroup
				tokens := make([]string, 4)
				old := []string{app.DemoPassword, "password 0", "password 1"}[round]
				for i := range tokens {
					all.Go(func() {
						a := s.Post(t, `mutation ($u: String!, $p: String!) { login(input: {username: $u, `+
							`password: $p}) { token } }`, apitest.Object{"u": app.DemoUser, "p": old},
							"Authorization", "none")
						if a.Code() == "" {
							tokens[i] = strings.Split(string(a.Data["login"]), `"`)[3]
						}
					})
				}
				all.Go(func() {
					apitest.MustCommand(t, fmt.Sprint("password ", round, "\n"), "user", "password",
						app.DemoUser, "--database", database, "--secret-key", apitest.SecretKey)
				})
				all.Wait()
				for _, token := range tokens {
					if token == "" {
						continue
					}
					a := s.Post(t, `{ webCustomerEvents { nodes { id } } }`, nil, "Authorization",
						"Bearer "+token)
					if a.Code() != "UNAUTHENTICATED" {
						t.Errorf("round %d: a token of the old password is alive", round)
					}
				}
			}
		})
	}
}

func TestLogin_TooManyFailures(t *testing.T) {
	t.Parallel()
	apitest.OnEachDatabase(t, func(t *testing.T, s *apitest.Server) {
		s.Token = ""
		for range 10 {
			a := s.Post(t, loginQuery, apitest.Object{"u": "demo", "p": "wrong password"})
			if a.Code() != "UNAUTHENTICATED" || a.Status != 401 {
				t.Fatalf("%d %s", a.Status, a.Text)
			}
		}
		a := s.Post(t, loginQuery, apitest.Object{"u": "demo", "p": "wrong password"})
		seconds, err := strconv.Atoi(a.Header.Get("Retry-After"))
		if a.Code() != "RATE_LIMITED" || a.Status != 429 || err != nil || seconds < 800 || seconds > 900 {
			t.Errorf("%d, Retry-After %q: %s", a.Status, a.Header.Get("Retry-After"), a.Text)
		}
		// Other clients may have the same address, as behind a proxy: they can still log in.
		if a := s.Post(t, loginQuery, apitest.Object{"u": "demo", "p": app.DemoPassword}); a.Code() != "" {
			t.Errorf("the right password of another client: %s", a.Text)
		}
		if a := s.Post(t, loginQuery, apitest.Object{
			"u": "another",
			"p": app.DemoPassword,
		}); a.Code() != "UNAUTHENTICATED" {
			t.Errorf("another user: %s", a.Text)
		}
	})
}

// TestLogin_AttackedUserLogsInElsewhere checks that fifty wrong passwords from five networks do not lock
// the user out at other addresses, whether known or not.
func TestLogin_AttackedUserLogsInElsewhere(t *testing.T) {
	t.Parallel()
	for name, database := range apitest.Databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := apitest.ServeDemo(t, database, "--trusted-proxies", "127.0.0.0/8")
			s.Token = ""
			login := func(client, password string) string {
				return s.Post(t, loginQuery, apitest.Object{"u": app.DemoUser, "p": password},
					"X-Forwarded-For", client).Code()
			}
			if got := login("203.0.113.1", app.DemoPassword); got != "" {
				t.Fatal(got)
			}
			for i := range 60 {
				want := "UNAUTHENTICATED"
				if i >= 50 {
					want = "RATE_LIMITED"
				}
				if got := login(fmt.Sprint("192.0.2.", i%5), "wrong password"); got != want {
					t.Fatalf("guess %d: %q, want %q", i, got, want)
				}
			}
			for _, client := range []string{"203.0.113.1", "203.0.113.2", "2001:db8::1"} {
				if got := login(client, app.DemoPassword); got != "" {
					t.Errorf("%s: %s", client, got)
				}
			}
			if got := login("192.0.2.1", app.DemoPassword); got != "RATE_LIMITED" {
				t.Errorf("the right password from a failing address: %q", got)
			}
			for i := range 20 { // wrong passwords from the user's address do not lock the user out
				login("203.0.113.1", fmt.Sprint("wrong password ", i))
			}
			if got := login("203.0.113.1", app.DemoPassword); got != "" {
				t.Errorf("after wrong passwords from the same address: %s", got)
			}
		})
	}
}

// TestLogin_LargeBody checks that a login in a large body acquires the CPU limiter for the body and for
// the password one after the other, not nested.
func TestLogin_LargeBody(t *testing.T) {
	t.Parallel()
	s := apitest.ServeDemo(t, storetest.SQLite(t))
	padding := strings.Repeat(" ", 3<<20)
	body := `{"username":"demo","password":"` + app.DemoPassword + `","unit_id":"` + padding + `"}`
	if a := s.WebPost(t, "authentication/token", strings.NewReader(body)); a.Status != 200 {
		t.Errorf("%d %s", a.Status, a.Text)
	}
	a := s.Post(t, loginQuery, apitest.Object{"u": "demo", "p": app.DemoPassword, "unknown": padding})
	if a.Status != 200 || a.Code() != "" {
		t.Errorf("%d %s", a.Status, a.Text)
	}
}
