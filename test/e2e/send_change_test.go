package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"

	"customer-events/internal/store/storetest"
	"customer-events/test/apitest"
)

// eventLines returns n events as NDJSON, marked with the numbers from from on.
func eventLines(t *testing.T, from, n int) []byte {
	t.Helper()
	var text bytes.Buffer
	for i := from; i < from+n; i++ {
		err := json.NewEncoder(&text).Encode(apitest.Event("", apitest.Object{
			"requestUniqueIdentifier": nil,
			apitest.MarkField:         fmt.Sprint(i),
		}))
		if err != nil {
			t.Fatal(err)
		}
	}
	return text.Bytes()
}

func appendFile(t *testing.T, file string, text []byte) {
	t.Helper()
	to, err := os.OpenFile(file, os.O_WRONLY|os.O_APPEND, 0)
	if err == nil {
		_, err = to.Write(text)
	}
	if err == nil {
		err = to.Close()
	}
	if err != nil {
		t.Error(err)
	}
}

// mustBeStoredOnce checks that the events marked 0 to n-1 are stored once each, and no others.
func mustBeStoredOnce(t *testing.T, s *apitest.Server, n int) {
	t.Helper()
	counts := s.CountStored(t)
	for i := range n {
		if counts[fmt.Sprint(i)] != 1 {
			t.Errorf("event %d is stored %d times", i, counts[fmt.Sprint(i)])
		}
	}
	if len(counts) != n {
		t.Errorf("%d events are stored, want %d", len(counts), n)
	}
}

// TestSend_FileGrows appends to the file during sending. The counted events are sent, even if the sender
// is killed in between. The rest is stored once if the user follows the advice.
func TestSend_FileGrows(t *testing.T) {
	t.Parallel()
	for name, killed := range map[string]bool{"in one run": false, "killed": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := apitest.ServeDemo(t, storetest.SQLite(t))
			const first, added = 5_500, 1_900
			file, g := tempFile(t, "events.ndjson", eventLines(t, 0, first)), proxyTo(t, s)
			process := make(chan func(), 1)
			g.onCall(func(number int, w http.ResponseWriter, r *http.Request, forward http.Handler) {
				switch {
				case number == 2:
					appendFile(t, file, eventLines(t, first, added))
				case number == 5 && killed:
					(<-process)()
				}
				forward.ServeHTTP(w, r)
			})
			if killed {
				cmd := sendProcess(t, g.URL, file)
				process <- func() { _ = cmd.Process.Kill() }
				_ = cmd.Wait()
			}
			counted := fmt.Sprintf("%d of %d events are done: %d processed", first, first, first)
			for _, want := range []string{"", "has been sent already"} {
				exit, stdout, stderr := sendCommand(t, g.URL, file)
				if exit != 0 || !strings.Contains(stdout, counted) ||
					!strings.Contains(stderr, "has grown since it was begun to be sent") ||
					!strings.Contains(stderr, want) || strings.Contains(stderr, "delete") {
					t.Errorf("exit %d: %s%s", exit, stdout, stderr)
				}
				mustBeStoredOnce(t, s, first)
			}
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			_, stdout, stderr := sendCommand(t, g.URL, file)
			var from int
			if _, after, ok := strings.Cut(stderr, "tail -c +"); !ok {
				t.Fatalf("no advice: %s%s", stdout, stderr)
			} else if _, err := fmt.Sscan(after, &from); err != nil {
				t.Fatal(err)
			}
			rest := tempFile(t, "rest.ndjson", text[from-1:])
			if exit, stdout, stderr := sendCommand(t, g.URL, rest); exit != 0 ||
				!strings.Contains(stdout, fmt.Sprintf("%d of %d events", added, added)) {
				t.Errorf("the rest: exit %d: %s%s", exit, stdout, stderr)
			}
			mustBeStoredOnce(t, s, first+added)
			// The restored file has the same state.
			if err := os.Truncate(file, int64(from-1)); err != nil {
				t.Fatal(err)
			}
			if exit, stdout, stderr := sendCommand(t, g.URL, file); exit != 0 ||
				!strings.Contains(stdout, counted) || strings.Contains(stderr, "grown") {
				t.Errorf("restored: exit %d: %s%s", exit, stdout, stderr)
			}
			mustBeStoredOnce(t, s, first+added)
		})
	}
}

// TestSend_FileIsReplaced replaces the file during sending. The old content is sent; the new file is not
// sent with the old one's state.
func TestSend_FileIsReplaced(t *testing.T) {
	t.Parallel()
	s := apitest.ServeDemo(t, storetest.SQLite(t))
	const events = 5_500
	file, g := tempFile(t, "events.ndjson", eventLines(t, 0, events)), proxyTo(t, s)
	other := tempFile(t, "other.ndjson", eventLines(t, 100_000, events))
	g.onCall(func(number int, w http.ResponseWriter, r *http.Request, forward http.Handler) {
		if number == 1 {
			if err := os.Rename(other, file); err != nil {
				t.Error(err)
			}
		}
		forward.ServeHTTP(w, r)
	})
	if exit, stdout, stderr := sendCommand(t, g.URL, file); exit != 0 ||
		!strings.Contains(stdout, "5500 of 5500 events are done") ||
		!strings.Contains(stderr, "has been replaced") {
		t.Errorf("exit %d: %s%s", exit, stdout, stderr)
	}
	mustBeStoredOnce(t, s, events)
	exit, stdout, stderr := sendCommand(t, g.URL, file)
	if exit != 3 || !strings.Contains(stderr, "has been changed since") {
		t.Errorf("the other file: exit %d: %s%s", exit, stdout, stderr)
	}
	mustBeStoredOnce(t, s, events)
}

// TestSend_FileIsCutOrEdited changes the file in place during sending. The sender stops before it sends
// any changed row, and resumes once the file is restored.
func TestSend_FileIsCutOrEdited(t *testing.T) {
	t.Parallel()
	const events = 9_500
	for name, change := range map[string]func(text []byte) []byte{
		"cut in a row": func(text []byte) []byte { return text[:len(text)-20] },
		"cut between rows": func(text []byte) []byte {
			return text[:bytes.LastIndexByte(text[:len(text)-1],
				'\n')+1]
		},
		"cut to the middle": func(text []byte) []byte { return text[:len(text)/2+7] },
		"emptied":           func([]byte) []byte { return nil },
		"edited": func(text []byte) []byte {
			return bytes.Replace(text, []byte(`"9400"`), []byte(`"SECRET"`), 1)
		},
	} {
		for _, kind := range []string{"ndjson", "csv"} {
			t.Run(name+" "+kind, func(t *testing.T) {
				t.Parallel()
				s := apitest.ServeDemo(t, storetest.SQLite(t))
				text := eventLines(t, 0, events)
				if kind == "csv" {
					text = []byte("accountsReceivableIdentifier.number,performedByUnitIdentifier.name," +
						"performedOn,website," + apitest.MarkField + "\n")
					for i := range events {
						text = fmt.Appendf(text,
							"ACR0000000020,Admin Unit,2016-06-22T15:00:00,www.crm.com,\"%d\"\n", i)
					}
				}
				file, g := tempFile(t, "events."+kind, text), proxyTo(t, s)
				g.onCall(func(number int, w http.ResponseWriter, r *http.Request, forward http.Handler) {
					if number == 1 {
						if err := os.WriteFile(file, change(text), 0o600); err != nil {
							t.Error(err)
						}
					}
					forward.ServeHTTP(w, r)
				})
				exit, stdout, stderr := sendCommand(t, g.URL, file)
				if exit != 3 || !strings.Contains(stderr, "was changed while it was being sent") ||
					strings.Contains(stdout, "9500 of 9500") {
					t.Errorf("exit %d: %s%s", exit, stdout, stderr)
				}
				for name, times := range s.CountStored(t) {
					if times != 1 || name == "SECRET" {
						t.Errorf("%s is stored %d times", name, times)
					}
				}
				if exit, _, stderr := sendCommand(t, g.URL, file); exit != 3 ||
					!strings.Contains(stderr, "has been changed since") {
					t.Errorf("again: exit %d: %s", exit, stderr)
				}
				if err := os.WriteFile(file, text, 0o600); err != nil {
					t.Fatal(err)
				}
				if exit, stdout, stderr := sendCommand(t, g.URL, file); exit != 0 ||
					!strings.Contains(stdout,
						"9500 of 9500 events are done: 9500 processed (none of them a replay") {
					t.Errorf("restored: exit %d: %s%s", exit, stdout, stderr)
				}
				if _, err := os.Stat(file + ".rejected.ndjson"); err == nil {
					t.Error("events were rejected")
				}
				mustBeStoredOnce(t, s, events)
			})
		}
	}
}

// TestSend_RowIsBeingWritten does not send half of a row that is still being written.
func TestSend_RowIsBeingWritten(t *testing.T) {
	t.Parallel()
	s := apitest.ServeDemo(t, storetest.SQLite(t))
	text := eventLines(t, 0, 3)
	// without a line end after the last row
	file, g := tempFile(t, "events.ndjson", text[:len(text)-1]), proxyTo(t, s)
	g.onCall(func(number int, w http.ResponseWriter, r *http.Request, forward http.Handler) {
		appendFile(t, file, []byte(" "))
		forward.ServeHTTP(w, r)
	})
	exit, stdout, stderr := sendCommand(t, g.URL, file)
	if exit != 0 || !strings.Contains(stderr, "the last row had no end yet") {
		t.Errorf("exit %d: %s%s", exit, stdout, stderr)
	}
	mustBeStoredOnce(t, s, 3)
}
