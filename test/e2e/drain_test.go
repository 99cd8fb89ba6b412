package e2e

import (
	"context"
	"errors"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"customer-events/internal/store/storetest"
	"customer-events/test/apitest"
)

// TestShutdown_DrainServesCalls stops a server during its drain: /readyz reports it, while calls on old
// and new connections are served, each with a response that closes its connection. Then the server exits
// successfully.
func TestShutdown_DrainServesCalls(t *testing.T) {
	t.Parallel()
	s := apitest.ServeDemo(t, storetest.SQLite(t), "--drain", "2s")
	s.Create(t, apitest.Events(1)) // leaves a connection open
	s.Cancel()
	for deadline := time.Now().Add(time.Second); ; time.Sleep(time.Millisecond) {
		response, err := http.Get(s.URL + "/readyz")
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		if response.StatusCode == http.StatusServiceUnavailable {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("/readyz does not report that the server is stopping")
		}
	}
	for _, client := range []*http.Client{s.Client, {Transport: &http.Transport{}}} {
		s.Client = client
		a := s.Post(t, apitest.CreateQuery, apitest.CreateInput(apitest.Events(2)))
		if a.Status != http.StatusOK || len(a.Errors) > 0 {
			t.Errorf("a call during the drain: %d %s", a.Status, a.Text)
		}
	}
	response, err := s.Client.Get(s.URL + "/healthz")
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	if !response.Close {
		t.Error("a response during the drain keeps its connection open")
	}
	s.Stop(t)
}

// TestSockets_Inherited serves a socket that a service manager passes on, and leaves it open at the exit.
// With demo data the socket must be on the loopback interface.
func TestSockets_Inherited(t *testing.T) {
	t.Parallel()
	program := func(address, sockets string, args ...string) (*exec.Cmd, string, *apitest.Buffer) {
		listener, err := net.Listen("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = listener.Close() })
		socket, err := listener.(*net.TCPListener).File()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = socket.Close() })
		var out apitest.Buffer
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		t.Cleanup(cancel)
		process := apitest.ShellProcess(ctx, t, `LISTEN_PID=$$ LISTEN_FDS=`+sockets+` exec "$0" "$@"`,
			args...)
		process.Stdout, process.Stderr, process.ExtraFiles = &out, &out, []*os.File{socket}
		return process, listener.Addr().String(), &out
	}
	process, address, out := program("127.0.0.1:0", "1", "--drain", "0s")
	// The request is sent before the process starts, and waits in the socket.
	done := make(chan error, 1)
	go func() {
		response, err := http.Get("http://" + address + "/healthz")
		if err == nil && response.StatusCode != http.StatusOK {
			err = errors.New(response.Status)
		}
		done <- err
	}()
	if err := process.Start(); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Errorf("a request sent before the start: %v: %s", err, out)
	}
	_ = process.Process.Signal(os.Interrupt)
	if err := process.Wait(); err != nil {
		t.Errorf("%v: %s", err, out)
	}
	if conn, err := net.Dial("tcp", address); err != nil {
		t.Errorf("the socket was closed with the process: %v", err)
	} else {
		_ = conn.Close()
	}

	for _, c := range []struct{ address, sockets, want string }{
		{"127.0.0.1:0", "2", "LISTEN_FDS (2)"},
		{"0.0.0.0:0", "1", "--demo"},
	} {
		process, _, out := program(c.address, c.sockets, "--demo")
		if err := process.Run(); err == nil || !strings.Contains(out.String(), c.want) {
			t.Errorf("%+v: %v: %s", c, err, out)
		}
	}
}
