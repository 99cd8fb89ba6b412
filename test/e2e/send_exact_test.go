package e2e

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"customer-events/internal/app"
	"customer-events/internal/store/storetest"
	"customer-events/test/apitest"
)

// TestSend_Killed kills a sender again and again: before a call reaches the server, after it is stored but
// not answered, and at any time after that. The events are then sent to the end and stored exactly once,
// without external references.
func TestSend_Killed(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("long: it runs without the race detector")
	}
	apitest.OnEachDatabase(t, func(t *testing.T, s *apitest.Server) {
		const rounds, events = 20, 15_500
		random := rand.New(rand.NewPCG(6, 2))
		file, g := sendableFile(t, events, nil), proxyTo(t, s)
		for range rounds {
			at, when, later := 1+random.IntN(3), random.IntN(3),
				time.Duration(random.IntN(int(20*time.Millisecond)))
			process := make(chan func(), 1)
			g.onCall(func(number int, w http.ResponseWriter, r *http.Request, forward http.Handler) {
				if number != at {
					forward.ServeHTTP(w, r)
					return
				}
				kill := <-process
				switch when {
				case 0:
					kill()
				case 1:
					forward.ServeHTTP(httptest.NewRecorder(), r)
					kill()
				case 2:
					forward.ServeHTTP(w, r)
					time.AfterFunc(later, kill)
				}
			})
			cmd := sendProcess(t, g.URL, file)
			process <- func() { _ = cmd.Process.Kill() }
			_ = cmd.Wait() // killed, or finished before
		}
		g.onCall(nil)
		exit, stdout, stderr := sendCommand(t, g.URL, file)
		want := fmt.Sprintf("%d of %d events are done: %d processed", events, events, events-events/100)
		if exit != 1 || !strings.Contains(stdout, want) || !strings.Contains(stderr, "rejected.ndjson") {
			t.Errorf("exit %d: %s%s", exit, stdout, stderr)
		}
		mustBeSentOnce(t, s, file, events)
		// Without the state everything is sent again and replayed.
		if err := os.Remove(file + ".sent"); err != nil {
			t.Fatal(err)
		}
		if exit, stdout, stderr := sendCommand(t, g.URL, file); exit != 1 ||
			!strings.Contains(stdout, fmt.Sprintf("(%d of them replays)", events-events/100)) {
			t.Errorf("exit %d: %s%s", exit, stdout, stderr)
		}
		mustBeSentOnce(t, s, file, events)
	})
}

// TestSend_FaultsAreRetried stops the server and starts it at another address, breaks a connection after a
// call is stored, returns Retry-After, and ends the token's session. The sender continues.
func TestSend_FaultsAreRetried(t *testing.T) {
	t.Parallel()
	database := storetest.SQLite(t)
	s := apitest.ServeDemo(t, database)
	const events = 7_000
	file, g := sendableFile(t, events, nil), proxyTo(t, s)
	var mu sync.Mutex // guards key, failed and next
	var failed, next time.Time
	key, back := "", make(chan struct{})
	g.onCall(func(number int, w http.ResponseWriter, r *http.Request, forward http.Handler) {
		mu.Lock()
		switch this := r.Header.Get("Idempotency-Key"); {
		case number == 1:
			key, failed = this, time.Now()
		case this == key && next.IsZero():
			next = time.Now()
		}
		mu.Unlock()
		switch number {
		case 1:
			w.Header().Set("Retry-After", "2")
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		case 2:
			forward.ServeHTTP(httptest.NewRecorder(), r)
			panic(http.ErrAbortHandler)
		case 3: // concurrent calls find no server
			s.Stop(t)
			s = apitest.ServeDemo(t, database)
			g.forwardTo(t, s)
			close(back)
		case 6: // ends the session of the sender's token
			<-back
			status, _, text := s.Do(t, http.MethodPost, "/graphql",
				strings.NewReader(`{"query":"mutation { logout }"}`), "Content-Type", "application/json",
				"Authorization", r.Header.Get("Authorization"))
			if status != http.StatusOK {
				t.Errorf("logout: %d: %s", status, text)
			}
		}
		forward.ServeHTTP(w, r)
	})
	exit, stdout, stderr := sendCommand(t, g.URL, file)
	if exit != 1 || !strings.Contains(stdout, "7000 of 7000 events are done: 6930 processed") ||
		!strings.Contains(stderr, "trying again") {
		t.Errorf("exit %d: %s%s", exit, stdout, stderr)
	}
	if strings.Contains(stdout+stderr, app.DemoPassword) {
		t.Errorf("the password is shown: %s%s", stdout, stderr)
	}
	if waited := next.Sub(failed); waited < 2*time.Second {
		t.Errorf("a call that should come back after 2 s came after %s", waited)
	}
	mustBeSentOnce(t, s, file, events)
}

// TestSend_Interrupted interrupts a sender. It finishes the calls in flight, says how to continue, and
// continues.
func TestSend_Interrupted(t *testing.T) {
	t.Parallel()
	s := apitest.ServeDemo(t, storetest.SQLite(t))
	const events = 9_000
	file, g := sendableFile(t, events, nil), proxyTo(t, s)
	ctx, interrupt := context.WithCancel(t.Context())
	g.onCall(func(number int, w http.ResponseWriter, r *http.Request, forward http.Handler) {
		switch number {
		case 2:
			exit, _, stderr := sendCommand(t, g.URL, file)
			if exit != 3 || !strings.Contains(stderr, "is being sent by another process") {
				t.Errorf("a second sender: exit %d: %s", exit, stderr)
			}
		case 3:
			interrupt()
		}
		forward.ServeHTTP(w, r)
	})
	var out, errs apitest.Buffer
	exit := app.Run(ctx, sendArgs(g.URL, file), app.Env{
		Stdin: strings.NewReader(app.DemoPassword), Stdout: &out, Stderr: &errs, Log: app.NewLogger(&errs),
	})
	if exit != 3 || !strings.Contains(errs.String(), "interrupted") ||
		!strings.Contains(errs.String(), "the same command goes on from there") ||
		strings.Contains(out.String(), "9000 of 9000") {
		t.Errorf("exit %d: %s%s", exit, out.String(), errs.String())
	}
	text, err := os.ReadFile(file + ".sent")
	if err != nil || strings.Contains(string(text), "underWaySince") {
		t.Errorf("all calls were awaited, and yet: %s (%v)", text, err)
	}
	if exit, stdout, stderr := sendCommand(t, g.URL, file); exit != 1 ||
		!strings.Contains(stdout,
			"9000 of 9000 events are done: 8910 processed (none of them a replay)") {
		t.Errorf("exit %d: %s%s", exit, stdout, stderr)
	}
	mustBeSentOnce(t, s, file, events)
}

// TestSend_KeysExpired resumes after the idempotency keys have expired. Of the calls in flight only events
// with an external reference are sent again.
func TestSend_KeysExpired(t *testing.T) {
	t.Parallel()
	s := apitest.ServeDemo(t, storetest.SQLite(t))
	const events = 6_000
	referenced := func(i int) bool { return i%2 == 0 }
	file, g := sendableFile(t, events, func(i int, e apitest.Object) {
		if referenced(i) {
			e["externalSystem"], e["externalSystemReferenceNumber"] = "shop", fmt.Sprint(i)
		}
	}), proxyTo(t, s)
	process := make(chan func(), 1)
	g.onCall(func(number int, w http.ResponseWriter, r *http.Request, forward http.Handler) {
		if number == 1 {
			forward.ServeHTTP(httptest.NewRecorder(), r)
			(<-process)()
			return
		}
		// the server notices a broken connection only once the body is read
		_, _ = io.Copy(io.Discard, r.Body)
		<-r.Context().Done() // the other calls do not reach the server
	})
	cmd := sendProcess(t, g.URL, file)
	process <- func() { _ = cmd.Process.Kill() }
	_ = cmd.Wait()
	g.onCall(nil)
	backdate(t, file, 73*time.Hour)
	exit, stdout, stderr := sendCommand(t, g.URL, file)
	if exit != 1 || !strings.Contains(stdout, "6000 of 6000 events are done") {
		t.Fatalf("exit %d: %s%s", exit, stdout, stderr)
	}
	counts, doubtful := s.CountStored(t), map[string]bool{}
	for _, line := range rejectedOf(t, file) {
		if strings.Contains(line.ErrorDescription, "May Have Been Stored Already") {
			doubtful[fmt.Sprint(line.Event[apitest.MarkField])] = true
		}
	}
	if len(doubtful) != 2_000 {
		t.Errorf("%d events are doubtful, not those of 4 calls without a reference", len(doubtful))
	}
	for i := range events {
		name := fmt.Sprint(i)
		switch times := counts[name]; {
		case isInvalid(i) && times != 0, times > 1, times == 0 && !isInvalid(i) &&
			!doubtful[name], doubtful[name] &&
			referenced(i):
			t.Errorf("event %d is stored %d times, doubtful: %t", i, times, doubtful[name])
		}
	}
}
