package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"syscall"
	"time"
)

// server is a process of the program.
type server struct {
	deployment *deployment
	address    string
	// socket is the listening socket that the process inherits, as from a service manager; nil if it
	// opens its own.
	socket *os.File
	cmd    *exec.Cmd
	exited chan error
}

// freeAddress returns an address below the range of ports for outgoing connections, so that it is still
// free for the next start.
func freeAddress() string {
	for {
		address := net.JoinHostPort("127.0.0.1", strconv.Itoa(10000+rand.IntN(10000)))
		if l, err := net.Listen("tcp", address); err == nil {
			_ = l.Close()
			return address
		}
	}
}

// newSharedSocket opens a listening socket for several servers.
func newSharedSocket() (*os.File, string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, "", err
	}
	defer listener.Close() // the file is a duplicate
	file, err := listener.(*net.TCPListener).File()
	return file, listener.Addr().String(), err
}

// start starts the process and waits until it is ready.
func (s *server) start(ctx context.Context) error {
	log, err := os.OpenFile(s.deployment.file("server.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	info, err := log.Stat()
	if err != nil {
		return err
	}
	logged := info.Size()
	s.cmd = exec.CommandContext(ctx, s.deployment.program, "--listen", s.address)
	if s.socket != nil {
		// LISTEN_PID must be the process's own id, which only the shell that execs it knows.
		const script = `LISTEN_PID=$$ LISTEN_FDS=1 exec "$0"`
		s.cmd = exec.CommandContext(ctx, "/bin/sh", "-c", script, s.deployment.program)
		s.cmd.ExtraFiles = []*os.File{s.socket}
	}
	s.cmd.Env, s.cmd.Dir, s.cmd.Stdout, s.cmd.Stderr = s.deployment.env, s.deployment.dir, log, log
	if err := s.cmd.Start(); err != nil {
		return err
	}
	s.exited = make(chan error, 1)
	go func() { s.exited <- s.cmd.Wait() }()
	if s.socket != nil {
		return s.listening(ctx, logged) // /readyz could be answered by another server of the socket
	}
	return s.ready(ctx)
}

// listening waits until the process logs that it listens, after the given size of the log. A process that
// is stopped before that exits with an error.
func (s *server) listening(ctx context.Context, logged int64) error {
	for start := time.Now(); ; {
		if err := s.alive(); err != nil {
			return err
		}
		text, err := os.ReadFile(s.deployment.file("server.log"))
		if err != nil {
			return err
		}
		if bytes.Contains(text[logged:], []byte(`"msg":"listening"`)) {
			return nil
		}
		if time.Since(start) > completionTimeout {
			return fmt.Errorf("the server does not listen after %s", completionTimeout)
		}
		if err := pause(ctx, 5*time.Millisecond); err != nil {
			return err
		}
	}
}

// ready waits until /readyz answers 200.
func (s *server) ready(ctx context.Context) error {
	for start := time.Now(); ; {
		select {
		case err := <-s.exited:
			s.exited <- err
			return fmt.Errorf("the server exited at its start: %w, see %s", err,
				s.deployment.file("server.log"))
		default:
		}
		if response, err := http.Get("http://" + s.address + "/readyz"); err == nil {
			_ = response.Body.Close()
			if response.StatusCode == http.StatusOK {
				return nil
			}
		}
		if time.Since(start) > completionTimeout {
			return fmt.Errorf("the server is not ready after %s, see %s", completionTimeout,
				s.deployment.file("server.log"))
		}
		if err := pause(ctx, 5*time.Millisecond); err != nil {
			return err
		}
	}
}

// waitForReadyz waits until the server's /readyz answers with a status. A server that cannot record must
// not be ready, and must be ready again once it can.
func (s *server) waitForReadyz(ctx context.Context, status int) error {
	for start := time.Now(); time.Since(start) < detectionTimeout; {
		response, err := http.Get("http://" + s.address + "/readyz")
		if err != nil {
			return err
		}
		_ = response.Body.Close()
		if response.StatusCode == status {
			return nil
		}
		if err := pause(ctx, 5*time.Millisecond); err != nil {
			return err
		}
	}
	return fmt.Errorf("/readyz did not answer %d in %s", status, detectionTimeout)
}

// kill ends the process with SIGKILL.
func (s *server) kill() error {
	if err := s.cmd.Process.Kill(); err != nil {
		return err
	}
	<-s.exited
	return nil
}

// terminate stops the process with SIGTERM and waits for its exit, which must succeed.
func (s *server) terminate() error {
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	select {
	case err := <-s.exited:
		if err != nil {
			return fmt.Errorf("the server exited with an error: %w", err)
		}
		return nil
	case <-time.After(completionTimeout):
		return errors.Join(fmt.Errorf("the server did not exit in %s", completionTimeout), s.kill())
	}
}

// alive returns an error if the process has exited.
func (s *server) alive() error {
	select {
	case err := <-s.exited:
		s.exited <- err
		return fmt.Errorf("the server exited by itself: %w, see %s", err, s.deployment.file("server.log"))
	default:
		return nil
	}
}
