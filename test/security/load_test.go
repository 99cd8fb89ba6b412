package security

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"customer-events/internal/app"
	"customer-events/test/apitest"
)

const (
	slowSockets     = 2000
	loadRounds      = 5
	maxRatio        = 2
	measuredSeconds = 20
	maxMemoryMB     = 256
	dripInterval    = 5 * time.Second // the interval between the bytes of a slow socket
)

// TestLoad_Hostile runs slow sockets, expensive bodies, floods of logins and of small calls with invalid tokens
// at the same time, while a legitimate client posts batches. All its calls succeed. Its 99th percentile is at
// most twice as long as just before the attack, in the median of the rounds.
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
				var open, expensive, logins, calls int
				if _, err := fmt.Sscan(stop(), &open, &expensive, &logins, &calls); err != nil {
					t.Fatal(err)
				}
				ratios[i] = float64(percentile(hostile, 99)) / float64(percentile(calm, 99))
				t.Logf("%s: p50 %s and p99 %s in calm, p50 %s and p99 %s under attack: %.1f times as "+
					"long; %d slow sockets open, %d expensive bodies, %d logins, %d calls with invalid tokens", name,
					percentile(calm, 50), percentile(calm, 99), percentile(hostile, 50),
					percentile(hostile, 99), ratios[i], open, expensive,
					logins, calls)
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
