package e2e

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"testing"

	"customer-events/internal/store/storetest"
	"customer-events/test/apitest"
)

func TestCommands_HelpAndVersion(t *testing.T) {
	t.Parallel()
	help := apitest.MustCommand(t, "", "--help")
	for _, want := range []string{
		"--listen", "CRM_LISTEN", "CRM_TLS_CERT", "CRM_TLS_KEY", "CRM_TRUSTED_PROXIES", "CRM_CORS_ORIGINS",
		"CRM_RATE_LIMIT", "--database", "CRM_DATABASE", "CRM_SECRET_KEY", "CRM_OLD_SECRET_KEY", "CRM_ZONE",
		"CRM_FUTURE_TOLERANCE", "CRM_INTROSPECTION", "serve", "migrate", "user add", "user password",
		"user units", "user disable", "user enable", "user delete", "user list", "import", "export", "send",
		"licenses", "version", "help",
	} {
		if !strings.Contains(help, want) {
			t.Errorf("--help does not mention %s:\n%s", want, help)
		}
	}
	got := apitest.MustCommand(t, "", "version")
	if !regexp.MustCompile(`(?s)^customer-events \S+\ncommit \S+\n` + regexp.QuoteMeta(runtime.Version()) +
		`\n$`).MatchString(got) {
		t.Errorf("version: %q", got)
	}
}

func TestMigrate_Concurrent(t *testing.T) {
	t.Parallel()
	for name, database := range apitest.Databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var all sync.WaitGroup
			for range 4 {
				all.Go(func() {
					exit, _, stderr := apitest.Command(t, "", "migrate", "--database", database,
						"--secret-key", apitest.SecretKey)
					if exit != 0 {
						t.Errorf("exit %d: %s", exit, stderr)
					}
				})
			}
			all.Wait()
			apitest.MustCommand(t, "", "migrate", "--database", database, "--secret-key", apitest.SecretKey)
		})
	}
}

func TestUserAdd_Command(t *testing.T) {
	t.Parallel()
	for name, database := range apitest.Databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			add := func(stdin string, args ...string) (int, string) {
				exit, stdout, stderr := apitest.Command(t, stdin,
					append([]string{"user", "add", "--database", database, "--secret-key",
						apitest.SecretKey}, args...)...)
				if strings.Contains(stdout+stderr, strings.TrimSpace(stdin)) &&
					len(strings.TrimSpace(stdin)) > 1 {
					t.Errorf("%v repeats the password: %s%s", args, stdout, stderr)
				}
				return exit, stderr
			}
			if exit, stderr := add("a good password\n", "anna"); exit != 1 ||
				!strings.Contains(stderr, "customer-events migrate") {
				t.Errorf("there is no database: exit %d: %s", exit, stderr)
			}
			apitest.MustCommand(t, "", "migrate", "--database", database, "--secret-key", apitest.SecretKey)
			if exit, stderr := add("a good password\n", "anna"); exit != 0 {
				t.Fatalf("exit %d: %s", exit, stderr)
			}
			for _, c := range []struct{ name, stdin, user, unit, want string }{
				{"duplicate", "another password\n", "anna", "", "already"},
				{"short", "1234567\n", "berta", "", "too short"},
				{"empty", "", "berta", "", "too short"},
				{"seven characters of two bytes", "äöüäöüä\n", "berta", "", "too short"},
				{"name of 256 characters", "a good password\n", strings.Repeat("ä", 256), "", "name"},
				{"unknown unit", "a good password\n", "berta", "nowhere", "nowhere"},
				{"blank name", "a good password\n", " ", "", "name"},
			} {
				t.Run(c.name, func(t *testing.T) {
					args := []string{c.user}
					if c.unit != "" {
						args = append(args, "--unit", c.unit)
					}
					exit, stderr := add(c.stdin, args...)
					if exit != 1 ||
						!strings.Contains(stderr, c.want) {
						t.Errorf("exit %d: %s", exit, stderr)
					}
				})
			}
			s := apitest.Serve(t, "--database", database, "--secret-key", apitest.SecretKey)
			const query = `mutation ($u: String!, $p: String!) { login(input: {username: $u, password: ` +
				`$p}) { token } }`
			for password, want := range map[string]string{
				"a good password":   "",
				"a good password\n": "UNAUTHENTICATED",
				"another password":  "UNAUTHENTICATED",
			} {
				if a := s.Post(t, query, apitest.Object{"u": "anna", "p": password}); a.Code() != want {
					t.Errorf("%q: %s", password, a.Text)
				}
			}
			a := s.Post(t, query, apitest.Object{"u": "berta", "p": "a good password"})
			if a.Code() != "UNAUTHENTICATED" {
				t.Errorf("the user whose unit is unknown was added: %s", a.Text)
			}
		})
	}
}

func TestImport_ExitStatus(t *testing.T) {
	t.Parallel()
	database := storetest.SQLite(t)
	file := func(text string) string {
		path := filepath.Join(t.TempDir(), "rows.csv")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	good := file("number,name\nA1,Anna\nA2,Berta\n")
	if stdout := apitest.MustCommand(t, "", "import", "accounts-receivable", good, "--database",
		database); !strings.Contains(stdout, "2 rows: 2 added, 0 changed, 0 unchanged, 0 rejected") {
		t.Errorf("good rows: %s", stdout)
	}
	exit, stdout, stderr := apitest.Command(t, "", "import", "accounts-receivable",
		file("number,name\nA3,Carla\n,Unknown\nA4,Dora\n"), "--database", database)
	if exit != 1 || !strings.Contains(stdout, "3 rows: 2 added, 0 changed, 0 unchanged, 1 rejected") ||
		!strings.Contains(stderr, "3") || !strings.Contains(stderr, "number") {
		t.Errorf("a bad row: exit %d: %s%s", exit, stdout, stderr)
	}
	if exit, _, _ := apitest.Command(t, "", "import", "accounts-receivable", filepath.Join(t.TempDir(),
		"none.csv"), "--database", database); exit != 1 {
		t.Errorf("no file: exit %d", exit)
	}
	if exit, _, stderr := apitest.Command(t, "", "import", "nonsense", good, "--database",
		database); exit != 2 || !strings.Contains(stderr, "units") {
		t.Errorf("no such kind: exit %d: %s", exit, stderr)
	}
}

// TestOptions_Invalid expects all errors at once. The program runs as a process of its own, since
// environment variables belong to the process.
func TestOptions_Invalid(t *testing.T) {
	t.Parallel()
	program := func(env []string, args ...string) (int, string) {
		process := apitest.Process(t.Context(), t, args...)
		process.Env = append(process.Env, env...)
		out, err := process.CombinedOutput()
		var exited *exec.ExitError
		if err != nil && !errors.As(err, &exited) {
			t.Fatal(err)
		}
		return process.ProcessState.ExitCode(), string(out)
	}
	if exit, out := program(nil, "version"); exit != 0 {
		t.Fatalf("exit %d: %s", exit, out)
	}
	exit, out := program([]string{
		"CRM_DATABSE=sqlite:x.db",
		"CRM_NONSENSE=1",
		"CRM_ZONE=Nowhere/City",
		"CRM_FUTURE_TOLERANCE=soon",
		"CRM_DATABASE=postgres://user:CANARY@host/name",
	},
		"--listen", "8080", "--introspection", "maybe", "--call-timeout=-1s", "--drain", "long",
		"--tls-cert", "cert.pem", "--trusted-proxies", "proxy.example.com", "--cors-origins", "*",
		"--rate-limit", "16")
	if exit != 2 {
		t.Errorf("exit %d", exit)
	}
	for _, want := range []string{
		"CRM_DATABSE", "CRM_NONSENSE", "Nowhere/City", "soon", "8080", "maybe", "-1s", "drain (long)",
		"sqlite:PATH", "tls-cert and tls-key", "proxy.example.com", "cors-origins (*)", "rate-limit (16)",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("%s is not mentioned:\n%s", want, out)
		}
	}
	if strings.Contains(out, "CANARY") {
		t.Errorf("the message repeats the password:\n%s", out)
	}
	exit, out = program([]string{"CRM_LISTEN=:x", "CRM_DEMO=perhaps", "CRM_NONSENSE=1"}, "--drain", "long",
		"--nonsense")
	for _, want := range []string{
		"listen (:x)", "demo (perhaps)", "CRM_NONSENSE", "drain (long)", "no option --nonsense",
	} {
		if exit != 2 || !strings.Contains(out, want) {
			t.Errorf("exit %d without %q:\n%s", exit, want, out)
		}
	}
	for _, c := range []struct {
		want string
		args []string
	}{
		{"secret-key is missing", []string{"--database", "mysql://user@host/name"}},
		{"secret-key is too short", []string{"--secret-key", "short"}},
		{"--demo", []string{"--demo", "--listen", "0.0.0.0:8080"}},
		{"--demo", []string{"--demo", "--listen", ":8080"}},
		{"--demo", []string{"--demo", "--listen", "[::]:8080"}},
		{"--demo", []string{"--demo", "--listen", "example.com:8080"}},
		{"--nonsense", []string{"--nonsense"}},
	} {
		exit, _, stderr := apitest.Command(t, "", append([]string{"--database", storetest.SQLite(t)},
			c.args...)...)
		if exit != 2 || !strings.Contains(stderr, c.want) {
			t.Errorf("%v: exit %d: %s", c.args, exit, stderr)
		}
	}
	// A flag overrides its variable.
	if exit, out := program([]string{"CRM_DATABASE=nonsense"}, "migrate", "--database",
		"sqlite:here.db"); exit != 0 {
		t.Errorf("exit %d: %s", exit, out)
	}
}
