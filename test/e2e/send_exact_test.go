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

// A sender is killed again and again: before a call reaches the server, when it has been stored and not answered, and at any time
// after. What it had is then sent to its end, and is there exactly once, without any external reference.
func TestSendIsKilled(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("long: it runs without the race detector")
	}
	apitest.OnEachDatabase(t, func(t *testing.T, s *apitest.Server) {
		const rounds, events = 20, 15_500
		random := rand.New(rand.NewPCG(6, 2))
		file, g := sendable(t, events, nil), bridgeTo(t, s)
		for range rounds {
			at, when, later := 1+random.IntN(3), random.IntN(3), time.Duration(random.IntN(int(20*time.Millisecond)))
			process := make(chan func(), 1)
			g.on(func(number int, w http.ResponseWriter, r *http.Request, forward http.Handler) {
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
			_ = cmd.Wait() // killed, or at its end before
		}
		g.on(nil)
		exit, stdout, stderr := sendCommand(t, g.URL, file)
		if want := fmt.Sprintf("%d of %d events are done: %d processed", events, events, events-events/100); exit != 1 || !strings.Contains(stdout, want) || !strings.Contains(stderr, "rejected.ndjson") {
			t.Errorf("exit %d: %s%s", exit, stdout, stderr)
		}
		checkOnce(t, s, file, events)
		// Without the state everything is sent again, and replayed.
		if err := os.Remove(file + ".sent"); err != nil {
			t.Fatal(err)
		}
		if exit, stdout, stderr := sendCommand(t, g.URL, file); exit != 1 || !strings.Contains(stdout, fmt.Sprintf("(%d of them replays)", events-events/100)) {
			t.Errorf("exit %d: %s%s", exit, stdout, stderr)
		}
		checkOnce(t, s, file, events)
	})
}

// The server ends in the middle and comes back elsewhere, a connection breaks after a call was stored, the server asks for time, and
// the token ends: the sender goes on.
func TestSendGoesOn(t *testing.T) {
	t.Parallel()
	database := storetest.SQLite(t)
	s := apitest.ServeDemo(t, database)
	const events = 7_000
	file, g := sendable(t, events, nil), bridgeTo(t, s)
	var mu sync.Mutex // of the times and the key of the first call
	var refused, next time.Time
	key, back := "", make(chan struct{})
	g.on(func(number int, w http.ResponseWriter, r *http.Request, forward http.Handler) {
		mu.Lock()
		switch this := r.Header.Get("Idempotency-Key"); {
		case number == 1:
			key, refused = this, time.Now()
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
		case 3: // the calls beside it meet a server that is away
			s.Stop(t)
			s = apitest.ServeDemo(t, database)
			g.lead(t, s)
			close(back)
		case 6: // the sender's own token ends
			<-back
			status, _, text := s.Do(t, http.MethodPost, "/graphql", strings.NewReader(`{"query":"mutation { logout }"}`), "Content-Type", "application/json", "Authorization", r.Header.Get("Authorization"))
			if status != http.StatusOK {
				t.Errorf("logout: %d: %s", status, text)
			}
		}
		forward.ServeHTTP(w, r)
	})
	exit, stdout, stderr := sendCommand(t, g.URL, file)
	if exit != 1 || !strings.Contains(stdout, "7000 of 7000 events are done: 6930 processed") || !strings.Contains(stderr, "trying again") {
		t.Errorf("exit %d: %s%s", exit, stdout, stderr)
	}
	if strings.Contains(stdout+stderr, app.DemoPassword) {
		t.Errorf("the password is shown: %s%s", stdout, stderr)
	}
	if waited := next.Sub(refused); waited < 2*time.Second {
		t.Errorf("a call that should come back after 2 s came after %s", waited)
	}
	checkOnce(t, s, file, events)
}

// An interrupted sender finishes what is under way, says how to go on, and goes on.
func TestSendIsInterrupted(t *testing.T) {
	t.Parallel()
	s := apitest.ServeDemo(t, storetest.SQLite(t))
	const events = 9_000
	file, g := sendable(t, events, nil), bridgeTo(t, s)
	ctx, interrupt := context.WithCancel(t.Context())
	g.on(func(number int, w http.ResponseWriter, r *http.Request, forward http.Handler) {
		switch number {
		case 2:
			if exit, _, stderr := sendCommand(t, g.URL, file); exit != 3 || !strings.Contains(stderr, "is being sent by another process") {
				t.Errorf("a second sender: exit %d: %s", exit, stderr)
			}
		case 3:
			interrupt()
		}
		forward.ServeHTTP(w, r)
	})
	var out, errs apitest.Buffer
	exit := app.Run(ctx, sendArgs(g.URL, file), app.Env{Stdin: strings.NewReader(app.DemoPassword), Stdout: &out, Stderr: &errs, Log: app.NewLogger(&errs)})
	if exit != 3 || !strings.Contains(errs.String(), "interrupted") || !strings.Contains(errs.String(), "the same command goes on from there") || strings.Contains(out.String(), "9000 of 9000") {
		t.Errorf("exit %d: %s%s", exit, out.String(), errs.String())
	}
	if text, err := os.ReadFile(file + ".sent"); err != nil || strings.Contains(string(text), "underWaySince") {
		t.Errorf("all calls were awaited, and yet: %s (%v)", text, err)
	}
	if exit, stdout, stderr := sendCommand(t, g.URL, file); exit != 1 || !strings.Contains(stdout, "9000 of 9000 events are done: 8910 processed (none of them a replay)") {
		t.Errorf("exit %d: %s%s", exit, stdout, stderr)
	}
	checkOnce(t, s, file, events)
}

// When idempotency keys may have been forgotten, of the calls that were under way only what has an external reference is sent again.
func TestSendAfterTheKeys(t *testing.T) {
	t.Parallel()
	s := apitest.ServeDemo(t, storetest.SQLite(t))
	const events = 6_000
	referenced := func(i int) bool { return i%2 == 0 }
	file, g := sendable(t, events, func(i int, e apitest.Object) {
		if referenced(i) {
			e["externalSystem"], e["externalSystemReferenceNumber"] = "shop", fmt.Sprint(i)
		}
	}), bridgeTo(t, s)
	process := make(chan func(), 1)
	g.on(func(number int, w http.ResponseWriter, r *http.Request, forward http.Handler) {
		if number == 1 {
			forward.ServeHTTP(httptest.NewRecorder(), r)
			(<-process)()
			return
		}
		_, _ = io.Copy(io.Discard, r.Body) // as long as it is unread a broken connection is not noticed
		<-r.Context().Done()               // the others do not reach the server
	})
	cmd := sendProcess(t, g.URL, file)
	process <- func() { _ = cmd.Process.Kill() }
	_ = cmd.Wait()
	g.on(nil)
	backdate(t, file, 73*time.Hour)
	if exit, stdout, stderr := sendCommand(t, g.URL, file); exit != 1 || !strings.Contains(stdout, "6000 of 6000 events are done") {
		t.Fatalf("exit %d: %s%s", exit, stdout, stderr)
	}
	counts, doubtful := s.CountStored(t), map[string]bool{}
	for _, line := range rejectedOf(t, file) {
		if strings.Contains(line.ErrorDescription, "May Have Been Stored Already") {
			doubtful[fmt.Sprint(line.Event[apitest.Mark])] = true
		}
	}
	if len(doubtful) != 2_000 {
		t.Errorf("%d events are doubtful, not those of 4 calls without a reference", len(doubtful))
	}
	for i := range events {
		name := fmt.Sprint(i)
		switch times := counts[name]; {
		case bad(i) && times != 0, times > 1, times == 0 && !bad(i) && !doubtful[name], doubtful[name] && referenced(i):
			t.Errorf("event %d is stored %d times, doubtful: %t", i, times, doubtful[name])
		}
	}
}
