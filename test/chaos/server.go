package main

import (
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

// server is a process of the program under test.
type server struct {
	world   *world
	address string
	// socket is the listening socket that the process is handed, as a service manager does; nil if it opens its own.
	socket *os.File
	cmd    *exec.Cmd
	ended  chan error
}

// freeAddress stays below the range that the kernel hands out to connections, so that it is still free for the next start.
func freeAddress() string {
	for {
		address := net.JoinHostPort("127.0.0.1", strconv.Itoa(10000+rand.IntN(10000)))
		if l, err := net.Listen("tcp", address); err == nil {
			_ = l.Close()
			return address
		}
	}
}

// sharedSocket opens a listening socket to be handed to servers.
func sharedSocket() (*os.File, string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, "", err
	}
	defer listener.Close() // the file is a copy
	file, err := listener.(*net.TCPListener).File()
	return file, listener.Addr().String(), err
}

// start starts the process and waits until it takes calls.
func (s *server) start(ctx context.Context) error {
	log, err := os.OpenFile(s.world.file("server.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	s.cmd = exec.CommandContext(ctx, s.world.program, "--listen", s.address)
	if s.socket != nil {
		// LISTEN_PID must be the process's own, which only a process in its place can know.
		s.cmd = exec.CommandContext(ctx, "/bin/sh", "-c", `LISTEN_PID=$$ LISTEN_FDS=1 exec "$0"`, s.world.program)
		s.cmd.ExtraFiles = []*os.File{s.socket}
	}
	s.cmd.Env, s.cmd.Dir, s.cmd.Stdout, s.cmd.Stderr = s.world.env, s.world.dir, log, log
	if err := s.cmd.Start(); err != nil {
		return err
	}
	s.ended = make(chan error, 1)
	go func() { s.ended <- s.cmd.Wait() }()
	if s.socket != nil {
		return nil // calls wait in the socket
	}
	return s.ready(ctx)
}

// ready waits until the server says that it takes calls.
func (s *server) ready(ctx context.Context) error {
	for start := time.Now(); ; {
		select {
		case err := <-s.ended:
			s.ended <- err
			return fmt.Errorf("the server ended at its start: %w, see %s", err, s.world.file("server.log"))
		default:
		}
		if response, err := http.Get("http://" + s.address + "/readyz"); err == nil {
			_ = response.Body.Close()
			if response.StatusCode == http.StatusOK {
				return nil
			}
		}
		if time.Since(start) > patience {
			return fmt.Errorf("the server is not ready after %s, see %s", patience, s.world.file("server.log"))
		}
		if err := pause(ctx, 5*time.Millisecond); err != nil {
			return err
		}
	}
}

// says waits until the server's /readyz answers so. A server that can record nothing must say so, and must be ready again once it can.
func (s *server) says(ctx context.Context, status int) error {
	for start := time.Now(); time.Since(start) < bitesIn; {
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
	return fmt.Errorf("/readyz does not come to answer %d in %s", status, bitesIn)
}

// kill ends the process at once.
func (s *server) kill() error {
	if err := s.cmd.Process.Kill(); err != nil {
		return err
	}
	<-s.ended
	return nil
}

// terminate tells the process to end and waits until it has, which must be in order.
func (s *server) terminate() error {
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	select {
	case err := <-s.ended:
		if err != nil {
			return fmt.Errorf("the server did not end in order: %w", err)
		}
		return nil
	case <-time.After(patience):
		return errors.Join(fmt.Errorf("the server did not end in %s", patience), s.kill())
	}
}

// alive reports whether the process still runs.
func (s *server) alive() error {
	select {
	case err := <-s.ended:
		s.ended <- err
		return fmt.Errorf("the server ended by itself: %w, see %s", err, s.world.file("server.log"))
	default:
		return nil
	}
}
