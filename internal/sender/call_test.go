package sender

import (
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// A retryable event is rejected with its code, and its call is not sent again.
func TestSend_RetryableEventsAreNotSentAgain(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ events, later, calls, rejected int }{
		"none":      {2, 0, 1, 0},
		"some":      {3, 2, 1, 2},
		"all":       {2, 2, 1, 2},
		"all calls": {8000, 1, 8, 8},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &script{}
				s.respond = func(_, events int) (int, http.Header, string) {
					return http.StatusOK, nil, responseWith(events, c.later)
				}
				start := time.Now()
				result, _, err := sendScript(t, s, c.events)
				if want := (Result{
					Events:    c.events,
					Done:      c.events,
					Processed: c.events - c.rejected,
					Rejected:  c.rejected,
				}); err != nil || result != want || len(s.calls) != c.calls {
					t.Errorf("%+v after %d calls, %v", result, len(s.calls), err)
				}
				if took := time.Since(start); took != 0 {
					t.Errorf("it waits %s", took)
				}
			})
		})
	}
}

func TestSend_ServerErrors(t *testing.T) {
	t.Parallel()
	fault := func(code string) string {
		return `{"errors":[{"message":"not\u001b now","extensions":{"code":"` + code + `"}}]}`
	}
	for name, c := range map[string]struct {
		status, failing int
		header, text    string
		want            string // of the error
		least, limit    time.Duration
	}{
		"network": {0, 5, "", "broken", "", 0, time.Minute},
		"in use":  {409, 3, "1", fault("IDEMPOTENCY_KEY_IN_USE"), "", 3 * time.Second, 10 * time.Second},
		"limited": {429, 2, "60", fault("RATE_LIMITED"), "", 2 * time.Minute, 3 * time.Minute},
		"unknown": {503, 1, "2", fault("OUTCOME_UNKNOWN"), "", 2 * time.Second, 4 * time.Second},
		"a proxy": {502, 2, "", "<html>", "", 0, 4 * time.Second},
		"permanent": {
			503,
			9999,
			"2",
			fault("UNAVAILABLE"),
			"the server answers UNAVAILABLE: not now (given up after 10 min, see --patience)",
			9 * time.Minute,
			10 * time.Minute,
		},
		"a long wait": {429, 9999, "86400", fault("RATE_LIMITED"), "given up after", 0, 0},
		"reused": {
			422,
			9999,
			"",
			fault("IDEMPOTENCY_KEY_REUSED"),
			"the events from line 1 on: the server answers IDEMPOTENCY_KEY_REUSED: not now: 0 of 2 events " +
				"are done, the same command goes on from there",
			0,
			0,
		},
		"moved":       {301, 9999, "", "", "status 301: that is not GraphQL", 0, 0},
		"not GraphQL": {200, 9999, "", "<html>", "that is not GraphQL", 0, 0},
		"miscounted":  {200, 9999, "", responseWith(1, 0), "but the answer counts 1 received", 0, 0},
		"nothing": {
			200,
			9999,
			"",
			`{"data":{"createWebCustomerEvents":null}}`,
			"the response has no result for the events",
			0,
			0,
		},
		"too far": {
			200,
			9999,
			"",
			strings.ReplaceAll(responseWith(2, 1), `"index":0`, `"index":2`),
			"the event 2 of 2",
			0,
			0,
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &script{}
				s.respond = func(call, events int) (int, http.Header, string) {
					if call > c.failing {
						return http.StatusOK, nil, responseWith(events, 0)
					}
					return c.status, http.Header{"Retry-After": {c.header}}, c.text
				}
				start := time.Now()
				result, report, err := sendScript(t, s, 2)
				switch {
				case c.want == "" && (err != nil || result.Processed != 2 ||
					!strings.Contains(report, "trying again")):
					t.Errorf("%+v, %v: %s", result, err, report)
				case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
					t.Errorf("%v", err)
				}
				if took := time.Since(start); took < c.least || took > c.limit {
					t.Errorf("it took %s", took)
				}
			})
		})
	}
}

// A progress bar shows the progress, the speed and the remaining time. A report of a wait is on a line of
// its own.
func TestSend_Progress(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &script{}
		s.respond = func(call, events int) (int, http.Header, string) {
			if call == 3 {
				return http.StatusServiceUnavailable, http.Header{"Retry-After": {"30"}}, ""
			}
			time.Sleep(time.Second)
			return http.StatusOK, nil, responseWith(events, 0)
		}
		path := filepath.Join(t.TempDir(), "x.ndjson")
		if err := os.WriteFile(path, []byte(strings.Repeat("{}\n", 6000)), 0o600); err != nil {
			t.Fatal(err)
		}
		var screen strings.Builder
		if _, err := Send(t.Context(), Options{
			File:         path,
			Server:       "http://server/graphql",
			Username:     "u",
			Password:     "p",
			RetryTimeout: time.Minute,
			Report:       &screen,
			Progress:     &screen,
			transport:    s,
		}); err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{"events  ", "100%", "(6000/6000, ", " events/s)"} {
			if !strings.Contains(screen.String(), want) {
				t.Errorf("%q is not shown:\n%q", want, screen.String())
			}
		}
		if !regexp.MustCompile(` events/s\) \[\d+s:\d+s\]`).MatchString(screen.String()) {
			t.Errorf("the time left is not shown:\n%q", screen.String())
		}
		wait := regexp.MustCompile(`(?m)(?:^|\r)sending 1000 events from line \d+ on: ` +
			`.* trying again, for at most 1 min$`)
		if !wait.MatchString(screen.String()) {
			t.Errorf("the wait is not reported on a line of its own:\n%q", screen.String())
		}
	})
}

// A call's key depends only on its events and its first line. So the key is the same in another run, for
// another file name, and in a file that has grown.
func TestCall_Key(t *testing.T) {
	t.Parallel()
	key := func(line int, events ...string) string {
		c := &call{}
		for i, event := range events {
			c.add(&row{line: line + i, event: []byte(event)})
		}
		_, key, _ := c.body(createQuery.full)
		return key
	}
	const a, b = `{"requestUniqueIdentifier":"a"}`, `{"requestUniqueIdentifier":"b"}`
	if first, again := key(1, a, b), key(1, a, b); first != again || len(first) > 255 {
		t.Error("the same call has another key, or one that is too long")
	}
	seen := map[string]string{}
	for name, k := range map[string]string{
		"ab":      key(1, a, b),
		"ba":      key(1, b, a),
		"a":       key(1, a),
		"later":   key(2, a, b),
		"unnamed": key(1, `{}`, b),
	} {
		if other, twice := seen[k]; twice {
			t.Errorf("%s and %s share a key", name, other)
		}
		seen[k] = name
	}
}
