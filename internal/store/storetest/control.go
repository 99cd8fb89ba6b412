package storetest

import (
	"context"
	"errors"
	"fmt"
	"os"
)

// Kind tells MariaDB, MySQL and TiDB apart.
func (s *Server) Kind() Kind { return s.binary.kind }

// Version returns what the server says to SELECT VERSION().
func (s *Server) Version() string { return s.version }

// PID returns the process id of the server, 0 when it does not run.
func (s *Server) PID() int {
	if p := s.proc.Load(); p != nil && p.running() {
		return p.cmd.Process.Pid
	}
	return 0
}

// Kill ends the server at once, as a crash does, and waits until it is gone.
// It fails when the server was not running.
func (s *Server) Kill() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.end("kill", (*process).kill)
}

// Stop shuts the server down in order and waits until it is gone. It fails
// when the server was not running.
func (s *Server) Stop() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.end("stop", (*process).stop)
}

// Restart starts the server again on the same data and port and waits until it
// answers. A running server is stopped first.
func (s *Server) Restart(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.end("stop", (*process).stop); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	_, err := s.launch(ctx)
	return err
}

// Close ends the server if it runs and removes its folder. It need not stop in
// order: nobody will read the data.
func (s *Server) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	err := s.end("kill", (*process).kill)
	if errors.Is(err, os.ErrProcessDone) {
		err = nil
	}
	return errors.Join(err, os.RemoveAll(s.dir))
}

func (s *Server) end(what string, how func(*process) error) error {
	p := s.proc.Load()
	if p == nil {
		return fmt.Errorf("%s the database server: %w", what, os.ErrProcessDone)
	}
	if err := how(p); err != nil {
		return fmt.Errorf("%s the database server: %w\n%s", what, err, logTail(s.file("err.log"), 0))
	}
	return nil
}
