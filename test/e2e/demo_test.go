package e2e

import (
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"customer-events/internal/app"
	"customer-events/internal/store/storetest"
	"customer-events/test/apitest"
)

// TestDemo_RefusesOtherData expects --demo to reject a database that has other users or accounts.
func TestDemo_RefusesOtherData(t *testing.T) {
	t.Parallel()
	accounts := filepath.Join(t.TempDir(), "accounts.csv")
	if err := os.WriteFile(accounts, []byte("number,name\nACR1,Anna\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	fill := map[string]func(t *testing.T, on func(stdin string, args ...string)){
		"a user": func(t *testing.T, on func(string, ...string)) {
			on("", "migrate")
			on("a good password\n", "user", "add", "anna")
		},
		"a user that is almost the demo's": func(t *testing.T, on func(string, ...string)) {
			on("", "migrate")
			on("a good password\n", "user", "add", "Demo")
		},
		"an account": func(t *testing.T, on func(string, ...string)) {
			on("", "import", "accounts-receivable", accounts)
		},
	}
	for what, fill := range fill {
		for name, database := range apitest.Databases(t) {
			t.Run(what+" "+name, func(t *testing.T) {
				t.Parallel()
				on := func(stdin string, args ...string) {
					apitest.MustCommand(t, stdin, append(args, "--database", database, "--secret-key",
						apitest.SecretKey)...)
				}
				fill(t, on)
				exit, stdout, stderr := apitest.Command(t, "", "--demo", "--listen", "127.0.0.1:0",
					"--database", database, "--secret-key", apitest.SecretKey)
				if exit != 1 || !strings.Contains(stderr, "--demo") ||
					!strings.Contains(stderr, "--database") || strings.Contains(stdout, app.DemoPassword) {
					t.Fatalf("exit %d: %s%s", exit, stdout, stderr)
				}
				list := apitest.MustCommand(t, "", "user", "list", "--database", database, "--secret-key",
					apitest.SecretKey)
				if strings.Contains(list, "demo ") {
					t.Errorf("the demo user has been added:\n%s", list)
				}
				s := apitest.Serve(t, "--database", database, "--secret-key", apitest.SecretKey)
				a := s.Post(t, loginQuery, apitest.Object{"u": app.DemoUser, "p": app.DemoPassword})
				if a.Code() != "UNAUTHENTICATED" {
					t.Errorf("the demo login works: %s", a.Text)
				}
			})
		}
	}
	// Other commands add no login, so that CRM_DEMO does not restrict them.
	full := storetest.SQLite(t)
	for range 2 {
		apitest.MustCommand(t, "", "import", "accounts-receivable", accounts, "--demo", "--database", full)
	}
	// The demo itself may be started again.
	database := storetest.SQLite(t)
	apitest.ServeDemo(t, database).Stop(t)
	apitest.ServeDemo(t, database).Stop(t)
}

// TestDemo_LoginOnLoopbackOnly serves a demo database without --demo.
func TestDemo_LoginOnLoopbackOnly(t *testing.T) {
	t.Parallel()
	for name, database := range apitest.Databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			demo := apitest.ServeDemo(t, database)
			token := demo.Token
			demo.Stop(t)
			apitest.MustCommand(t, "a good password\n", "user", "add", "anna", "--database", database,
				"--secret-key", apitest.SecretKey)
			for _, c := range []struct {
				name    string
				args    []string
				headers []string
				works   bool
			}{
				{"loopback", nil, nil, true},
				{"loopback, forwarded", nil, []string{"X-Forwarded-For", "203.0.113.1"}, false},
				{"loopback, forwarded otherwise", nil, []string{"Forwarded", "for=203.0.113.1"}, false},
				{"all addresses", []string{"--listen", "0.0.0.0:0"}, nil, false},
				{"all addresses of IPv6 too", []string{"--listen", ":0"}, nil, false},
				{"behind a proxy", []string{"--trusted-proxies", "127.0.0.1"}, nil, false},
			} {
				t.Run(c.name, func(t *testing.T) {
					s := apitest.Serve(t, append([]string{"--database", database, "--secret-key",
						apitest.SecretKey}, c.args...)...)
					_, port, err := net.SplitHostPort(strings.TrimPrefix(s.URL, "http://"))
					if err != nil {
						t.Fatal(err)
					}
					s.URL = "http://127.0.0.1:" + port
					want := map[bool]string{false: "UNAUTHENTICATED"}[c.works]
					if a := s.Post(t, loginQuery, apitest.Object{"u": app.DemoUser, "p": app.DemoPassword},
						c.headers...); a.Code() != want {
						t.Errorf("the demo login: %s", a.Text)
					}
					if a := s.Post(t, `{ webCustomerEvents { nodes { id } } }`, nil,
						append(c.headers, "Authorization", "Bearer "+token)...); a.Code() != want {
						t.Errorf("a token of the demo login: %s", a.Text)
					}
					a := s.Post(t, loginQuery, apitest.Object{"u": "anna", "p": "a good password"},
						c.headers...)
					if a.Code() != "" {
						t.Errorf("another user: %s", a.Text)
					}
					if !strings.Contains(s.Log.String(), "this is a demo database") {
						t.Errorf("the log does not say that this is a demo: %s", s.Log.String())
					}
					s.Stop(t)
				})
			}
		})
	}
}

// TestDemo_LoopbackHostsOnly protects the demo from DNS rebinding: it answers only to host names of the
// loopback interface.
func TestDemo_LoopbackHostsOnly(t *testing.T) {
	t.Parallel()
	s := apitest.ServeDemo(t, storetest.SQLite(t))
	for host, want := range map[string]int{
		"localhost:8080":              200,
		"evil.example":                403,
		"localhost.evil.example:8080": 403,
	} {
		for _, path := range []string{"/", "/metrics", "/graphql?query=%7B__typename%7D"} {
			request, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL+path, nil)
			request.Host = host
			response, err := s.Client.Do(request)
			if err != nil {
				t.Fatal(err)
			}
			if response.Body.Close(); response.StatusCode != want {
				t.Errorf("%s at %s: %d", path, host, response.StatusCode)
			}
		}
	}
}
