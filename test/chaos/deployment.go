package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	mysqldriver "github.com/go-sql-driver/mysql"
	_ "modernc.org/sqlite"

	"customer-events/internal/store/storetest"
	"customer-events/test/program"
)

// harness is shared by all scenarios.
type harness struct {
	program string // the built server
	dir     string // keeps the files of a run
	seed    uint64
	log     io.Writer
}

// deployment is one database with its servers and the history of its clients.
type deployment struct {
	*harness
	name           string
	dir            string
	url            string // the database as the servers reach it
	env            []string
	databaseServer *storetest.Server
	proxy          *proxy
	db             *sql.DB // the database as the harness reaches it, without the proxy
	servers        []*server
	// balancer picks ready servers for the clients; nil lets the clients address the servers themselves.
	balancer         *balancer
	diskMounted      bool
	stopFaulty       func()      // stops the faulty server, if there is one
	databaseAddress  string      // without the proxy
	takenConnections []*sql.Conn // connections that the servers cannot get
	writeLock        *sql.Conn   // the connection with SQLite's write lock
	token            string
	history          *history
}

// options describe the deployment that a scenario needs.
type options struct {
	sqlite   bool // an SQLite file instead of a MariaDB server
	maria    storetest.Options
	diskSize int64 // the bytes of a file system for the database alone; 0 for none
	proxied  bool  // the proxy is between server and database
	// unprivileged connects the servers as a user whom read_only and max_connections restrict.
	unprivileged bool
	servers      int
	sharedSocket bool // all servers inherit one listening socket of the harness
	env          []string
}

const (
	database = "faults"
	username = "faults"
	password = "faults-password"
	// redoLogMB makes the database servers start fast.
	redoLogMB = 64
)

// newDeployment creates a database with reference data and a user, and starts servers on it.
func (h *harness) newDeployment(ctx context.Context, name string, s options) (*deployment, error) {
	d := &deployment{harness: h, name: name, dir: filepath.Join(h.dir, name), history: newHistory()}
	if err := os.MkdirAll(d.dir, 0o700); err != nil {
		return nil, err
	}
	if s.diskSize > 0 {
		if err := errors.Join(os.MkdirAll(d.diskDir(), 0o700), mount(d.diskDir(), s.diskSize)); err != nil {
			return nil, err
		}
		d.diskMounted, s.maria.Dir = true, d.diskDir()
	}
	open := d.openMaria
	if s.sqlite {
		open = d.openSQLite
	}
	if err := open(ctx, s); err != nil {
		return nil, errors.Join(err, d.close())
	}
	d.env = append(append(os.Environ(), "CRM_DATABASE="+d.url, "CRM_SECRET_KEY=only for the chaos tests"),
		s.env...)
	if err := d.prepare(ctx); err != nil {
		return nil, errors.Join(err, d.close())
	}
	var socket *os.File
	address := ""
	if s.sharedSocket {
		var err error
		if socket, address, err = newSharedSocket(); err != nil {
			return nil, errors.Join(err, d.close())
		}
	}
	for range max(s.servers, 1) {
		server := &server{deployment: d, address: address, socket: socket}
		if !s.sharedSocket {
			server.address = freeAddress()
		}
		d.servers = append(d.servers, server)
		if err := server.start(ctx); err != nil {
			return nil, errors.Join(err, d.close())
		}
	}
	return d, d.login(ctx, d.servers[0].address)
}

// diskDir is the mount point of the database's own file system.
func (d *deployment) diskDir() string { return d.file("disk") }

var errCannotMount = errors.New("this process cannot mount a file system")

func (d *deployment) file(name string) string { return filepath.Join(d.dir, name) }

func (d *deployment) openSQLite(_ context.Context, s options) (err error) {
	path := d.file("faults.db")
	if d.diskMounted {
		path = filepath.Join(d.diskDir(), "faults.db")
	}
	d.url = "sqlite:" + path
	d.db, err = sql.Open("sqlite", "file:"+path+
		"?_pragma=busy_timeout(10000)&_inttotime=1&_time_integer_format=unix_micro")
	return err
}

func (d *deployment) openMaria(ctx context.Context, s options) (err error) {
	s.maria.Durable = true
	if s.maria.RedoLogMB == 0 {
		s.maria.RedoLogMB = redoLogMB
	}
	if d.databaseServer, err = storetest.Start(ctx, s.maria); err != nil {
		return err
	}
	if d.url, err = d.databaseServer.URL(database); err != nil {
		return err
	}
	address := strings.TrimSuffix(strings.TrimPrefix(d.url, "mysql://root@"), "/"+database)
	d.databaseAddress = address
	config := mysqldriver.NewConfig()
	config.User, config.Net, config.Addr, config.DBName = "root", "tcp", address, database
	config.ParseTime, config.Logger = true, &mysqldriver.NopLogger{}
	if d.db, err = sql.Open("mysql", config.FormatDSN()); err != nil {
		return err
	}
	user := "root"
	if s.unprivileged {
		user = "crm"
		for _, query := range []string{"CREATE USER crm@'%'", "GRANT ALL ON " + database + ".* TO crm@'%'"} {
			if _, err := d.db.ExecContext(ctx, query); err != nil {
				return err
			}
		}
	}
	if s.proxied {
		if d.proxy, err = newProxy(address); err != nil {
			return err
		}
		address = d.proxy.listener.Addr().String()
	}
	d.url = "mysql://" + user + "@" + address + "/" + database
	return nil
}

// prepare fills the database with reference data and a user.
func (d *deployment) prepare(ctx context.Context) error {
	files := map[string][][]string{
		"accounts-receivable": {{"number", "name"}},
		"units":               {{"name", "alternative_code"}},
		"classifications":     {{"name", "alternative_code", "type"}},
	}
	add := func(kind string, row ...string) { files[kind] = append(files[kind], row) }
	for i := range accounts {
		add("accounts-receivable", accountNumber(i), "Name")
	}
	for i := range units {
		add("units", "Unit "+unitCode(i), unitCode(i))
	}
	for i := range classifications {
		add("classifications", "Class "+classificationCode(i), classificationCode(i), "WEB")
	}
	return program.Program{Path: d.program, Dir: d.dir, Env: d.env}.Prepare(ctx, files, username, password)
}

// login gets the token that all clients use. It is stored in the database and stays valid when servers
// restart.
func (d *deployment) login(ctx context.Context, address string) error {
	const query = `{"query":"mutation { login(input: {username: \"` + username + `\", password: \"` +
		password +
		`\"}) { token } }"}`
	a, code, err := post(ctx, http.DefaultClient, address, "", []byte(query))
	if d.token = a.Data.Login.Token; err == nil && d.token == "" {
		err = fmt.Errorf("the response to the login was %s", code)
	}
	return err
}

// close stops all processes and releases the resources.
func (d *deployment) close() error {
	for _, s := range d.servers {
		if s.cmd != nil && s.alive() == nil {
			_ = s.kill()
		}
	}
	if d.stopFaulty != nil {
		d.stopFaulty()
	}
	var err error
	if d.db != nil {
		err = d.db.Close()
	}
	if d.proxy != nil {
		d.proxy.close()
	}
	if d.databaseServer != nil {
		err = errors.Join(err, d.databaseServer.Close())
	}
	if d.diskMounted {
		err = errors.Join(err, unmount(d.diskDir()))
	}
	return err
}
