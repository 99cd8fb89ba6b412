package security

import (
	"context"
	crand "crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"customer-events/test/apitest"
	"customer-events/test/testutil"
)

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
// and how many expensive bodies, logins and calls with invalid tokens were answered.
func attackUntilInterrupted(url string) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	f := startAttacks(ctx, url)
	<-ctx.Done()
	fmt.Println(f.open.Load(), f.expensive.Load(), f.logins.Load(), f.calls.Load())
	os.Exit(0)
}

type attackCounts struct {
	open, expensive, logins, calls atomic.Int64
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
	for i := range 4 {
		go func() {
			for n := 0; ctx.Err() == nil; n++ {
				post("/graphql", smallCall([]int{1, 100}[i%2], i, n), "Authorization", "Bearer "+crand.Text())
				f.calls.Add(1)
			}
		}()
	}
	for range 32 {
		go func() {
			for ctx.Err() == nil {
				client := fmt.Sprintf("203.0.%d.%d", rand.IntN(256), rand.IntN(256))
				post("/crmapi/rest/v2/authentication/token",
					fmt.Sprintf(`{"username":"unknown %d","password":"x"}`, rand.Int()), "X-Forwarded-For",
					client)
				f.logins.Add(1)
			}
		}()
	}
	return f
}

// smallCall returns a call with a few events, each of which refers to other records.
func smallCall(events, attacker, n int) string {
	list := make([]apitest.Object, events)
	for i := range list {
		unique := fmt.Sprint(attacker, "-", n, "-", i)
		list[i] = apitest.Event(unique, apitest.Object{
			"accountsReceivableIdentifier":  apitest.Object{"number": unique},
			"performedByUnitIdentifier":     apitest.Object{"name": unique},
			"externalSystem":                "attack",
			"externalSystemReferenceNumber": unique,
		})
	}
	text, _ := json.Marshal(apitest.Object{
		"query":     apitest.CreateQuery,
		"variables": apitest.Object{"input": apitest.Object{"webCustomerEventsSet": list}},
	})
	return string(text)
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
