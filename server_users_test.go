package main

import (
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"

	"customer-events/store/storetest"
)

const loginQuery = `mutation ($u: String!, $p: String!) { login(input: {username: $u, password: $p}) { token } }`

// What is done to a user by one program holds at once for the tokens that another has given.
func TestUserCommandsEndTokensAtOnce(t *testing.T) {
	t.Parallel()
	for name, database := range map[string]string{"SQLite": storetest.SQLite(t), "MariaDB": storetest.MySQL(t)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			user := func(stdin string, args ...string) string {
				t.Helper()
				return mustCommand(t, stdin, append(append([]string{"user"}, args...), "--database", database, "--secret-key", testKey)...)
			}
			s, second := demoOn(t, database), demoOn(t, database)
			user("first password\n", "add", "anna", "--unit", "1")
			code := func(on *server, token string) string {
				return on.post(t, `{ webCustomerEvents { nodes { id } } }`, nil, "Authorization", "Bearer "+token).code()
			}
			login := func(password string) string { return s.post(t, loginQuery, object{"u": "anna", "p": password}).code() }
			for _, c := range []struct{ stdin, command, password string }{{"second password\n", "password", "second password"}, {"", "disable", ""}, {"", "enable", "second password"}} {
				token := ""
				if c.command != "enable" {
					token = s.login(t, "anna", map[string]string{"password": "first password", "disable": "second password"}[c.command])
					if got := code(second, token); got != "" {
						t.Fatalf("before %s: %s", c.command, got)
					}
				}
				user(c.stdin, c.command, "anna")
				for _, on := range []*server{s, second} {
					if got := code(on, token); got != "UNAUTHENTICATED" {
						t.Errorf("after %s the token is answered with %q", c.command, got)
					}
				}
				if got := login("first password"); got != "UNAUTHENTICATED" {
					t.Errorf("after %s the old password is answered with %q", c.command, got)
				}
				if want := map[bool]string{true: "UNAUTHENTICATED"}[c.password == ""]; login("second password") != want {
					t.Errorf("after %s a login is not answered with %q", c.command, want)
				}
			}
			user("", "disable", "demo")
			list := user("", "list")
			if lines := strings.Split(list, "\n"); len(lines) != 4 || strings.Join(strings.Fields(lines[1])[:2], " ") != "anna enabled" || strings.Fields(lines[1])[3] != "1" ||
				strings.Join(strings.Fields(lines[2])[:2], " ") != "demo disabled" || strings.Fields(lines[2])[3] != "all" {
				t.Errorf("the list:\n%s", list)
			}
			for _, args := range [][]string{{"password", "nobody"}, {"disable", "nobody"}, {"enable", "nobody"}, {"disable", "Anna"}, {"password", "anna"}} {
				exit, _, stderr := command(t, "short\n", append(append([]string{"user"}, args...), "--database", database, "--secret-key", testKey)...)
				if exit != 1 || !strings.Contains(stderr, "no user") && !strings.Contains(stderr, "too short") {
					t.Errorf("%v: exit %d: %s", args, exit, stderr)
				}
			}
		})
	}
}

// A login that is under way while the password changes gives no token that outlives the change.
func TestALoginIsBeforeOrAfterAChangeOfThePassword(t *testing.T) {
	t.Parallel()
	for name, database := range map[string]string{"SQLite": storetest.SQLite(t), "MariaDB": storetest.MySQL(t)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := demoOn(t, database)
			for round := range 3 {
				var all sync.WaitGroup
				tokens := make([]string, 4)
				old := []string{demoPassword, "password 0", "password 1"}[round]
				for i := range tokens {
					all.Go(func() {
						a := s.post(t, `mutation ($u: String!, $p: String!) { login(input: {username: $u, password: $p}) { token } }`, object{"u": demoUser, "p": old}, "Authorization", "none")
						if a.code() == "" {
							tokens[i] = strings.Split(string(a.Data["login"]), `"`)[3]
						}
					})
				}
				all.Go(func() {
					mustCommand(t, fmt.Sprint("password ", round, "\n"), "user", "password", demoUser, "--database", database, "--secret-key", testKey)
				})
				all.Wait()
				for _, token := range tokens {
					if token == "" {
						continue
					}
					if a := s.post(t, `{ webCustomerEvents { nodes { id } } }`, nil, "Authorization", "Bearer "+token); a.code() != "UNAUTHENTICATED" {
						t.Errorf("round %d: a token of the old password is alive", round)
					}
				}
			}
		})
	}
}

func TestTooManyLoginsAreRateLimited(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, s *server) {
		s.token = ""
		for range 10 {
			if a := s.post(t, loginQuery, object{"u": "demo", "p": "wrong password"}); a.code() != "UNAUTHENTICATED" || a.Status != 401 {
				t.Fatalf("%d %s", a.Status, a.Text)
			}
		}
		a := s.post(t, loginQuery, object{"u": "demo", "p": "wrong password"})
		seconds, err := strconv.Atoi(a.Header.Get("Retry-After"))
		if a.code() != "RATE_LIMITED" || a.Status != 429 || err != nil || seconds < 800 || seconds > 900 {
			t.Errorf("%d, Retry-After %q: %s", a.Status, a.Header.Get("Retry-After"), a.Text)
		}
		// The address is one that many clients may have, as it is a proxy's on this machine: they still get in.
		if a := s.post(t, loginQuery, object{"u": "demo", "p": demoPassword}); a.code() != "" {
			t.Errorf("the right password of another client: %s", a.Text)
		}
		if a := s.post(t, loginQuery, object{"u": "another", "p": demoPassword}); a.code() != "UNAUTHENTICATED" {
			t.Errorf("another user: %s", a.Text)
		}
	})
}

// Fifty wrong passwords from five networks do not keep a user from logging in elsewhere, known address or not.
func TestLogin_AttackedUserLogsInElsewhere(t *testing.T) {
	t.Parallel()
	for name, database := range map[string]string{"SQLite": storetest.SQLite(t), "MariaDB": storetest.MySQL(t)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := demoOn(t, database, "--trusted-proxies", "127.0.0.0/8")
			s.token = ""
			login := func(client, password string) string {
				return s.post(t, loginQuery, object{"u": demoUser, "p": password}, "X-Forwarded-For", client).code()
			}
			if got := login("203.0.113.1", demoPassword); got != "" {
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
				if got := login(client, demoPassword); got != "" {
					t.Errorf("%s: %s", client, got)
				}
			}
			if got := login("192.0.2.1", demoPassword); got != "RATE_LIMITED" {
				t.Errorf("the right password from a guesser's address: %q", got)
			}
			for i := range 20 { // a neighbour of the user locks nobody out
				login("203.0.113.1", fmt.Sprint("wrong password ", i))
			}
			if got := login("203.0.113.1", demoPassword); got != "" {
				t.Errorf("after a neighbour's wrong passwords: %s", got)
			}
		})
	}
}

// A login in a large body takes a turn for the body, and another for the password, and not the one within the other.
func TestALoginInALargeBody(t *testing.T) {
	t.Parallel()
	s := demoOn(t, storetest.SQLite(t))
	padding := strings.Repeat(" ", 3<<20)
	body := `{"username":"demo","password":"` + demoPassword + `","unit_id":"` + padding + `"}`
	if a := s.web(t, "authentication/token", strings.NewReader(body)); a.Status != 200 {
		t.Errorf("%d %s", a.Status, a.Text)
	}
	if a := s.post(t, loginQuery, object{"u": "demo", "p": demoPassword, "unknown": padding}); a.Status != 200 || a.code() != "" {
		t.Errorf("%d %s", a.Status, a.Text)
	}
}
