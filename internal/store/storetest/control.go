package storetest

import (
	"context"
	"errors"
	"fmt"
	"os"
)

// Kind returns the product: MariaDB, MySQL or TiDB.
func (s *Server) Kind() Kind { return s.binary.kind }

// Version returns the result of SELECT VERSION().
func (s *Server) Version() string { return s.version }

// PID returns the process id of the server, or 0 if it is not running.
func (s *Server) PID() int {
	if p := s.proc.Load(); p != nil && p.running() {
		return p.cmd.Process.Pid
	}
	return 0
}

// Kill kills the server, as a crash does, and waits for its exit. It returns an error if the server was
// not running.
func (s *Server) Kill() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.end("kill", (*process).kill)
}

// Stop shuts down the server gracefully and waits for its exit. It returns an error if the server was not
// running.
func (s *Server) Stop() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.end("stop", (*process).stop)
}

// Restart starts the server again with the same data and port, and waits until it answers. It stops a
// running server first.
func (s *Server) Restart(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.end("stop", (*process).stop); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	_, err := s.launch(ctx)
	return err
}

// Close kills the server if it is running, and removes its folder. No graceful shutdown is needed,
// because the data is removed.
func (s *Server) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	err := s.end("kill", (*process).kill)
	if errors.Is(err, os.ErrProcessDone) {
		err = nil
	}
	return errors.Join(err, os.RemoveAll(s.dir))
}

// end ends the process with the function how; verb describes it in errors.
func (s *Server) end(verb string, how func(*process) error) error {
	p := s.proc.Load()
	if p == nil {
		return fmt.Errorf("%s the database server: %w", verb, os.ErrProcessDone)
	}
	if err := how(p); err != nil {
		return fmt.Errorf("%s the database server: %w\n%s", verb, err, logTail(s.file("err.log"), 0))
	}
	return nil
}
