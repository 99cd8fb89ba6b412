package e2e

import (
	"bytes"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"customer-events/internal/app"
	"customer-events/internal/store/storetest"
	"customer-events/test/apitest"
)

func checkCommand(t *testing.T, url, file string) (exit int, stdout, stderr string) {
	t.Helper()
	return apitest.Command(t, app.DemoPassword+"\n", append(sendArgs(url, file), "--check")...)
}

// filesBeside returns the names of the files in the folder of a file.
func filesBeside(t *testing.T, file string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Dir(file))
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	return names
}

// TestSend_Check compares a check with the run that follows it: the same exit status and the same rejected
// events, but nothing is stored or remembered.
func TestSend_Check(t *testing.T) {
	t.Parallel()
	s := apitest.ServeDemo(t, storetest.SQLite(t))
	for _, name := range []string{"events.ndjson", "events.csv"} {
		text, err := os.ReadFile(filepath.Join("testdata", "send", name))
		if err != nil {
			t.Fatal(err)
		}
		file := tempFile(t, name, text)
		extension := ".rejected" + filepath.Ext(name)
		golden, err := os.ReadFile(filepath.Join("testdata", "send", name+extension))
		if err != nil {
			t.Fatal(err)
		}
		before := s.CountStored(t)
		for range 2 {
			exit, stdout, stderr := checkCommand(t, s.URL, file)
			if exit != 1 || !strings.Contains(stdout, " events are checked, nothing was stored") ||
				!strings.Contains(stdout, " 2 processed (none of them a replay), ") ||
				!strings.Contains(stderr, "line 7: ") ||
				!strings.Contains(stderr, "the events that would be rejected are in "+file+extension) {
				t.Errorf("%s: exit %d: %s%s", name, exit, stdout, stderr)
			}
			want := []string{name, name + extension}
			if diff := cmp.Diff(want, filesBeside(t, file)); diff != "" {
				t.Errorf("%s: the files (-want +got):\n%s", name, diff)
			}
			mustContain(t, file+extension, golden)
		}
		if diff := cmp.Diff(before, s.CountStored(t)); diff != "" {
			t.Errorf("%s: stored (-before +after):\n%s", name, diff)
		}
		if exit, stdout, stderr := sendCommand(t, s.URL, file); exit != 1 ||
			!strings.Contains(stdout, "2 processed (none of them a replay)") {
			t.Errorf("%s, sent: exit %d: %s%s", name, exit, stdout, stderr)
		}
		// The check of a file that has been sent changes nothing of that run.
		state, err := os.ReadFile(file + ".sent")
		if err != nil {
			t.Fatal(err)
		}
		if exit, stdout, stderr := checkCommand(t, s.URL, file); exit != 1 ||
			!strings.Contains(stdout, " 2 processed (2 of them replays)") {
			t.Errorf("%s, checked again: exit %d: %s%s", name, exit, stdout, stderr)
		}
		mustContain(t, file+".sent", state)
		mustContain(t, file+extension, golden)
	}
}

// TestSend_CheckAcceptable expects a check without rejected events to leave no file, and the exit status 0.
func TestSend_CheckAcceptable(t *testing.T) {
	t.Parallel()
	s := apitest.ServeDemo(t, storetest.SQLite(t))
	file := tempFile(t, "events.ndjson", eventLines(t, 0, 2_500))
	exit, stdout, stderr := checkCommand(t, s.URL, file)
	if exit != 0 || !strings.Contains(stdout, "2500 of 2500 events are checked") ||
		!strings.Contains(stdout, "2500 processed (none of them a replay), 0 rejected") || stderr != "" {
		t.Errorf("exit %d: %s%s", exit, stdout, stderr)
	}
	if diff := cmp.Diff([]string{"events.ndjson"}, filesBeside(t, file)); diff != "" {
		t.Errorf("the files (-want +got):\n%s", diff)
	}
	if got := s.CountStored(t); len(got) > 0 {
		t.Errorf("stored: %v", got)
	}
	if exit, stdout, stderr := sendCommand(t, s.URL, file); exit != 0 ||
		!strings.Contains(stdout, "2500 processed (none of them a replay)") {
		t.Errorf("sent: exit %d: %s%s", exit, stdout, stderr)
	}
}

// TestSend_CheckKeepsOtherFiles expects a check not to overwrite a user's corrections, nor the file of
// rejected events of an interrupted run, which continues afterwards.
func TestSend_CheckKeepsOtherFiles(t *testing.T) {
	t.Parallel()
	s := apitest.ServeDemo(t, storetest.SQLite(t))
	const events = 6_000
	file, g := sendableFile(t, events, nil), proxyTo(t, s)
	rejected := file + ".rejected.ndjson"
	if err := os.WriteFile(rejected, []byte("corrections\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if exit, _, stderr := checkCommand(t, s.URL, file); exit != 1 ||
		!strings.Contains(stderr, "it is kept as "+rejected+".edited-1") {
		t.Errorf("exit %d: %s", exit, stderr)
	}
	mustContain(t, rejected+".edited-1", []byte("corrections\n"))
	if lines := rejectedOf(t, file); len(lines) != events/100 {
		t.Errorf("%d events are rejected", len(lines))
	}
	if err := os.Remove(rejected); err != nil {
		t.Fatal(err)
	}
	g.onCall(func(number int, w http.ResponseWriter, r *http.Request, forward http.Handler) {
		if number >= 5 { // the four before it are in flight together
			w.WriteHeader(http.StatusForbidden)
			return
		}
		forward.ServeHTTP(w, r)
	})
	if exit, stdout, stderr := sendCommand(t, g.URL, file); exit != 3 {
		t.Fatalf("exit %d: %s%s", exit, stdout, stderr)
	}
	before, err := os.ReadFile(rejected)
	if err != nil {
		t.Fatal(err)
	}
	if exit, _, stderr := checkCommand(t, s.URL, file); exit != 1 ||
		!strings.Contains(stderr, "are in "+rejected+".check-1") {
		t.Errorf("exit %d: %s", exit, stderr)
	}
	mustContain(t, rejected, before)
	text, err := os.ReadFile(rejected + ".check-1")
	if lines := bytes.Count(text, []byte("\n")); err != nil || lines != events/100 {
		t.Errorf("the check rejects %d events, %v", lines, err)
	}
	g.onCall(nil)
	if exit, stdout, stderr := sendCommand(t, g.URL, file); exit != 1 ||
		!strings.Contains(stdout, "6000 of 6000 events are done: 5940 processed") {
		t.Errorf("continued: exit %d: %s%s", exit, stdout, stderr)
	}
	mustBeSentOnce(t, s, file, events)
}

// TestSend_CheckFails expects an interrupted check to leave no file.
func TestSend_CheckFails(t *testing.T) {
	t.Parallel()
	s := apitest.ServeDemo(t, storetest.SQLite(t))
	file, g := sendableFile(t, 6_000, nil), proxyTo(t, s)
	g.onCall(func(number int, w http.ResponseWriter, r *http.Request, forward http.Handler) {
		if number >= 5 { // the four before it are in flight together
			w.WriteHeader(http.StatusForbidden)
			return
		}
		forward.ServeHTTP(w, r)
	})
	exit, stdout, stderr := checkCommand(t, g.URL, file)
	if exit != 3 || !strings.Contains(stderr, " of 6000 events are checked") ||
		strings.Contains(stderr, "goes on from there") {
		t.Errorf("exit %d: %s%s", exit, stdout, stderr)
	}
	if diff := cmp.Diff([]string{"events.ndjson"}, filesBeside(t, file)); diff != "" {
		t.Errorf("the files (-want +got):\n%s", diff)
	}
}
