package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"customer-events/internal/store/storetest"
	"customer-events/test/apitest"
)

// more is the text of n events marked from a number on.
func more(t *testing.T, from, n int) []byte {
	t.Helper()
	var text bytes.Buffer
	for i := from; i < from+n; i++ {
		if err := json.NewEncoder(&text).Encode(apitest.Event("", apitest.Object{"requestUniqueIdentifier": nil, apitest.Mark: fmt.Sprint(i)})); err != nil {
			t.Fatal(err)
		}
	}
	return text.Bytes()
}

func appendTo(t *testing.T, file string, text []byte) {
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

// mustHave checks that the events marked 0 to n-1 are stored once each, and no other.
func mustHave(t *testing.T, s *apitest.Server, n int) {
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

// A program appends to the file while it is sent: what was counted is sent, also when the sender was killed in between, and the
// rest is stored once if the advice is followed.
func TestSend_FileGrows(t *testing.T) {
	t.Parallel()
	for name, killed := range map[string]bool{"in one run": false, "killed": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := apitest.ServeDemo(t, storetest.SQLite(t))
			const first, added = 5_500, 1_900
			file, g := written(t, "events.ndjson", more(t, 0, first)), bridgeTo(t, s)
			process := make(chan func(), 1)
			g.on(func(number int, w http.ResponseWriter, r *http.Request, forward http.Handler) {
				switch {
				case number == 2:
					appendTo(t, file, more(t, first, added))
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
				if exit != 0 || !strings.Contains(stdout, counted) || !strings.Contains(stderr, "has grown since it was begun to be sent") || !strings.Contains(stderr, want) || strings.Contains(stderr, "delete") {
					t.Errorf("exit %d: %s%s", exit, stdout, stderr)
				}
				mustHave(t, s, first)
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
			rest := written(t, "rest.ndjson", text[from-1:])
			if exit, stdout, stderr := sendCommand(t, g.URL, rest); exit != 0 || !strings.Contains(stdout, fmt.Sprintf("%d of %d events", added, added)) {
				t.Errorf("the rest: exit %d: %s%s", exit, stdout, stderr)
			}
			mustHave(t, s, first+added)
			// Once restored it has the same state.
			if err := os.Truncate(file, int64(from-1)); err != nil {
				t.Fatal(err)
			}
			if exit, stdout, stderr := sendCommand(t, g.URL, file); exit != 0 || !strings.Contains(stdout, counted) || strings.Contains(stderr, "grown") {
				t.Errorf("restored: exit %d: %s%s", exit, stdout, stderr)
			}
			mustHave(t, s, first+added)
		})
	}
}

// A file that is replaced while it is sent is sent as it was; the one that has its name then is not sent under its state.
func TestSend_FileIsReplaced(t *testing.T) {
	t.Parallel()
	s := apitest.ServeDemo(t, storetest.SQLite(t))
	const events = 5_500
	file, g := written(t, "events.ndjson", more(t, 0, events)), bridgeTo(t, s)
	other := written(t, "other.ndjson", more(t, 100_000, events))
	g.on(func(number int, w http.ResponseWriter, r *http.Request, forward http.Handler) {
		if number == 1 {
			if err := os.Rename(other, file); err != nil {
				t.Error(err)
			}
		}
		forward.ServeHTTP(w, r)
	})
	if exit, stdout, stderr := sendCommand(t, g.URL, file); exit != 0 || !strings.Contains(stdout, "5500 of 5500 events are done") || !strings.Contains(stderr, "has been replaced") {
		t.Errorf("exit %d: %s%s", exit, stdout, stderr)
	}
	mustHave(t, s, events)
	if exit, stdout, stderr := sendCommand(t, g.URL, file); exit != 3 || !strings.Contains(stderr, "has been changed since") {
		t.Errorf("the other file: exit %d: %s%s", exit, stdout, stderr)
	}
	mustHave(t, s, events)
}

// A file that is cut or edited in place while it is sent ends the sending before anything of the change is sent; once it is as it
// was, sending goes on.
func TestSend_FileIsCutOrEdited(t *testing.T) {
	t.Parallel()
	const events = 9_500
	for name, change := range map[string]func(text []byte) []byte{
		"cut in a row":      func(text []byte) []byte { return text[:len(text)-20] },
		"cut between rows":  func(text []byte) []byte { return text[:bytes.LastIndexByte(text[:len(text)-1], '\n')+1] },
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
				text := more(t, 0, events)
				if kind == "csv" {
					text = []byte("accountsReceivableIdentifier.number,performedByUnitIdentifier.name,performedOn,website," + apitest.Mark + "\n")
					for i := range events {
						text = fmt.Appendf(text, "ACR0000000020,Admin Unit,2016-06-22T15:00:00,www.crm.com,\"%d\"\n", i)
					}
				}
				file, g := written(t, "events."+kind, text), bridgeTo(t, s)
				g.on(func(number int, w http.ResponseWriter, r *http.Request, forward http.Handler) {
					if number == 1 {
						if err := os.WriteFile(file, change(text), 0o600); err != nil {
							t.Error(err)
						}
					}
					forward.ServeHTTP(w, r)
				})
				exit, stdout, stderr := sendCommand(t, g.URL, file)
				if exit != 3 || !strings.Contains(stderr, "was changed while it was being sent") || strings.Contains(stdout, "9500 of 9500") {
					t.Errorf("exit %d: %s%s", exit, stdout, stderr)
				}
				for name, times := range s.CountStored(t) {
					if times != 1 || name == "SECRET" {
						t.Errorf("%s is stored %d times", name, times)
					}
				}
				if exit, _, stderr := sendCommand(t, g.URL, file); exit != 3 || !strings.Contains(stderr, "has been changed since") {
					t.Errorf("again: exit %d: %s", exit, stderr)
				}
				if err := os.WriteFile(file, text, 0o600); err != nil {
					t.Fatal(err)
				}
				if exit, stdout, stderr := sendCommand(t, g.URL, file); exit != 0 || !strings.Contains(stdout, "9500 of 9500 events are done: 9500 processed (none of them a replay") {
					t.Errorf("restored: exit %d: %s%s", exit, stdout, stderr)
				}
				if _, err := os.Stat(file + ".rejected.ndjson"); err == nil {
					t.Error("events were rejected")
				}
				mustHave(t, s, events)
			})
		}
	}
}

// A row that is still being written is not sent half.
func TestSend_RowIsBeingWritten(t *testing.T) {
	t.Parallel()
	s := apitest.ServeDemo(t, storetest.SQLite(t))
	text := more(t, 0, 3)
	file, g := written(t, "events.ndjson", text[:len(text)-1]), bridgeTo(t, s) // no line end after the last
	g.on(func(number int, w http.ResponseWriter, r *http.Request, forward http.Handler) {
		appendTo(t, file, []byte(" "))
		forward.ServeHTTP(w, r)
	})
	if exit, stdout, stderr := sendCommand(t, g.URL, file); exit != 0 || !strings.Contains(stderr, "the last row had no end yet") {
		t.Errorf("exit %d: %s%s", exit, stdout, stderr)
	}
	mustHave(t, s, 3)
}

// The way from a rejected file through a user's corrections: none is lost, whatever has happened to the state meanwhile.
func TestSend_RejectedFileIsCorrected(t *testing.T) {
	t.Parallel()
	s := apitest.ServeDemo(t, storetest.SQLite(t))
	const events = 9_000
	file, g := sendable(t, events, nil), bridgeTo(t, s)
	rejected := file + ".rejected.ndjson"
	g.on(func(number int, w http.ResponseWriter, r *http.Request, forward http.Handler) {
		if number >= 5 {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		forward.ServeHTTP(w, r)
	})
	if exit, stdout, stderr := sendCommand(t, g.URL, file); exit != 3 || !strings.Contains(stdout, "4000 of 9000") {
		t.Fatalf("exit %d: %s%s", exit, stdout, stderr)
	}
	before, err := os.ReadFile(rejected)
	if err != nil {
		t.Fatal(err)
	}
	// Of the same length, as a user may well correct a number.
	corrected := bytes.Replace(before, []byte(`"number":"ACR00045000"`), []byte(`"number":"ACR00045001"`), 1)
	if err := os.WriteFile(rejected, corrected, 0o600); err != nil {
		t.Fatal(err)
	}
	earlier := written(t, "earlier", []byte("of somebody"))
	if err := os.Rename(earlier, rejected+".edited-1"); err != nil {
		t.Fatal(err)
	}
	g.on(nil)
	exit, stdout, stderr := sendCommand(t, g.URL, file)
	if exit != 1 || !strings.Contains(stdout, "9000 of 9000 events are done: 8910 processed") || !strings.Contains(stderr, "it is kept as "+rejected+".edited-2") {
		t.Errorf("exit %d: %s%s", exit, stdout, stderr)
	}
	mustHold(t, rejected+".edited-1", []byte("of somebody"))
	mustHold(t, rejected+".edited-2", corrected)
	if lines := rejectedOf(t, file); len(lines) != 50 || lines[0].Line != 4_038 {
		t.Errorf("%d lines, from %+v", len(lines), lines[0])
	}
	// Sent again without the state, the rejected file is there already.
	after, err := os.ReadFile(rejected)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(file + ".sent"); err != nil {
		t.Fatal(err)
	}
	if exit, stdout, stderr := sendCommand(t, g.URL, file); exit != 1 || !strings.Contains(stderr, "it is kept as "+rejected+".edited-3") {
		t.Errorf("exit %d: %s%s", exit, stdout, stderr)
	}
	mustHold(t, rejected+".edited-3", after)
	checkOnce(t, s, file, events)
}

func mustHold(t *testing.T, path string, want []byte) {
	t.Helper()
	if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, want) {
		t.Errorf("%s holds %d bytes, %v, and not the %d that were to be kept", filepath.Base(path), len(got), err, len(want))
	}
}

// One wrong pass code after the other does not keep the customer's right one out: no call is sent twice for events that may be
// accepted later, and every event keeps the code of its own first answer.
func TestSend_CredentialAttempts(t *testing.T) {
	t.Parallel()
	s := apitest.ServeDemo(t, storetest.SQLite(t))
	by := func(identifier, passCode string) apitest.Object {
		return apitest.Object{"accountsReceivableIdentifier": nil, "rewardsParticipantIdentifier": apitest.Object{"accessTokenIdentifier": apitest.Object{"credentials": apitest.Object{"identifier": identifier, "passCode": passCode}}}}
	}
	var text bytes.Buffer
	for i := range 6 {
		if err := json.NewEncoder(&text).Encode(apitest.Event(fmt.Sprint("nobody", i), by("nobody@example.com", fmt.Sprint(1000+i)))); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 2 {
		if err := json.NewEncoder(&text).Encode(apitest.Event(fmt.Sprint("maria", i), by("maria@example.com", fmt.Sprint(1000+i)))); err != nil {
			t.Fatal(err)
		}
	}
	file, g := written(t, "events.ndjson", text.Bytes()), bridgeTo(t, s)
	calls := make(chan int, 100)
	g.on(func(number int, w http.ResponseWriter, r *http.Request, forward http.Handler) {
		calls <- number
		forward.ServeHTTP(w, r)
	})
	if exit, stdout, stderr := sendCommand(t, g.URL, file); exit != 1 || !strings.Contains(stdout, "8 of 8 events are done: 0 processed (none of them a replay), 8 rejected") {
		t.Errorf("exit %d: %s%s", exit, stdout, stderr)
	}
	if len(calls) != 1 {
		t.Errorf("the call was sent %d times", len(calls))
	}
	for i, line := range rejectedOf(t, file) {
		want := "NotFoundAPIValueException"
		if i == 5 {
			want = "TooManyAttemptsAPIException"
		}
		if line.ErrorCode != want {
			t.Errorf("%d: %s, want %s", i, line.ErrorCode, want)
		}
	}
	if a := s.Create(t, []apitest.Object{apitest.Event("right", by("maria@example.com", "4711"))}); a.Summary.Processed != 1 {
		t.Errorf("the right pass code: %+v", a)
	}
}
