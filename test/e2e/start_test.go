package e2e

import (
	"errors"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"customer-events/internal/store/storetest"
	"customer-events/test/apitest"
)

// copyFile copies a file of a stopped database.
func copyFile(t *testing.T, from, to string) {
	t.Helper()
	data, err := os.ReadFile(from)
	if err == nil {
		err = os.WriteFile(to, data, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func mustNotExist(t *testing.T, path string) {
	t.Helper()
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%s: %v", path, err)
	}
}

// TestSecretKey_RestoredDatabase restores a database without its key file, with a wrong one, and with its
// own.
func TestSecretKey_RestoredDatabase(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	original, restored := filepath.Join(folder, "prod.db"), filepath.Join(folder, "restored.db")
	tokens := filepath.Join(folder, "tokens.csv")
	if err := os.WriteFile(tokens, []byte("number,participant_number,state,authentication_code\n"),
		0o600); err != nil {
		t.Fatal(err)
	}
	apitest.Serve(t, "--database", "sqlite:"+original).Stop(t)
	copyFile(t, original, restored)
	mustBeRejected := func(what string, args ...string) {
		t.Helper()
		for _, words := range [][]string{
			{"serve", "--listen", "127.0.0.1:0"},
			{"import", "access-tokens", tokens},
		} {
			exit, _, stderr := apitest.Command(t, "", append(append(words, "--database", "sqlite:"+restored),
				args...)...)
			for _, want := range []string{
				"secret-key", "key file", "restored.db.key", "CRM_SECRET_KEY", "--old-secret-key",
			} {
				if exit != 1 || !strings.Contains(stderr, want) {
					t.Errorf("%s: %s: exit %d without %q: %s", what, words[0], exit, want, stderr)
				}
			}
		}
	}
	mustBeRejected("without the key file")
	mustNotExist(t, restored+".key")
	mustBeRejected("another key", "--secret-key", "another secret key")
	mustBeRejected("another key, and another old one", "--secret-key", "another secret key",
		"--old-secret-key",
		"yet another secret key")
	if err := os.WriteFile(restored+".key", []byte("a key of some other database"), 0o600); err != nil {
		t.Fatal(err)
	}
	mustBeRejected("another key file")
	// A line end after the key is no part of it.
	key, err := os.ReadFile(original + ".key")
	if err == nil {
		err = os.WriteFile(restored+".key", append(key, '\n'), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	apitest.Serve(t, "--database", "sqlite:"+restored).Stop(t)
	if err := os.Remove(restored + ".key"); err != nil {
		t.Fatal(err)
	}
	apitest.Serve(t, "--database", "sqlite:"+restored, "--secret-key", string(key)).Stop(t)
	apitest.Serve(t, "--database", "sqlite:"+restored, "--secret-key", "the next secret key",
		"--old-secret-key", string(key)).Stop(t)
	mustBeRejected("the key before", "--secret-key", string(key))
	// Commands that need no key ask for none.
	apitest.MustCommand(t, "a good password\n", "user", "add", "anna", "--database", "sqlite:"+restored)
	apitest.MustCommand(t, "", "migrate", "--database", "sqlite:"+restored)
	mustNotExist(t, restored+".key")
}

// TestSecretKey_FirstStartsAtOnce starts servers with two different keys at the same time. Those with one
// of the keys start, the others do not.
func TestSecretKey_FirstStartsAtOnce(t *testing.T) {
	t.Parallel()
	for name, database := range apitest.Databases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			units := filepath.Join(t.TempDir(), "units.csv")
			if err := os.WriteFile(units, []byte("id,name\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			keys := []string{"the first secret key", "the second secret key"}
			var exits [2][6]int
			var all sync.WaitGroup
			for i := range exits[0] {
				for k, key := range keys {
					all.Go(func() {
						exit, _, stderr := apitest.Command(t, "", "import", "units", units, "--database",
							database, "--secret-key", key)
						exits[k][i] = exit
						if exit != 0 && !strings.Contains(stderr,
							"secret-key is not the key of this database") {
							t.Errorf("exit %d: %s", exit, stderr)
						}
					})
				}
			}
			all.Wait()
			won := exits[0] == [6]int{} && exits[1] == [6]int{1, 1, 1, 1, 1, 1}
			if !won && (exits[1] != [6]int{} || exits[0] != [6]int{1, 1, 1, 1, 1, 1}) {
				t.Errorf("the exit statuses of the two keys: %v", exits)
			}
		})
	}
}

// TestKeyFile_CutShort expects an error that names the file and the remedy.
func TestKeyFile_CutShort(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "\n", "short"} {
		path := filepath.Join(t.TempDir(), "x.db")
		if err := os.WriteFile(path+".key", []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		exit, _, stderr := apitest.Command(t, "", "--database", "sqlite:"+path, "--listen", "127.0.0.1:0")
		for _, want := range []string{path + ".key", "delete the file", "CRM_SECRET_KEY", "backup"} {
			if exit != 1 || !strings.Contains(stderr, want) {
				t.Errorf("%q: exit %d without %q: %s", text, exit, want, stderr)
			}
		}
		if got, err := os.ReadFile(path + ".key"); err != nil || string(got) != text {
			t.Errorf("the file is now %q, %v", got, err)
		}
	}
}

// TestCommands_CreateNoDatabase checks that only serve, migrate and import create a database.
func TestCommands_CreateNoDatabase(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	path := filepath.Join(folder, "x.db")
	for _, args := range [][]string{
		{"user", "list"},
		{"user", "add", "anna"},
		{"user", "password", "anna"},
		{"user", "disable", "anna"},
		{"user", "enable", "anna"},
		{"user", "delete", "anna"},
		{"user", "units", "anna"},
		{"user", "units", "anna", "--all"},
		{"export", "units"},
	} {
		exit, stdout, stderr := apitest.Command(t, "a good password\n", append(args, "--database",
			"sqlite:"+path)...)
		if exit != 1 || !strings.Contains(stderr, "there is no database at "+path) ||
			!strings.Contains(stderr, "migrate") {
			t.Errorf("%v: exit %d: %s%s", args, exit, stdout, stderr)
		}
	}
	files, err := os.ReadDir(folder)
	if err != nil || len(files) > 0 {
		t.Errorf("%v, %v", files, err)
	}
	first := apitest.MustCommand(t, "", "migrate", "--database", "sqlite:"+path)
	if !strings.Contains(first, "from version 0 to version ") {
		t.Errorf("%s", first)
	}
	again := apitest.MustCommand(t, "", "migrate", "--database", "sqlite:"+path)
	if !strings.Contains(again, "up to date, at version ") {
		t.Errorf("%s", again)
	}
	mustNotExist(t, path+".key")
	list := apitest.MustCommand(t, "", "user", "list", "--database", "sqlite:"+path)
	if !strings.HasPrefix(list, "NAME") {
		t.Errorf("%s", list)
	}
}

// readOnlyFolder returns a folder in which even root cannot create a file.
func readOnlyFolder() string {
	if runtime.GOOS == "linux" {
		return "/sys"
	}
	return "/System" // of macOS
}

// TestStart_Messages expects errors that name the cause and the remedy.
func TestStart_Messages(t *testing.T) {
	t.Parallel()
	busy, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = busy.Close() })
	mysql := storetest.MySQL(t)
	account, address, _ := strings.Cut(strings.TrimPrefix(mysql, "mysql://"), "@")
	server, _, _ := strings.Cut(address, "/")
	missing := filepath.Join(t.TempDir(), "missing", "x.db")
	notes := filepath.Join(t.TempDir(), "notes.txt")
	if err := os.WriteFile(notes, []byte(strings.Repeat("These are notes. ", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name     string
		database string
		args     []string
		exit     int
		want     []string
	}{
		{
			"no folder", "sqlite:" + missing, nil, 1, []string{
				"the folder " + filepath.Dir(missing) + " does not exist",
				"--database",
			},
		},
		{
			"read-only folder", "sqlite:" + filepath.Join(readOnlyFolder(), "x.db"), nil, 1, []string{
				"the folder " + readOnlyFolder() + " cannot be written",
				"--database",
			},
		},
		{
			"file in place of the folder", "sqlite:" + filepath.Join(notes, "x.db"), nil, 1, []string{
				notes + " is a file and not a folder",
				"--database",
			},
		},
		{
			"unknown host", storetest.SQLite(t), []string{"--listen", "host.invalid:8080"}, 1,
			[]string{"host.invalid", "--listen", "CRM_LISTEN"},
		},
		{
			"address of another machine", storetest.SQLite(t), []string{"--listen", "192.0.2.1:8080"}, 1,
			[]string{"192.0.2.1:8080", "--listen", "CRM_LISTEN"},
		},
		{"no SQLite file", "sqlite:" + notes, nil, 1, []string{notes, "is not an SQLite database"}},
		{
			"port in use", storetest.SQLite(t), []string{"--listen", busy.Addr().String()}, 1,
			[]string{busy.Addr().String(), "address already in use", "--listen"},
		},
		{
			"no port", storetest.SQLite(t), []string{"--listen", "127.0.0.1:x"}, 2,
			[]string{"listen (127.0.0.1:x) is not valid"},
		},
		{
			"port too high", storetest.SQLite(t), []string{"--listen", "127.0.0.1:99999"}, 2,
			[]string{"listen (127.0.0.1:99999) is not valid"},
		},
		{
			"no such database", "mysql://" + account + "@" + server + "/nowhere", nil, 1,
			[]string{`no database "nowhere"`, server, "CREATE DATABASE"},
		},
		{
			"wrong password", "mysql://" + account + ":wrong@" + server + "/nowhere", nil, 1,
			[]string{"refuses the login", "CRM_DATABASE"},
		},
		{
			"no server", "mysql://root@127.0.0.1:1/nowhere", nil, 1, []string{"cannot be reached",
				"127.0.0.1:1"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			exit, _, stderr := apitest.Command(t, "", append([]string{
				"--listen", "127.0.0.1:0", "--secret-key", apitest.SecretKey, "--database", c.database,
			}, c.args...)...)
			for _, want := range c.want {
				if exit != c.exit || !strings.Contains(stderr, want) {
					t.Errorf("exit %d without %q: %s", exit, want, stderr)
				}
			}
		})
	}
	s := apitest.Serve(t, "--database", storetest.SQLite(t))
	for _, want := range []string{
		"customer-events user add", "customer-events import units",
		"customer-events import accounts-receivable",
	} {
		if !strings.Contains(s.Log.String(), want) {
			t.Errorf("an empty database is not reported with %q: %s", want, s.Log.String())
		}
	}
	if status, _, _ := s.Do(t, http.MethodGet, "/readyz", nil); status != http.StatusOK {
		t.Errorf("status %d", status)
	}
}
