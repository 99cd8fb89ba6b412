package security

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"customer-events/internal/app"
	"customer-events/test/apitest"
	"customer-events/test/testutil"
)

const (
	slowSockets     = 2000
	loadRounds      = 5
	maxRatio        = 2
	measuredSeconds = 20
	maxMemoryMB     = 256
	dripInterval    = 5 * time.Second // the interval between the bytes of a slow socket
)

// TestLoad_Hostile runs slow sockets, expensive bodies and floods of logins at the same time, while a
// legitimate client posts batches. All its calls succeed. Its 99th percentile is at most twice as long as
// just before the attack, in the median of the rounds.
func TestLoad_Hostile(t *testing.T) {
	if !*attackInFull {
		t.Skip("make test-security runs it: it measures times, which a test beside others cannot")
	}
	for name, open := range apitest.Engines {
		t.Run(name, func(t *testing.T) {
			s, pid := startProcess(t, "--demo", "--introspection", "off", "--database", open(t),
				"--secret-key",
				apitest.SecretKey, "--trusted-proxies", "127.0.0.0/8")
			s.Token = s.Login(t, app.DemoUser, app.DemoPassword)
			ratios := make([]float64, loadRounds)
			for i := range ratios { // in rounds, since other work on the machine changes its speed
				postBatches(t, s, 3*time.Second) // warms up, and waits for the end of the attack before
				calm := postBatches(t, s, measuredSeconds*time.Second)
				stop := startAttackers(t, s.URL)
				time.Sleep(2 * dripInterval)
				hostile := postBatches(t, s, measuredSeconds*time.Second)
				var open, expensive, logins int
				if _, err := fmt.Sscan(stop(), &open, &expensive, &logins); err != nil {
					t.Fatal(err)
				}
				ratios[i] = float64(percentile(hostile, 99)) / float64(percentile(calm, 99))
				t.Logf("%s: p50 %s and p99 %s in calm, p50 %s and p99 %s under attack: %.1f times as "+
					"long; %d slow sockets open, %d expensive bodies, %d logins", name,
					percentile(calm, 50), percentile(calm, 99), percentile(hostile, 50),
					percentile(hostile, 99), ratios[i], open, expensive,
					logins)
				if open < slowSockets*9/10 {
					t.Errorf("only %d slow sockets are open", open)
				}
			}
			slices.Sort(ratios)
			memory := peakMemory(t, pid)
			t.Logf("%s: %.1f times as long in the median; at most %d MB", name, ratios[loadRounds/2],
				memory)
			if ratios[loadRounds/2] > maxRatio {
				t.Errorf("p99 is %.1f times as long", ratios[loadRounds/2])
			}
			if memory >= maxMemoryMB {
				t.Errorf("the server used %d MB", memory)
			}
		})
	}
}

// startProcess starts the program as a process of its own.
func startProcess(t *testing.T, args ...string) (*apitest.Server, int) {
	t.Helper()
	cmd := apitest.Process(t.Context(), t, append(args, "--listen", "127.0.0.1:0")...)
	cmd.Stderr = io.Discard
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	line, err := bufio.NewReader(out).ReadString('\n')
	_, url, found := strings.Cut(strings.TrimSpace(line), "http://")
	if err != nil || !found {
		t.Fatalf("%q, %v", line, err)
	}
	return &apitest.Server{
		URL:    "http://" + strings.TrimSuffix(url, "/"),
		Client: &http.Client{Transport: &http.Transport{}, Timeout: time.Minute},
	}, cmd.Process.Pid
}

// startAttackers starts the attack as a process of its own. The returned function ends it and returns its
// output. The attackers represent other machines: they run at idle priority, so that they do not take the
// CPU time of the server.
func startAttackers(t *testing.T, url string) (stop func() string) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "chrt", "--idle", "0", self)
	cmd.Env = append(os.Environ(), "CRM_TEST_ATTACK="+url)
	var out apitest.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	stopped := false
	end := func() string {
		if !stopped {
			stopped = true
			_ = cmd.Process.Signal(os.Interrupt)
			_ = cmd.Wait()
		}
		return out.String()
	}
	t.Cleanup(func() { end() })
	return end
}

// attackUntilInterrupted is the attackers' process. It prints how many slow sockets were open at the end,
// and how many expensive bodies and logins were answered.
func attackUntilInterrupted(url string) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	f := startAttacks(ctx, url)
	<-ctx.Done()
	fmt.Println(f.open.Load(), f.expensive.Load(), f.logins.Load())
	os.Exit(0)
}

// postBatches posts batches of 100 events, ten a second, and returns their sorted latencies.
func postBatches(t *testing.T, s *apitest.Server, long time.Duration) (took []time.Duration) {
	t.Helper()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(long); time.Now().Before(end); <-tick.C {
		start := time.Now()
		if got := s.Create(t, apitest.Events(100)); got.Summary.Processed != 100 {
			t.Fatalf("the legitimate client: %+v", got.Summary)
		}
		took = append(took, time.Since(start))
	}
	slices.Sort(took)
	return took
}

func percentile(took []time.Duration, percent int) time.Duration {
	return took[len(took)*percent/100].Round(100 * time.Microsecond)
}

// peakMemory returns the peak resident memory of a process in MB. Source: proc(5).
func peakMemory(t *testing.T, pid int) int {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	_, rest, found := strings.Cut(string(text), "VmHWM:")
	fields := strings.Fields(rest)
	if err != nil || !found {
		t.Skipf("/proc does not report the memory of a process here: %v", err)
	}
	kb, err := strconv.Atoi(fields[0])
	if err != nil {
		t.Fatal(err)
	}
	return kb >> 10
}

type attackCounts struct {
	open, expensive, logins atomic.Int64
}

// startAttacks starts all attacks; they end with the context.
func startAttacks(ctx context.Context, url string) *attackCounts {
	f := new(attackCounts)
	address := strings.TrimPrefix(url, "http://")
	for i := range slowSockets {
		go func() {
			// otherwise all sockets would send at the same moment
			time.Sleep(time.Duration(i) * dripInterval / slowSockets)
			for ctx.Err() == nil {
				f.slow(ctx, address, i)
			}
		}()
	}
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 100}, Timeout: time.Minute}
	post := func(path, body string, headers ...string) {
		request, err := http.NewRequestWithContext(ctx, http.MethodPost, url+path, strings.NewReader(body))
		if err != nil {
			return
		}
		request.Header.Set("Content-Type", "application/json")
		for i := 0; i < len(headers); i += 2 {
			request.Header.Set(headers[i], headers[i+1])
		}
		if response, err := client.Do(request); err == nil {
			_, _ = io.Copy(io.Discard, response.Body)
			response.Body.Close()
		}
	}
	packed := testutil.Gzip(strings.Repeat("[", 100<<20))
	var texts []string
	for _, body := range expensiveBodies(7) {
		texts = append(texts, body)
	}
	for i := range 8 {
		go func() {
			for n := i; ctx.Err() == nil; n++ {
				if i%2 == 0 {
					post("/graphql", packed, "Content-Encoding", "gzip")
				} else {
					post("/graphql", texts[n%len(texts)])
				}
				f.expensive.Add(1)
			}
		}()
	}
	for range 32 {
		go func() {
			for ctx.Err() == nil {
				client := fmt.Sprintf("203.0.%d.%d", rand.IntN(256), rand.IntN(256))
				post("/crmapi/rest/v2/authentication/token",
					fmt.Sprintf(`{"username":"nobody %d","password":"x"}`, rand.Int()), "X-Forwarded-For",
					client)
				f.logins.Add(1)
			}
		}()
	}
	return f
}

// slow opens one socket. Of three, one sends a header byte by byte, one a body, and one sends half of a
// request and nothing more.
func (f *attackCounts) slow(ctx context.Context, address string, i int) {
	connection, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
	if err != nil {
		return
	}
	defer connection.Close()
	f.open.Add(1)
	defer f.open.Add(-1)
	text := "POST /graphql HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: " +
		"application/json\r\nContent-Length: 8000000\r\n"
	if i%3 != 0 {
		text += "\r\n" + strings.Repeat(" ", 10_000)
	}
	if _, err := io.WriteString(connection, text); err != nil {
		return
	}
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		_, _ = io.Copy(io.Discard, connection) // ends when the server closes the connection
	}()
	tick := time.NewTicker(dripInterval)
	defer tick.Stop()
	for {
		select {
		case <-gone:
			return
		case <-tick.C:
			if i%3 != 2 {
				_, _ = io.WriteString(connection, "x")
			}
		}
	}
}
