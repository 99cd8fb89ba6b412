package storetest

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-sql-driver/mysql"
)

// startTimeout limits the time until a server answers.
const startTimeout = 30 * time.Second

// Options are the settings of a private server. Tests use the zero value.
type Options struct {
	Dir          string   // parent of the server's folder; default os.TempDir()
	Durable      bool     // flush the log at every commit; otherwise once a second
	BufferPoolMB int      // default 128
	RedoLogMB    int      // default 10, or 256 when Durable
	Args         []string // further flags of the server, which override these
}

// Server is a private database server. It is safe for concurrent use.
type Server struct {
	opts    Options
	binary  binary
	dir     string
	port    int
	target  target
	version string

	mu   sync.Mutex // held while the process starts or exits
	proc atomic.Pointer[process]
}

// Start starts a private server without databases and waits until it answers. The context limits only the
// start.
func Start(ctx context.Context, opts Options) (*Server, error) {
	b, err := findServer(ctx)
	if err != nil {
		return nil, err
	}
	dir, err := newFolder(cmp.Or(opts.Dir, os.TempDir()))
	if err != nil {
		return nil, err
	}
	s := &Server{opts: opts, binary: b, dir: dir}
	if b.kind != KindTiDB { // TiDB creates its files itself
		files, err := template(ctx, b)
		if err == nil {
			err = os.CopyFS(s.file("data"), os.DirFS(files))
		}
		if err != nil {
			return nil, errors.Join(fmt.Errorf("creating the files of a new database server: %w", err), s.Close())
		}
	}
	if err := s.startOnFreePort(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func (s *Server) file(name string) string { return filepath.Join(s.dir, name) }

// startOnFreePort retries if another process takes the port between its choice and the start.
func (s *Server) startOnFreePort(ctx context.Context) error {
	for try := 1; ; try++ {
		s.port = freePort()
		var err error
		if s.target, err = parseTarget(fmt.Sprintf("mysql://root@127.0.0.1:%d/", s.port)); err != nil {
			return err
		}
		s.version, err = s.launch(ctx)
		if err == nil || try == 5 || !portTaken(err) {
			return err
		}
	}
}

// portTaken reports whether the server could not bind its port.
func portTaken(err error) bool {
	text := err.Error()
	return strings.Contains(text, "Bind on TCP/IP port") ||
		strings.Contains(text, "bind: address already in use")
}

// freePort returns a free port below the range that the kernel assigns to connections, so that the port
// is still free at a Restart.
func freePort() int {
	for {
		port := 20000 + rand.IntN(12000)
		if l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port))); err == nil {
			_ = l.Close()
			return port
		}
	}
}

// launch starts the program with the server's data, waits until it answers, and returns its version.
func (s *Server) launch(ctx context.Context) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	db, err := s.target.open(nil)
	if err != nil {
		return "", err
	}
	defer db.Close()
	log, err := os.OpenFile(s.file("err.log"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return "", err
	}
	defer log.Close()
	logStart, err := log.Seek(0, io.SeekEnd)
	if err != nil {
		return "", err
	}
	cmd := exec.Command(s.binary.path, s.flags()...)
	cmd.Dir = s.dir
	cmd.Stdout, cmd.Stderr = log, log
	p, err := startProcess(cmd)
	if err != nil {
		return "", err
	}
	// Another process on the port could accept the connection and never answer.
	go func() {
		<-p.done
		cancel()
	}()
	for {
		version, err := s.answer(ctx, db)
		if err == nil {
			s.proc.Store(p)
			return version, nil
		}
		if !p.running() {
			return "", fmt.Errorf("%s exited before it answered: %v\n%s",
				s.binary.path, p.err, logTail(log.Name(), logStart))
		}
		if ctx.Err() != nil {
			_ = p.kill()
			return "", fmt.Errorf("%s did not answer: %w (%v)\n%s",
				s.binary.path, ctx.Err(), err, logTail(log.Name(), logStart))
		}
		select {
		case <-ctx.Done():
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// answer returns the version of the server. It returns an error if the answer comes from the server of
// another process that has taken the same port.
func (s *Server) answer(ctx context.Context, db *sql.DB) (version string, err error) {
	mark, want := "@@pid_file", s.file("pid")
	if s.binary.kind == KindTiDB {
		mark, want = "@@datadir", s.file("data")
	}
	var got string
	if err := db.QueryRowContext(ctx, "SELECT VERSION(), "+mark).Scan(&version, &got); err != nil {
		return "", err
	}
	if got != want {
		return "", errors.New("another server has the port")
	}
	return version, nil
}

// flags returns the command line of MariaDB or MySQL.
func (s *Server) flags() []string {
	if s.binary.kind == KindTiDB {
		return s.tidbFlags()
	}
	flush, redoMB := 2, 10
	if s.opts.Durable {
		flush, redoMB = 1, 256
	}
	redoMB = cmp.Or(s.opts.RedoLogMB, redoMB)
	flags := []string{
		"--no-defaults",
		"--datadir=" + s.file("data"),
		"--tmpdir=" + s.dir,
		// The path is relative to the data folder, because the path of a socket is limited to 108 bytes.
		"--socket=s.sock",
		"--port=" + strconv.Itoa(s.port),
		"--bind-address=127.0.0.1",
		"--pid-file=" + s.file("pid"),
		"--log-error=" + s.file("err.log"),
		"--skip-log-bin",
		fmt.Sprintf("--innodb-buffer-pool-size=%dM", cmp.Or(s.opts.BufferPoolMB, 128)),
		fmt.Sprintf("--innodb-flush-log-at-trx-commit=%d", flush),
		"--character-set-server=utf8mb4",
		"--collation-server=utf8mb4_unicode_ci",
		"--max-allowed-packet=64M",
	}
	if s.binary.kind == KindMariaDB {
		flags = append(flags, "--skip-name-resolve", fmt.Sprintf("--innodb-log-file-size=%dM", redoMB))
	} else {
		// MySQL's root is root@localhost, so the server must resolve 127.0.0.1 to that name.
		flags = append(flags, "--secure-file-priv=", "--loose-mysqlx=OFF",
			fmt.Sprintf("--loose-innodb-redo-log-capacity=%dM", redoMB))
	}
	return append(append(flags, userFlag()...), s.opts.Args...)
}

// URL returns the URL of a database. It creates the database if there is none.
func (s *Server) URL(database string) (string, error) {
	db, err := s.target.open(nil)
	if err != nil {
		return "", err
	}
	defer db.Close()
	ctx, cancel := context.WithTimeout(context.Background(), adminTimeout)
	defer cancel()
	quoted := "`" + strings.ReplaceAll(database, "`", "``") + "`"
	_, err = db.ExecContext(ctx, fmt.Sprintf(createDatabase, quoted))
	const exists = 1007
	if known := (*mysql.MySQLError)(nil); err != nil && !(errors.As(err, &known) && known.Number == exists) {
		return "", fmt.Errorf("create database %s: %w", database, err)
	}
	return s.target.url(database), nil
}
