package apitest

import (
	"context"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"customer-events/internal/app"
	"customer-events/internal/store/storetest"
)

// Server is the whole program while it serves.
type Server struct {
	URL, Token  string
	Log, Stdout Buffer
	Client      *http.Client
	Cancel      context.CancelFunc
	Exit        chan int
	Stopped     bool
}

// Serve starts the program and waits until it listens. The program stops with the test.
func Serve(t *testing.T, args ...string) *Server {
	t.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	transport := &http.Transport{}
	s := &Server{
		Client: &http.Client{Transport: transport, Timeout: time.Minute}, Cancel: cancel,
		Exit: make(chan int, 1),
	}
	ready := make(chan net.Addr, 1)
	go func() {
		s.Exit <- app.Run(ctx, append([]string{"--listen", "127.0.0.1:0", "--drain", "0s"}, args...),
			app.Env{Build: build(), Stdin: strings.NewReader(""), Stdout: &s.Stdout,
				Stderr: &s.Log, Log: app.NewLogger(&s.Log), Ready: func(at net.Addr) { ready <- at }})
	}()
	select {
	case at := <-ready:
		s.URL = "http://" + at.String()
	case exit := <-s.Exit:
		cancel()
		t.Fatalf("the program exits with %d: %s", exit, s.Log.String())
	case <-time.After(time.Minute):
		cancel()
		t.Fatalf("the program does not listen: %s", s.Log.String())
	}
	t.Cleanup(func() { transport.CloseIdleConnections(); s.Stop(t) })
	return s
}

// Stop stops the program and waits for its exit.
func (s *Server) Stop(t *testing.T) {
	t.Helper()
	if s.Stopped {
		return
	}
	s.Stopped = true
	s.Cancel()
	select {
	case exit := <-s.Exit:
		if exit != 0 {
			t.Errorf("the program exits with %d: %s", exit, s.Log.String())
		}
	case <-time.After(time.Minute):
		t.Error("the program does not exit")
	}
}

// ServeDemo serves a database with demo data and logs in.
func ServeDemo(t *testing.T, database string, args ...string) *Server {
	t.Helper()
	s := Serve(t, append([]string{"--demo", "--database", database, "--secret-key", SecretKey}, args...)...)
	s.Token = s.Login(t, app.DemoUser, app.DemoPassword)
	return s
}

// Engines are functions that make an empty database of each engine and return its URL.
var Engines = map[string]func(testing.TB) string{"SQLite": storetest.SQLite, "MariaDB": storetest.MySQL}

// Databases makes an empty database of each engine, and returns their URLs by the engine's name.
func Databases(t *testing.T) map[string]string {
	t.Helper()
	urls := make(map[string]string, len(Engines))
	for name, database := range Engines {
		urls[name] = database(t)
	}
	return urls
}

// OnEachDatabase runs a test against the program on each engine, with demo data.
func OnEachDatabase(t *testing.T, test func(t *testing.T, s *Server)) {
	t.Helper()
	for name, database := range Engines {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, ServeDemo(t, database(t)))
		})
	}
}
