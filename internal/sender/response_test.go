package sender

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// responseFor returns a response with the given lists and counts.
func responseFor(processed, unprocessed string, received, done, replayed, left int) string {
	return fmt.Sprintf(`{"data":{"createWebCustomerEvents":{"processedCustomerEventsSet":%s,`+
		`"unprocessedCustomerEventsSet":%s,`+
		`"summary":{"received":%d,"processed":%d,"replayed":%d,"unprocessed":%d}}}}`,
		processed, unprocessed, received, done, replayed, left)
}

// After an inconsistent response, no event of the call counts as done, and the same command continues.
func TestSend_InconsistentResponses(t *testing.T) {
	t.Parallel()
	row := func(index, name string) string {
		return `{"index":` + index + `,"requestUniqueIdentifier":` + name +
			`,"errorCode":"NotFoundAPIValueException",` +
			`"errorDescription":"d","retryable":false,"problems":[]}`
	}
	const ok = `[{"index":0,"requestUniqueIdentifier":"line 1"},` +
		`{"index":2,"requestUniqueIdentifier":"line 3"}]`
	good := responseFor(ok, "["+row("1", `"line 2"`)+"]", 3, 2, 1, 1)
	for name, c := range map[string]struct{ text, want string }{
		"replayed is negative": {
			responseFor(ok, "["+row("1", `"line 2"`)+"]", 3, 2, -7, 1),
			"counts -7 replayed",
		},
		"more replayed than done": {
			responseFor(ok, "["+row("1", `"line 2"`)+"]", 3, 2, 3, 1),
			"counts 3 replayed",
		},
		"processed is negative": {
			responseFor(`[]`, "["+row("0", "null")+","+row("1", "null")+","+row("2", "null")+"]", 3, -1, 0,
				4),
			"counts 3 received, -1 processed",
		},
		"the counts do not add up": {
			responseFor(ok, "["+row("1", `"line 2"`)+"]", 3, 3, 0, 1),
			"counts 3 received, 3 processed",
		},
		"another count received": {
			responseFor(ok, "["+row("1", `"line 2"`)+"]", 2, 2, 0, 1),
			"counts 2 received",
		},
		"fewer are listed": {responseFor(ok, "[]", 3, 2, 0, 1), "lists 0"},
		"fewer processed are listed": {
			responseFor(`[]`, "["+row("1", `"line 2"`)+"]", 3, 2, 0, 1),
			"counts 2 processed events, and lists 0",
		},
		"an index below": {
			responseFor(ok, "["+row("-1", `"line 2"`)+"]", 3, 2, 0, 1),
			"the event -1 of 3",
		},
		"an index beyond": {
			responseFor(ok, "["+row("3", `"line 2"`)+"]", 3, 2, 0, 1),
			"the event 3 of 3",
		},
		"an index is missing": {
			responseFor(ok, "["+row("null", `"line 2"`)+"]", 3, 2, 0, 1),
			"without its index",
		},
		"an index twice": {
			responseFor(`[{"index":0}]`, "["+row("1", "null")+","+row("1", "null")+"]", 3, 1, 0, 2),
			"names it twice",
		},
		"an event in both lists": {responseFor(ok, "["+row("0", "null")+"]", 3, 2, 0, 1), "names it twice"},
		"an unknown name": {
			responseFor(ok, "["+row("1", `"line 7"`)+"]", 3, 2, 0, 1),
			"the event of line 2 a requestUniqueIdentifier that is not its own",
		},
		"names exchanged": {
			responseFor(strings.NewReplacer("line 1", "line 3", "line 3", "line 1").Replace(ok),
				"["+row("1", `"line 2"`)+"]", 3, 2, 0, 1),
			"the event of line 1",
		},
		"no code": {responseFor(ok, `[{"index":1}]`, 3, 2, 0, 1), "does not say why"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &script{respond: func(int, int) (int, http.Header, string) {
					return http.StatusOK, nil,
						c.text
				}}
				path := filepath.Join(t.TempDir(), "x.ndjson")
				if err := os.WriteFile(path, []byte("{}\n{}\n{}\n"), 0o600); err != nil {
					t.Fatal(err)
				}
				options := Options{
					File:         path,
					Server:       "http://server/graphql",
					Username:     "u",
					Password:     "p",
					RetryTimeout: time.Minute,
					transport:    s,
				}
				result, err := Send(t.Context(), options)
				if err == nil || !strings.Contains(err.Error(), c.want) ||
					!strings.Contains(err.Error(), "is it a server of customer events?") ||
					result.Done != 0 || len(s.calls) != 1 {
					t.Errorf("%+v after %d calls, %v", result, len(s.calls), err)
				}
				if _, err := os.Stat(path + ".rejected.ndjson"); err == nil {
					t.Error("events count as rejected")
				}
				s.respond = func(int, int) (int, http.Header, string) { return http.StatusOK, nil, good }
				result, err = Send(t.Context(), options)
				if want := (Result{
					Events:    3,
					Done:      3,
					Processed: 2,
					Replayed:  1,
					Rejected:  1,
				}); err != nil || result != want {
					t.Errorf("a valid response: %+v, %v", result, err)
				}
				if s.calls[0] != s.calls[1] {
					t.Errorf("the repeated call differs:\n%s\n%s", s.calls[0], s.calls[1])
				}
			})
		})
	}
}

// A response that is longer than any valid one ends the run, after a request with the same key for a shorter
// response.
func TestSend_LongResponses(t *testing.T) {
	t.Parallel()
	var peak uint64
	s := &script{}
	long := strings.Repeat(" ", 100<<20)
	s.respond = func(call, events int) (int, http.Header, string) {
		var now runtime.MemStats
		runtime.ReadMemStats(&now)
		peak = max(peak, now.HeapAlloc)
		return http.StatusOK, nil, long
	}
	result, _, err := sendScript(t, s, 1000)
	if err == nil || !strings.Contains(err.Error(), "the answer is too long: it has more than 16449536 "+
		"bytes for 1000 events") || result.Done != 0 || len(s.calls) != 2 {
		t.Errorf("%+v after %d calls, %v", result, len(s.calls), err)
	}
	if strings.Contains(s.calls[1], "problems") || !strings.Contains(s.calls[0], "problems") ||
		s.calls[0][:64] != s.calls[1][:64] {
		t.Error("not the same call with a shorter response")
	}
	if peak > 300<<20 {
		t.Errorf("%d MiB are in use", peak>>20)
	}
	s.respond = func(call, events int) (int, http.Header, string) {
		if strings.Contains(s.calls[len(s.calls)-1], "problems") {
			return http.StatusOK, nil, long
		}
		return http.StatusOK, nil, responseWith(events, 1)
	}
	if result, _, err = sendScript(t, s, 1000); err != nil || result.Processed != 999 ||
		result.Rejected != 1 {
		t.Errorf("%+v, %v", result, err)
	}
}

// silent never responds to a call.
type silent struct{ script }

func (s *silent) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Header.Get("Idempotency-Key") == "" {
		return s.script.RoundTrip(r)
	}
	<-r.Context().Done()
	return nil, r.Context().Err()
}

// A server that does not respond delays the end of a run by at most 10 seconds. The state records which
// events may have been stored.
func TestSend_SilentServer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "x.ndjson")
		if err := os.WriteFile(path, []byte(strings.Repeat("{}\n", 2500)), 0o600); err != nil {
			t.Fatal(err)
		}
		options := Options{
			File:         path,
			Server:       "http://server/graphql",
			Username:     "u",
			Password:     "p",
			RetryTimeout: time.Hour,
			transport:    &silent{},
		}
		ctx, end := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, end)
		start := time.Now()
		result, err := Send(ctx, options)
		if took := time.Since(start); err == nil ||
			!strings.Contains(err.Error(), "interrupted: 0 of 2500 events are done") || result.Done != 0 ||
			took > 10*time.Second {
			t.Errorf("%+v after %s: %v", result, took, err)
		}
		if text, err := os.ReadFile(path + ".sent"); err != nil ||
			!strings.Contains(string(text), "underWaySince") {
			t.Errorf("the state: %s (%v)", text, err)
		}
		s := &script{respond: func(_, events int) (int, http.Header, string) {
			return http.StatusOK, nil,
				responseWith(events, 0)
		}}
		options.transport = s
		if result, err := Send(t.Context(), options); err != nil || result.Processed != 2500 {
			t.Errorf("the next run: %+v, %v", result, err)
		}
	})
}
