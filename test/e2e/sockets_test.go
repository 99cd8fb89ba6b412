package e2e

import (
	"context"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"customer-events/test/apitest"
)

// startActivated starts the program with sockets of a service manager.
func startActivated(t *testing.T, names string, sockets []*os.File,
	args ...string) (*exec.Cmd, *apitest.Buffer) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	process := apitest.ShellProcess(ctx, t, `LISTEN_PID=$$ exec "$0" "$@"`, args...)
	var out apitest.Buffer
	process.Stdout, process.Stderr, process.ExtraFiles = &out, &out, sockets
	process.Env = append(process.Env, "LISTEN_FDS="+string(rune('0'+len(sockets))), "LISTEN_FDNAMES="+names)
	return process, &out
}

// listeningSocket opens a listening TCP socket and returns it with its address.
func listeningSocket(t *testing.T, at string) (*os.File, string) {
	t.Helper()
	listener, err := net.Listen("tcp", at)
	if err != nil {
		t.Skipf("%s cannot be listened at here: %v", at, err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	file, err := listener.(*net.TCPListener).File()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = file.Close() })
	return file, listener.Addr().String()
}

func datagramSocket(t *testing.T) *os.File {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	file, err := conn.(*net.UDPConn).File()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = file.Close() })
	return file
}

// TestSockets_Several passes several sockets on. The program serves those with its name, or all if none
// has it.
func TestSockets_Several(t *testing.T) {
	t.Parallel()
	first, firstAt := listeningSocket(t, "127.0.0.1:0")
	second, secondAt := listeningSocket(t, "127.0.0.1:0")
	for _, c := range []struct {
		name, names  string
		sockets      []*os.File
		served, idle []string
	}{
		{
			"two lines of a unit", "customer-events.socket:customer-events.socket",
			[]*os.File{first, second}, []string{firstAt, secondAt}, nil,
		},
		{"no names", "", []*os.File{first, second}, []string{firstAt, secondAt}, nil},
		{"unknown names", "a:b", []*os.File{first, second}, []string{firstAt, secondAt}, nil},
		{
			"ours is second", "dns:customer-events", []*os.File{datagramSocket(t), first}, []string{firstAt},
			nil,
		},
		{
			"ours among others", "admin:http:x", []*os.File{first, second, datagramSocket(t)},
			[]string{secondAt},
			[]string{firstAt},
		},
		{
			"ours before http", "http:customer-events", []*os.File{first, second}, []string{secondAt},
			[]string{firstAt},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			process, out := startActivated(t, c.names, c.sockets, "--drain", "0s")
			if err := process.Start(); err != nil {
				t.Fatal(err)
			}
			client := &http.Client{
				Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 30 * time.Second,
			}
			for _, at := range append(c.served, c.served...) {
				response, err := client.Get("http://" + at + "/healthz")
				if err != nil {
					t.Fatalf("%s is not served: %v: %s", at, err, out)
				}
				if response.Body.Close(); response.StatusCode != http.StatusOK {
					t.Errorf("%s: %s", at, response.Status)
				}
			}
			client.Timeout = 300 * time.Millisecond
			for _, at := range c.idle {
				if _, err := client.Get("http://" + at + "/healthz"); err == nil {
					t.Errorf("%s is served, which is another's", at)
				}
			}
			_ = process.Process.Signal(os.Interrupt)
			if err := process.Wait(); err != nil {
				t.Errorf("%v: %s", err, out)
			}
		})
	}
}

// TestSockets_Wrong expects an error that names a socket that the program cannot serve, and the remedy.
func TestSockets_Wrong(t *testing.T) {
	t.Parallel()
	first, _ := listeningSocket(t, "127.0.0.1:0")
	for _, names := range []string{"", "a:customer-events"} {
		process, out := startActivated(t, names, []*os.File{first, datagramSocket(t)})
		err := process.Run()
		if err == nil || !strings.Contains(out.String(), "LISTEN_FDS (2): file descriptor 4") ||
			!strings.Contains(out.String(), "FileDescriptorName=customer-events") {
			t.Errorf("%q: %v: %s", names, err, out)
		}
	}
}
