package e2e

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"customer-events/internal/app"
	"customer-events/internal/store/storetest"
	"customer-events/test/apitest"
)

// TestSend_ServerAddress completes the address of a server, or rejects it with the reason.
func TestSend_ServerAddress(t *testing.T) {
	t.Parallel()
	s := apitest.ServeDemo(t, storetest.SQLite(t))
	host := strings.TrimPrefix(s.URL, "http://")
	for name, c := range map[string]struct {
		server string
		exit   int
		want   string // of the error
	}{
		"complete":          {s.URL + "/graphql", 0, ""},
		"bare":              {s.URL, 0, ""},
		"a slash":           {s.URL + "/", 0, ""},
		"a slash behind":    {s.URL + "/graphql/", 0, ""},
		"a fragment":        {s.URL + "#x", 0, ""},
		"upper case":        {"HTTP://" + host, 0, ""},
		"without scheme":    {host, 0, ""},
		"by name":           {strings.Replace(host, "127.0.0.1", "localhost", 1), 0, ""},
		"another path":      {s.URL + "/graphiql", 3, "that is not GraphQL"},
		"https":             {"https://" + host, 3, "write http:// in place of https://"},
		"unknown host":      {"http://no-such-host.invalid", 3, "check the name of the server"},
		"remote, no scheme": {"shop.example.com:8080", 2, "server (shop.example.com:8080) is not valid: write"},
		"one slash":         {"http:/127.0.0.1:8080", 2, "server (http:/127.0.0.1:8080) is not valid"},
		"no colon":          {"http//127.0.0.1:8080", 2, "is not valid"},
		"another scheme":    {"htp://127.0.0.1:8080", 2, "is not valid"},
		"no host":           {"http://:8080", 2, "is not valid"},
		"only a scheme":     {"http://", 2, "is not valid"},
		"empty":             {"", 2, "is not valid"},
		"a blank":           {"http://127.0.0.1 :8080", 2, "is not valid"},
		"port 0":            {"http://127.0.0.1:0", 2, "write a port from 1 to 65535"},
		"port 99999":        {"http://127.0.0.1:99999", 2, "write a port from 1 to 65535"},
		"no port":           {"http://127.0.0.1:x", 2, "is not valid"},
		"a password":        {"http://user:CANARY@" + host, 2, "server is not valid"},
		"a password alone":  {"user:CANARY@" + host, 2, "server is not valid"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := tempFile(t, "x.ndjson", eventLines(t, 0, 1))
			exit, stdout, stderr := apitest.Command(t, app.DemoPassword, "send", file, "--server="+c.server,
				"--username", app.DemoUser)
			if exit != c.exit || !strings.Contains(stderr, c.want) ||
				strings.Contains(stdout+stderr, "CANARY") || strings.Contains(stderr, "trying again") {
				t.Errorf("exit %d: %s%s", exit, stdout, stderr)
			}
			if exit != 0 && strings.Contains(stdout, "events are done") {
				t.Errorf("it counts events: %s", stdout)
			}
		})
	}
}

// unreadStdin fails when a command asks for a password.
type unreadStdin struct{}

func (unreadStdin) Read([]byte) (int, error) { return 0, errors.New("the password was asked for") }

// TestSend_PasswordIsAskedLast expects the password to be asked for only if there is something to send.
func TestSend_PasswordIsAskedLast(t *testing.T) {
	t.Parallel()
	s := apitest.ServeDemo(t, storetest.SQLite(t))
	sent := tempFile(t, "x.ndjson", eventLines(t, 0, 1))
	if exit, stdout, stderr := sendCommand(t, s.URL, sent); exit != 0 {
		t.Fatalf("exit %d: %s%s", exit, stdout, stderr)
	}
	changed := tempFile(t, "x.ndjson", eventLines(t, 0, 2))
	if exit, stdout, stderr := sendCommand(t, s.URL, changed); exit != 0 {
		t.Fatalf("exit %d: %s%s", exit, stdout, stderr)
	}
	if err := os.WriteFile(changed, eventLines(t, 1, 2), 0o600); err != nil {
		t.Fatal(err)
	}
	unreadable := tempFile(t, "x.ndjson", eventLines(t, 0, 1))
	if err := os.Chmod(unreadable, 0); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ file, want string }{
		"no file":           {filepath.Join(t.TempDir(), "none"), "no such file"},
		"a folder":          {t.TempDir(), "is a folder"},
		"a device":          {os.DevNull, "is not a regular file"},
		"standard input":    {"-", "does not read the standard input"},
		"unknown columns":   {tempFile(t, "x.csv", []byte("a,b\n1,2\n")), "unknown name"},
		"an empty CSV":      {tempFile(t, "x.csv", nil), "it is empty"},
		"an array":          {tempFile(t, "x.json", []byte("[]")), "it begins with ["},
		"changed":           {changed, "has been changed since"},
		"sent already":      {sent, "has been sent already"},
		"not permitted":     {unreadable, "permission denied"},
		"something to send": {tempFile(t, "x.ndjson", eventLines(t, 0, 1)), "the password was asked for"},
	} {
		t.Run(name, func(t *testing.T) {
			if name == "not permitted" && os.Getuid() == 0 {
				t.Skip("root may read every file")
			}
			for _, check := range []string{"", "--check"} {
				if check != "" && (name == "changed" || name == "sent already") {
					continue // a check does not depend on what was sent
				}
				var stdout, stderr apitest.Buffer
				args := sendArgs(s.URL, c.file)
				if check != "" {
					args = append(args, check)
				}
				exit := app.Run(t.Context(), args, app.Env{Stdin: unreadStdin{}, Stdout: &stdout, Stderr: &stderr,
					Log: app.NewLogger(&stderr)})
				if name != "sent already" && exit != 3 || !strings.Contains(stderr.String(), c.want) ||
					strings.Contains(stderr.String(), "asked for") != strings.Contains(c.want, "asked for") {
					t.Errorf("%s exit %d: %s%s", check, exit, stdout.String(), stderr.String())
				}
			}
		})
	}
}

// TestSend_CACert expects --ca-cert to make a certificate of one's own trusted.
func TestSend_CACert(t *testing.T) {
	t.Parallel()
	certFile, keyFile, _ := certificateFor127(t)
	otherFile, _, _ := certificateFor127(t)
	s := apitest.Serve(t, "--demo", "--database", storetest.SQLite(t), "--secret-key", apitest.SecretKey,
		"--tls-cert", certFile, "--tls-key", keyFile)
	server := strings.Replace(s.URL, "http:", "https:", 1)
	for name, c := range map[string]struct {
		authority string
		exit      int
		want      string
	}{
		"trusted":        {certFile, 0, ""},
		"none":           {"", 3, "with --ca-cert FILE"},
		"another":        {otherFile, 3, "with --ca-cert FILE"},
		"a missing file": {certFile + ".none", 2, "no such file or directory: name a file of certificates"},
		"a key":          {keyFile, 2, "has no certificate: name a PEM file"},
		"a folder":       {t.TempDir(), 2, "is a directory: name a file of certificates"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := tempFile(t, "x.ndjson", eventLines(t, 0, 1))
			exit, stdout, stderr := apitest.Command(t, app.DemoPassword, "send", file, "--server", server,
				"--username", app.DemoUser, "--ca-cert="+c.authority)
			if exit != c.exit || !strings.Contains(stderr, c.want) || strings.Contains(stderr, "trying again") {
				t.Errorf("exit %d: %s%s", exit, stdout, stderr)
			}
		})
	}
}
