package main

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	mysqldriver "github.com/go-sql-driver/mysql"
	_ "modernc.org/sqlite"

	"customer-events/internal/store/storetest"
)

// rig is what all scenarios share.
type rig struct {
	program string // the built server
	dir     string // holds everything a run leaves behind
	seed    uint64
	log     io.Writer
}

// world is one database, the servers on it, and what was sent to them.
type world struct {
	*rig
	name    string
	dir     string
	url     string // the database, as the servers know it
	env     []string
	maria   *storetest.Server
	proxy   *proxy
	db      *sql.DB // the database, as the rig sees it: never through the proxy
	servers []*server
	// balancer, if there is one, picks the servers that say that they take calls.
	balancer *balancer
	mounted  bool
	wrong    func()      // ends the wrong server, if there is one
	target   string      // the address of the database server
	hog      []*sql.Conn // connections that the rig takes from the servers
	lock     *sql.Conn   // holds SQLite's write lock
	token    string
	ledger   *ledger
}

// setting is what a scenario needs of its world.
type setting struct {
	sqlite  bool // an SQLite file; otherwise a MariaDB server of its own
	maria   storetest.Options
	disk    int64 // the size in bytes of a file system of its own for the database; 0 for none
	proxied bool  // between server and database stands the proxy
	// plain connects the servers as a user without privileges, whom read_only and max_connections concern.
	plain   bool
	servers int
	shared  bool // all servers have one listening socket, which is the rig's
	env     []string
}

const (
	database = "faults"
	secret   = "faults-password"
	// redoLogMB keeps the private servers' start short.
	redoLogMB = 64
)

// newWorld makes a database with reference data and a user, and starts servers on it.
func (r *rig) newWorld(ctx context.Context, name string, s setting) (*world, error) {
	w := &world{rig: r, name: name, dir: filepath.Join(r.dir, name), ledger: newLedger()}
	if err := os.MkdirAll(w.dir, 0o700); err != nil {
		return nil, err
	}
	if s.disk > 0 {
		if err := errors.Join(os.MkdirAll(w.disk(), 0o700), mount(w.disk(), s.disk)); err != nil {
			return nil, err
		}
		w.mounted, s.maria.Dir = true, w.disk()
	}
	open := w.openMaria
	if s.sqlite {
		open = w.openSQLite
	}
	if err := open(ctx, s); err != nil {
		return nil, errors.Join(err, w.close())
	}
	w.env = append(append(os.Environ(), "CRM_DATABASE="+w.url, "CRM_SECRET_KEY=only for the faults rig"), s.env...)
	if err := w.prepare(ctx); err != nil {
		return nil, errors.Join(err, w.close())
	}
	var socket *os.File
	address := ""
	if s.shared {
		var err error
		if socket, address, err = sharedSocket(); err != nil {
			return nil, errors.Join(err, w.close())
		}
	}
	for range max(s.servers, 1) {
		server := &server{world: w, address: address, socket: socket}
		if !s.shared {
			server.address = freeAddress()
		}
		w.servers = append(w.servers, server)
		if err := server.start(ctx); err != nil {
			return nil, errors.Join(err, w.close())
		}
	}
	return w, w.login(ctx, w.servers[0].address)
}

// disk is where the database's own file system is, if it has one.
func (w *world) disk() string { return w.file("disk") }

var errCannotMount = errors.New("no file system can be made here")

func (w *world) file(name string) string { return filepath.Join(w.dir, name) }

func (w *world) openSQLite(_ context.Context, s setting) (err error) {
	path := w.file("faults.db")
	if w.mounted {
		path = filepath.Join(w.disk(), "faults.db")
	}
	w.url = "sqlite:" + path
	w.db, err = sql.Open("sqlite", "file:"+path+"?_pragma=busy_timeout(10000)&_inttotime=1&_time_integer_format=unix_micro")
	return err
}

func (w *world) openMaria(ctx context.Context, s setting) (err error) {
	s.maria.Durable = true
	if s.maria.RedoLogMB == 0 {
		s.maria.RedoLogMB = redoLogMB
	}
	if w.maria, err = storetest.Start(ctx, s.maria); err != nil {
		return err
	}
	if w.url, err = w.maria.URL(database); err != nil {
		return err
	}
	address := strings.TrimSuffix(strings.TrimPrefix(w.url, "mysql://root@"), "/"+database)
	w.target = address
	config := mysqldriver.NewConfig()
	config.User, config.Net, config.Addr, config.DBName, config.ParseTime = "root", "tcp", address, database, true
	config.Logger = &mysqldriver.NopLogger{}
	if w.db, err = sql.Open("mysql", config.FormatDSN()); err != nil {
		return err
	}
	user := "root"
	if s.plain {
		user = "crm"
		for _, query := range []string{"CREATE USER crm@'%'", "GRANT ALL ON " + database + ".* TO crm@'%'"} {
			if _, err := w.db.ExecContext(ctx, query); err != nil {
				return err
			}
		}
	}
	if s.proxied {
		if w.proxy, err = newProxy(address); err != nil {
			return err
		}
		address = w.proxy.listener.Addr().String()
	}
	w.url = "mysql://" + user + "@" + address + "/" + database
	return nil
}

// prepare fills the database by the program's own commands.
func (w *world) prepare(ctx context.Context) error {
	files := map[string][][]string{"accounts-receivable": {{"number", "name"}}, "units": {{"name", "alternative_code"}}, "classifications": {{"name", "alternative_code", "type"}}}
	for i := range accounts {
		files["accounts-receivable"] = append(files["accounts-receivable"], []string{accountNumber(i), "Name"})
	}
	for i := range units {
		files["units"] = append(files["units"], []string{"Unit " + unitCode(i), unitCode(i)})
	}
	for i := range classifications {
		files["classifications"] = append(files["classifications"], []string{"Class " + classificationCode(i), classificationCode(i), "WEB"})
	}
	for kind, rows := range files {
		var text bytes.Buffer
		if err := csv.NewWriter(&text).WriteAll(rows); err != nil {
			return err
		}
		path := w.file(kind + ".csv")
		if err := os.WriteFile(path, text.Bytes(), 0o600); err != nil {
			return err
		}
		if err := w.command(ctx, "", "import", kind, path); err != nil {
			return err
		}
	}
	return w.command(ctx, secret+"\n", "user", "add", "faults")
}

func (w *world) command(ctx context.Context, input string, args ...string) error {
	cmd := exec.CommandContext(ctx, w.program, args...)
	cmd.Env, cmd.Dir, cmd.Stdin = w.env, w.dir, strings.NewReader(input)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%v: %w: %s", args, err, out)
	}
	return nil
}

// login gets the token that all clients use; it is kept in the database and outlives servers.
func (w *world) login(ctx context.Context, address string) error {
	a, code, err := post(ctx, http.DefaultClient, address, "", []byte(`{"query":"mutation { login(input: {username: \"faults\", password: \"`+secret+`\"}) { token } }"}`))
	if w.token = a.Data.Login.Token; err == nil && w.token == "" {
		err = fmt.Errorf("the login was answered %s", code)
	}
	return err
}

// close ends everything.
func (w *world) close() error {
	for _, s := range w.servers {
		if s.cmd != nil && s.alive() == nil {
			_ = s.kill()
		}
	}
	if w.wrong != nil {
		w.wrong()
	}
	var err error
	if w.db != nil {
		err = w.db.Close()
	}
	if w.proxy != nil {
		w.proxy.close()
	}
	if w.maria != nil {
		err = errors.Join(err, w.maria.Close())
	}
	if w.mounted {
		err = errors.Join(err, unmount(w.disk()))
	}
	return err
}
