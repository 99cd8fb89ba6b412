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

// startTimeout is how long a server may take until it answers.
const startTimeout = 30 * time.Second

// Options are the settings of a private server. The zero value is right for
// tests.
type Options struct {
	Dir          string   // where to make the server's folder; default os.TempDir()
	Durable      bool     // flush the log at every commit; otherwise once a second
	BufferPoolMB int      // default 128
	RedoLogMB    int      // default 10, or 256 when Durable
	Args         []string // further flags of the server, which win over these
}

// Server is a private database server. Its methods may be used from several
// goroutines.
type Server struct {
	opts    Options
	binary  binary
	dir     string
	port    int
	target  target
	version string

	mu   sync.Mutex // held while the process starts or ends
	proc atomic.Pointer[process]
}

// Start starts a private server with no databases and waits until it answers.
// The context is only for the start.
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
	if b.kind != KindTiDB { // which makes its files itself
		files, err := template(ctx, b)
		if err == nil {
			err = os.CopyFS(s.file("data"), os.DirFS(files))
		}
		if err != nil {
			return nil, errors.Join(fmt.Errorf("make the files of a new database server: %w", err), s.Close())
		}
	}
	if err := s.startOnFreePort(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func (s *Server) file(name string) string { return filepath.Join(s.dir, name) }

// startOnFreePort tries again when another process took the port between the
// choice and the start.
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

func portTaken(err error) bool {
	return strings.Contains(err.Error(), "Bind on TCP/IP port") || strings.Contains(err.Error(), "bind: address already in use")
}

// freePort stays below the range that the kernel hands out to connections,
// so that the port is still free at a Restart.
func freePort() int {
	for {
		port := 20000 + rand.IntN(12000)
		if l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port))); err == nil {
			_ = l.Close()
			return port
		}
	}
}

// launch starts the program on the server's data, waits until it answers and
// returns its version.
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
	// Whoever else has the port may accept the connection and stay silent.
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
			return "", fmt.Errorf("%s ended before it answered: %v\n%s",
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

// answer asks the server for its version. The answer must not come from a
// server of another process that was faster to take the same port.
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
		// Relative to the data folder: a socket's path has a limit of 108
		// bytes and Options.Dir has not.
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
		// MySQL's root is root@localhost, which 127.0.0.1 is only by name.
		flags = append(flags, "--secure-file-priv=", "--loose-mysqlx=OFF",
			fmt.Sprintf("--loose-innodb-redo-log-capacity=%dM", redoMB))
	}
	return append(append(flags, userFlag()...), s.opts.Args...)
}

// URL returns the URL of a database, which it creates when missing.
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
