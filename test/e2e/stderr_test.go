package e2e

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"customer-events/internal/app"
	"customer-events/test/apitest"
)

// child is the program as a process of its own, with its standard error as a pipe.
type child struct {
	*apitest.Server
	process *exec.Cmd
	stderr  *os.File // the reading end of the pipe
}

// startChild starts the program with demo data and logs in, so that the login is the log's first request.
func startChild(t *testing.T) *child {
	t.Helper()
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = read.Close() })
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	t.Cleanup(cancel)
	process := apitest.Process(ctx, t, "--demo", "--listen", "127.0.0.1:0", "--database", "sqlite:x.db")
	process.Stderr = write
	stdout, err := process.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := process.Start(); err != nil {
		t.Fatal(err)
	}
	_ = write.Close()
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		text, _ := io.ReadAll(read)
		t.Fatalf("%v: %s", err, text)
	}
	_ = stdout.Close() // nothing reads standard output any more
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 8}, Timeout: 20 * time.Second}
	t.Cleanup(client.CloseIdleConnections)
	s := &apitest.Server{
		URL:    strings.TrimSuffix(strings.TrimSpace(strings.TrimPrefix(line, "GraphiQL")), "/"),
		Client: client,
	}
	s.Token = s.Login(t, app.DemoUser, app.DemoPassword)
	return &child{s, process, read}
}

// lost returns the metric of lost lines.
func (c *child) lost(t *testing.T) int {
	t.Helper()
	_, _, text := c.Do(t, http.MethodGet, "/metrics", nil)
	match := regexp.MustCompile(`(?m)^customer_events_log_lines_lost_total (\S+)$`).FindSubmatch(text)
	if match == nil {
		t.Fatal("there is no customer_events_log_lines_lost_total")
	}
	n, err := strconv.ParseFloat(string(match[1]), 64)
	if err != nil {
		t.Fatal(err)
	}
	return int(n)
}

// interrupt stops the program, which must not wait longer than its limit for the log.
func (c *child) interrupt(t *testing.T) {
	t.Helper()
	start := time.Now()
	_ = c.process.Process.Signal(syscall.SIGTERM)
	if err := c.process.Wait(); err != nil {
		t.Errorf("the program exits with: %v", err)
	}
	if took := time.Since(start); took > 20*time.Second {
		t.Errorf("the program takes %s to exit", took)
	}
}

const cheapQuery = `{ limits { maxPageSize } webCustomerEvents(first: 1) { nodes { id } } }`

// TestStderr_ReaderDies closes the reading end: calls are still answered, and lost lines are counted.
func TestStderr_ReaderDies(t *testing.T) {
	t.Parallel()
	c := startChild(t)
	if n := c.lost(t); n != 0 {
		t.Errorf("%d lines are lost at the start", n)
	}
	_ = c.stderr.Close()
	for i := range 20 {
		if got := c.Create(t, apitest.Events(1)); got.Summary.Processed != 1 {
			t.Fatalf("call %d: %+v", i, got.Summary)
		}
	}
	if n := c.lost(t); n < 10 {
		t.Errorf("%d lost lines are counted", n)
	}
	c.interrupt(t)
}

// TestStderr_ReaderStalls stops reading: no call waits for the log. Once the test reads again, the log
// reports the number of lost lines and continues.
func TestStderr_ReaderStalls(t *testing.T) {
	t.Parallel()
	c := startChild(t)
	lost := 0
	for round := 0; lost == 0; round++ {
		if round == 40 {
			t.Fatal("8000 calls lose no line")
		}
		for range 200 {
			if a := c.Post(t, cheapQuery, nil); a.Status != http.StatusOK || len(a.Errors) > 0 {
				t.Fatalf("%d %s", a.Status, a.Text)
			}
		}
		lost = c.lost(t)
	}
	lines := make(chan string, 100_000)
	go func() {
		defer close(lines)
		for read := bufio.NewReader(c.stderr); ; {
			line, err := read.ReadString('\n')
			if err != nil {
				return
			}
			lines <- line
		}
	}()
	for said := false; !said; {
		c.Post(t, cheapQuery, nil)
		select {
		case line := <-lines:
			said = strings.Contains(line, "log lines were lost") && strings.Contains(line, `"level":"WARN"`)
		case <-time.After(20 * time.Second):
			t.Fatal("the log does not report the lost lines")
		}
	}
	a := c.Post(t, cheapQuery, nil, "X-Request-Id", "after-the-stall")
	if a.Status != http.StatusOK {
		t.Error(a.Status)
	}
	c.interrupt(t)
	var rest strings.Builder
	for line := range lines {
		rest.WriteString(line)
	}
	if !strings.Contains(rest.String(), "after-the-stall") ||
		!strings.Contains(rest.String(), `"msg":"stopped"`) {
		t.Errorf("the log does not continue: %.1000s", rest.String())
	}
	if strings.Contains(rest.String(), "log lines were lost") {
		t.Error("the same loss is reported twice")
	}
}

// TestStderr_EndWhileStalled stops a program whose log nothing reads.
func TestStderr_EndWhileStalled(t *testing.T) {
	t.Parallel()
	c := startChild(t)
	for range 600 {
		c.Post(t, cheapQuery, nil)
	}
	c.interrupt(t)
}
