package storetest

import (
	"database/sql"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// open opens the database of a URL, independently of parseTarget.
func open(t *testing.T, raw string) *sql.DB {
	t.Helper()
	account, rest, _ := strings.Cut(strings.TrimPrefix(raw, "mysql://"), "@")
	address, name := rest[:strings.LastIndex(rest, "/")], rest[strings.LastIndex(rest, "/")+1:]
	if !strings.HasPrefix(address, "unix(") {
		address = "tcp(" + address + ")"
	}
	db, err := sql.Open("mysql", account+"@"+address+"/"+name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func execute(t *testing.T, db *sql.DB, query string, args ...any) {
	t.Helper()
	if _, err := db.ExecContext(t.Context(), query, args...); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
}

func queryValue(t *testing.T, db *sql.DB, query string) (value string) {
	t.Helper()
	if err := db.QueryRowContext(t.Context(), query).Scan(&value); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return value
}

func start(t *testing.T, opts Options) *Server {
	t.Helper()
	begin := time.Now()
	s, err := Start(t.Context(), opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	t.Logf("%s %s started in %s", s.Kind(), s.Version(), time.Since(begin).Round(time.Millisecond))
	return s
}

func TestMySQL(t *testing.T) {
	begin := time.Now()
	first := MySQL(t)
	t.Logf("first database after %s", time.Since(begin).Round(time.Millisecond))
	db := open(t, first)
	execute(t, db, "CREATE TABLE note (body TEXT)")
	const body = "𝄞 music, 😀 smile"
	execute(t, db, "INSERT INTO note VALUES (?)", body)
	if got := queryValue(t, db, "SELECT body FROM note"); got != body {
		t.Errorf("stored %q, got back %q", body, got)
	}
	if got := queryValue(t, db, "SELECT @@collation_database"); got != "utf8mb4_bin" {
		t.Errorf("collation %s", got)
	}

	var second string
	t.Run("other", func(t *testing.T) {
		second = MySQL(t)
		if second == first {
			t.Errorf("two tests share %s", first)
		}
		const tables = "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = DATABASE()"
		if got := queryValue(t, open(t, second), tables); got != "0" {
			t.Errorf("a new database has %s tables", got)
		}
	})
	if err := open(t, second).PingContext(t.Context()); err == nil {
		t.Error("the database still exists after its test")
	}
}

func TestSQLite(t *testing.T) {
	path, ok := strings.CutPrefix(SQLite(t), "sqlite:")
	if !ok || !filepath.IsAbs(path) || exists(path) || !exists(filepath.Dir(path)) {
		t.Errorf("not the path of a new file: %q", path)
	}
}

func TestServer_KeepsCommittedRows(t *testing.T) {
	parent := filepath.Join(t.TempDir(), strings.Repeat("long", 30))
	if err := os.Mkdir(parent, 0o700); err != nil {
		t.Fatal(err)
	}
	s := start(t, Options{Dir: parent, Durable: true, Args: []string{"--max-connections=17"}})
	target, err := s.URL("kept")
	if err != nil {
		t.Fatal(err)
	}
	if again, err := s.URL("kept"); err != nil || again != target {
		t.Errorf("second URL: %q, %v", again, err)
	}
	db := open(t, target)
	for query, want := range map[string]string{
		"SELECT @@max_connections":                "17",
		"SELECT @@innodb_flush_log_at_trx_commit": "1",
		"SELECT @@innodb_log_file_size DIV 1024":  fmt.Sprint(256 * 1024),
	} {
		if got := queryValue(t, db, query); got != want {
			t.Errorf("%s: got %s, want %s", query, got, want)
		}
	}
	execute(t, db, "CREATE TABLE kept (id INT PRIMARY KEY)")
	for i, end := range []func() error{s.Kill, s.Stop, func() error { return nil }} {
		execute(t, db, "INSERT INTO kept VALUES (?)", i)
		pid := s.PID()
		if err := end(); err != nil {
			t.Fatal(err)
		}
		begin := time.Now()
		if err := s.Restart(t.Context()); err != nil {
			t.Fatal(err)
		}
		t.Logf("restarted in %s", time.Since(begin).Round(time.Millisecond))
		if s.PID() == pid {
			t.Error("the server was not restarted")
		}
		if got := queryValue(t, db, "SELECT COUNT(*) FROM kept"); got != fmt.Sprint(i+1) {
			t.Errorf("%s rows after %d commits", got, i+1)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if s.PID() != 0 || s.Kill() == nil {
		t.Error("the server runs after Close")
	}
	if left, _ := os.ReadDir(parent); len(left) > 0 {
		t.Errorf("Close left %v", left)
	}
}

func TestStart_ErrorHasLog(t *testing.T) {
	_, err := Start(t.Context(), Options{Dir: t.TempDir(), Args: []string{"--no-such-flag"}})
	if err == nil || !strings.Contains(err.Error(), "no-such-flag") {
		t.Errorf("the error does not contain the log: %v", err)
	}
}

func TestRestart_PortTaken(t *testing.T) {
	s := start(t, Options{})
	if err := s.Stop(); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", s.target.config.Addr)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	// startOnFreePort recognizes this message.
	if err := s.Restart(t.Context()); err == nil || !strings.Contains(err.Error(), "Bind on TCP/IP port") {
		t.Errorf("start on a taken port: %v", err)
	}
}

// TestMySQL_GivenServer runs TestMySQL against a server named by the environment.
func TestMySQL_GivenServer(t *testing.T) {
	s := start(t, Options{})
	db := open(t, s.target.url(""))
	for _, host := range []string{"127.0.0.1", "localhost"} {
		execute(t, db, "CREATE USER 'ann'@'"+host+"' IDENTIFIED BY 'secret'")
		execute(t, db, "GRANT ALL ON *.* TO 'ann'@'"+host+"'")
	}
	for _, address := range []string{s.target.config.Addr, "unix(" + s.file("data/s.sock") + ")"} {
		cmd := exec.Command(os.Args[0], "-test.run=^TestMySQL$")
		cmd.Env = append(os.Environ(), databaseEnv+"=mysql://ann:secret@"+address+"/any")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", address, err, out)
		}
	}
	const databases = "SELECT COUNT(*) FROM information_schema.schemata WHERE schema_name LIKE 'test%'"
	if got := queryValue(t, db, databases); got != "0" {
		t.Errorf("%s databases left on the given server", got)
	}
}

func TestParseTarget(t *testing.T) {
	for raw, want := range map[string]struct{ url, user, password, net, addr string }{
		"mysql://root@127.0.0.1:3306/app": {
			"mysql://root@127.0.0.1:3306/x", "root", "", "tcp", "127.0.0.1:3306"},
		"mysql://a:p%40ss@db/app?tls=true": {
			"mysql://a:p%40ss@db/x?tls=true", "a", "p@ss", "tcp", "db"},
		"mysql://a@unix(/run/my.sock)/app": {
			"mysql://a@unix(/run/my.sock)/x", "a", "", "unix", "/run/my.sock"},
		"mysql://" + url.UserPassword("é", "/").String() + "@[::1]:1/": {
			"mysql://%C3%A9:%2F@[::1]:1/x", "é", "/", "tcp", "[::1]:1"},
	} {
		got, err := parseTarget(raw)
		if err != nil {
			t.Errorf("%s: %v", raw, err)
			continue
		}
		c := got.config
		if got.url("x") != want.url || c.User != want.user || c.Passwd != want.password ||
			c.Net != want.net || c.Addr != want.addr {
			t.Errorf("%s: got %s %q %q %s %s", raw, got.url("x"), c.User, c.Passwd, c.Net, c.Addr)
		}
	}
	for _, raw := range []string{"", "postgres://a@b/c", "mysql://a@unix(/x", "mysql://%zz@h/d"} {
		if _, err := parseTarget(raw); err == nil {
			t.Errorf("%q is accepted", raw)
		}
	}
}
