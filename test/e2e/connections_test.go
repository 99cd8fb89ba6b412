package e2e

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"customer-events/internal/app"
	"customer-events/test/apitest"
)

// startWithFileLimit starts the program as a process with a limit of open files, and returns its address.
func startWithFileLimit(t *testing.T, files int, args ...string) (address string, out *apitest.Buffer) {
	t.Helper()
	out = new(apitest.Buffer)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	args = append([]string{"--demo", "--listen", "127.0.0.1:0", "--drain", "0s"}, args...)
	process := apitest.ShellProcess(ctx, t, fmt.Sprintf(`ulimit -n %d; exec "$0" "$@"`, files), args...)
	process.Cancel = func() error { return process.Process.Signal(syscall.SIGTERM) }
	process.Stdout, process.Stderr = out, out
	if err := process.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cancel(); _ = process.Wait() })
	for ctx.Err() == nil {
		if _, rest, listening := strings.Cut(out.String(), "GraphQL   http://"); listening {
			address, _, _ = strings.Cut(rest, "/graphql")
			return address, out
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("the program does not listen: %s", out)
	return "", nil
}

// TestConnections_Exhausted opens more idle, silent or stuck connections than the server may have. It
// closes those to serve others.
func TestConnections_Exhausted(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		use  func(conn net.Conn)
		wait time.Duration
	}{
		{"idle", func(conn net.Conn) {
			_ = conn.SetDeadline(time.Now().Add(apitest.MaxLatency))
			_, _ = io.WriteString(conn, "GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
			if response, err := http.ReadResponse(bufio.NewReader(conn), nil); err == nil {
				_, _ = io.Copy(io.Discard, response.Body)
			}
		}, 0},
		{"silent", func(net.Conn) {}, app.SilentGrace},
		{
			"in the header", func(conn net.Conn) {
				_, _ = io.WriteString(conn, "GET /healthz HTTP/1.1\r\nHost:")
			}, app.SilentGrace,
		},
		{"in the body", func(conn net.Conn) {
			_, _ = io.WriteString(conn, "POST /graphql HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: "+
				"application/json\r\nContent-Length: 100\r\n\r\n{")
		}, app.UploadIdleAfter},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			address, out := startWithFileLimit(t, 256)
			for range 300 {
				conn, err := net.Dial("tcp", address)
				if err != nil {
					t.Fatal(err)
				}
				defer conn.Close()
				c.use(conn)
			}
			time.Sleep(c.wait + 100*time.Millisecond)
			client := &http.Client{
				Transport: &http.Transport{DisableKeepAlives: true}, Timeout: apitest.MaxLatency,
			}
			for range 10 {
				start := time.Now()
				response, err := client.Post("http://"+address+"/graphql", "application/json",
					strings.NewReader(fmt.Sprintf(demoLogin, "demo-password")))
				if err != nil {
					t.Fatalf("after %s: %v: %s", time.Since(start), err, out)
				}
				if _ = response.Body.Close(); response.StatusCode != http.StatusOK ||
					time.Since(start) > apitest.MaxLatency {
					t.Errorf("%s in %s", response.Status, time.Since(start))
				}
			}
			if !strings.Contains(out.String(), "too many connections") ||
				strings.Contains(out.String(), "too many open files") {
				t.Errorf("the log: %s", out)
			}
		})
	}
}

// TestConnections_ManyClients serves hundreds of local clients at the same time.
func TestConnections_ManyClients(t *testing.T) {
	t.Parallel()
	address, out := startWithFileLimit(t, 1024)
	done := make(chan error, 500)
	for range cap(done) {
		go func() {
			client := &http.Client{Transport: &http.Transport{}, Timeout: time.Minute}
			for range 5 {
				response, err := client.Get("http://" + address + "/healthz")
				if err != nil {
					done <- err
					return
				}
				_, _ = io.Copy(io.Discard, response.Body)
				_ = response.Body.Close()
				time.Sleep(50 * time.Millisecond)
			}
			done <- nil
		}()
	}
	for range cap(done) {
		if err := <-done; err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
}
