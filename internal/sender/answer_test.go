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

// answered is an answer about three events, with the lists and counts given.
func answered(processed, unprocessed string, received, done, replayed, left int) string {
	return fmt.Sprintf(`{"data":{"createWebCustomerEvents":{"processedCustomerEventsSet":%s,"unprocessedCustomerEventsSet":%s,"summary":{"received":%d,"processed":%d,"replayed":%d,"unprocessed":%d}}}}`,
		processed, unprocessed, received, done, replayed, left)
}

// An answer that cannot be true is an error, and nothing of the call counts as done; the same command goes on.
func TestSend_ImpossibleAnswers(t *testing.T) {
	t.Parallel()
	row := func(index, name string) string {
		return `{"index":` + index + `,"requestUniqueIdentifier":` + name + `,"errorCode":"NotFoundAPIValueException","errorDescription":"d","retryable":false,"problems":[]}`
	}
	const ok = `[{"index":0,"requestUniqueIdentifier":"line 1"},{"index":2,"requestUniqueIdentifier":"line 3"}]`
	good := answered(ok, "["+row("1", `"line 2"`)+"]", 3, 2, 1, 1)
	for name, c := range map[string]struct{ text, want string }{
		"replayed is negative":       {answered(ok, "["+row("1", `"line 2"`)+"]", 3, 2, -7, 1), "counts -7 replayed"},
		"more replayed than done":    {answered(ok, "["+row("1", `"line 2"`)+"]", 3, 2, 3, 1), "counts 3 replayed"},
		"processed is negative":      {answered(`[]`, "["+row("0", "null")+","+row("1", "null")+","+row("2", "null")+"]", 3, -1, 0, 4), "counts 3 received, -1 processed"},
		"the counts do not add up":   {answered(ok, "["+row("1", `"line 2"`)+"]", 3, 3, 0, 1), "counts 3 received, 3 processed"},
		"another count received":     {answered(ok, "["+row("1", `"line 2"`)+"]", 2, 2, 0, 1), "counts 2 received"},
		"fewer are listed":           {answered(ok, "[]", 3, 2, 0, 1), "lists 0"},
		"fewer processed are listed": {answered(`[]`, "["+row("1", `"line 2"`)+"]", 3, 2, 0, 1), "counts 2 processed events, and lists 0"},
		"an index below":             {answered(ok, "["+row("-1", `"line 2"`)+"]", 3, 2, 0, 1), "the event -1 of 3"},
		"an index beyond":            {answered(ok, "["+row("3", `"line 2"`)+"]", 3, 2, 0, 1), "the event 3 of 3"},
		"an index is missing":        {answered(ok, "["+row("null", `"line 2"`)+"]", 3, 2, 0, 1), "without its index"},
		"an index twice":             {answered(`[{"index":0}]`, "["+row("1", "null")+","+row("1", "null")+"]", 3, 1, 0, 2), "names it twice"},
		"an event in both lists":     {answered(ok, "["+row("0", "null")+"]", 3, 2, 0, 1), "names it twice"},
		"an unknown name":            {answered(ok, "["+row("1", `"line 7"`)+"]", 3, 2, 0, 1), "the event of line 2 a requestUniqueIdentifier that is not its own"},
		"names exchanged":            {answered(strings.NewReplacer("line 1", "line 3", "line 3", "line 1").Replace(ok), "["+row("1", `"line 2"`)+"]", 3, 2, 0, 1), "the event of line 1"},
		"no code":                    {answered(ok, `[{"index":1}]`, 3, 2, 0, 1), "does not say why"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &script{say: func(int, int) (int, http.Header, string) { return http.StatusOK, nil, c.text }}
				path := filepath.Join(t.TempDir(), "x.ndjson")
				if err := os.WriteFile(path, []byte("{}\n{}\n{}\n"), 0o600); err != nil {
					t.Fatal(err)
				}
				options := Options{File: path, Server: "http://server/graphql", Username: "u", Password: "p", RetryTimeout: time.Minute, transport: s}
				result, err := Send(t.Context(), options)
				if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "is it a server of customer events?") || result.Done != 0 || len(s.calls) != 1 {
					t.Errorf("%+v after %d calls, %v", result, len(s.calls), err)
				}
				if _, err := os.Stat(path + ".rejected.ndjson"); err == nil {
					t.Error("events count as rejected")
				}
				s.say = func(int, int) (int, http.Header, string) { return http.StatusOK, nil, good }
				result, err = Send(t.Context(), options)
				if want := (Result{Events: 3, Done: 3, Processed: 2, Replayed: 1, Rejected: 1}); err != nil || result != want {
					t.Errorf("a good answer: %+v, %v", result, err)
				}
				if s.calls[0] != s.calls[1] {
					t.Errorf("the call came back as another:\n%s\n%s", s.calls[0], s.calls[1])
				}
			})
		})
	}
}

// An answer that is longer than any true one ends the sending, after a shorter one was asked for under the same key.
func TestSend_LongAnswers(t *testing.T) {
	t.Parallel()
	var most uint64
	s := &script{}
	long := strings.Repeat(" ", 100<<20)
	s.say = func(call, events int) (int, http.Header, string) {
		var now runtime.MemStats
		runtime.ReadMemStats(&now)
		most = max(most, now.HeapAlloc)
		return http.StatusOK, nil, long
	}
	result, _, err := sendScript(t, s, 1000)
	if err == nil || !strings.Contains(err.Error(), "the answer is too long: it has more than 16449536 bytes for 1000 events") || result.Done != 0 || len(s.calls) != 2 {
		t.Errorf("%+v after %d calls, %v", result, len(s.calls), err)
	}
	if strings.Contains(s.calls[1], "problems") || !strings.Contains(s.calls[0], "problems") || s.calls[0][:64] != s.calls[1][:64] {
		t.Error("not the same call with a shorter answer")
	}
	if most > 300<<20 {
		t.Errorf("%d MiB are in use", most>>20)
	}
	s.say = func(call, events int) (int, http.Header, string) {
		if strings.Contains(s.calls[len(s.calls)-1], "problems") {
			return http.StatusOK, nil, long
		}
		return http.StatusOK, nil, said(events, 1)
	}
	if result, _, err = sendScript(t, s, 1000); err != nil || result.Processed != 999 || result.Rejected != 1 {
		t.Errorf("%+v, %v", result, err)
	}
}

// silent never answers a call.
type silent struct{ script }

func (s *silent) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Header.Get("Idempotency-Key") == "" {
		return s.script.RoundTrip(r)
	}
	<-r.Context().Done()
	return nil, r.Context().Err()
}

// A server that is silent holds up the end of a run for no more than 10 seconds, and the state says what may have been stored.
func TestSend_EndsInTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "x.ndjson")
		if err := os.WriteFile(path, []byte(strings.Repeat("{}\n", 2500)), 0o600); err != nil {
			t.Fatal(err)
		}
		options := Options{File: path, Server: "http://server/graphql", Username: "u", Password: "p", RetryTimeout: time.Hour, transport: &silent{}}
		ctx, end := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, end)
		start := time.Now()
		result, err := Send(ctx, options)
		if took := time.Since(start); err == nil || !strings.Contains(err.Error(), "interrupted: 0 of 2500 events are done") || result.Done != 0 || took > 10*time.Second {
			t.Errorf("%+v after %s: %v", result, took, err)
		}
		if text, err := os.ReadFile(path + ".sent"); err != nil || !strings.Contains(string(text), "underWaySince") {
			t.Errorf("the state: %s (%v)", text, err)
		}
		s := &script{say: func(_, events int) (int, http.Header, string) { return http.StatusOK, nil, said(events, 0) }}
		options.transport = s
		if result, err := Send(t.Context(), options); err != nil || result.Processed != 2500 {
			t.Errorf("going on: %+v, %v", result, err)
		}
	})
}
