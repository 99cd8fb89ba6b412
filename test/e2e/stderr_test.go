package e2e

import (
	"bufio"
	"context"
	"customer-events/internal/app"
	"customer-events/test/apitest"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// child is the program as a process of its own, whose standard error the test reads or does not.
type child struct {
	*apitest.Server
	process *exec.Cmd
	stderr  *os.File // what the test may read
}

// startChild starts the program with demo data. It goes on with a login, whose line is the log's first of a request.
func startChild(t *testing.T) *child {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = read.Close() })
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	t.Cleanup(cancel)
	folder := t.TempDir()
	process := exec.CommandContext(ctx, self, "--demo", "--listen", "127.0.0.1:0", "--database", "sqlite:"+filepath.Join(folder, "x.db"))
	process.Dir, process.Stderr, process.Env = folder, write, append(os.Environ(), "CRM_TEST_PROGRAM=yes")
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
	_ = stdout.Close() // the reader of standard output dies too
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 8}, Timeout: 20 * time.Second}
	t.Cleanup(client.CloseIdleConnections)
	s := &apitest.Server{URL: strings.TrimSuffix(strings.TrimSpace(strings.TrimPrefix(line, "GraphiQL")), "/"), Client: client}
	s.Token = s.Login(t, app.DemoUser, app.DemoPassword)
	return &child{s, process, read}
}

// lost reads the metric of lost lines.
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

// interrupt ends the program, which must not take longer than it waits for the log.
func (c *child) interrupt(t *testing.T) {
	t.Helper()
	start := time.Now()
	_ = c.process.Process.Signal(syscall.SIGTERM)
	if err := c.process.Wait(); err != nil {
		t.Errorf("the program ends with: %v", err)
	}
	if took := time.Since(start); took > 20*time.Second {
		t.Errorf("the program takes %s to end", took)
	}
}

const cheapQuery = `{ limits { maxPageSize } webCustomerEvents(first: 1) { nodes { id } } }`

// The reader of standard error dies: calls are answered all the same, and the lines are counted.
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

// The reader of standard error stalls: no call waits for it. When it reads again, the log says how many lines are lost
// and goes on.
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
			t.Fatal("the log does not say that lines were lost")
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
	if !strings.Contains(rest.String(), "after-the-stall") || !strings.Contains(rest.String(), `"msg":"stopped"`) {
		t.Errorf("the log does not go on: %.1000s", rest.String())
	}
	if strings.Contains(rest.String(), "log lines were lost") {
		t.Error("the same loss is told twice")
	}
}

// A program whose log nobody reads ends nevertheless.
func TestStderr_EndWhileStalled(t *testing.T) {
	t.Parallel()
	c := startChild(t)
	for range 600 {
		c.Post(t, cheapQuery, nil)
	}
	c.interrupt(t)
}
