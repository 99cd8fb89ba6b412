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

// TestSend_RejectedFileIsCorrected checks that a user's corrections in a rejected file are kept, whatever
// happens to the state meanwhile.
func TestSend_RejectedFileIsCorrected(t *testing.T) {
	t.Parallel()
	s := apitest.ServeDemo(t, storetest.SQLite(t))
	const events = 9_000
	file, g := sendableFile(t, events, nil), proxyTo(t, s)
	rejected := file + ".rejected.ndjson"
	g.onCall(func(number int, w http.ResponseWriter, r *http.Request, forward http.Handler) {
		if number >= 5 {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		forward.ServeHTTP(w, r)
	})
	if exit, stdout, stderr := sendCommand(t, g.URL, file); exit != 3 ||
		!strings.Contains(stdout, "4000 of 9000") {
		t.Fatalf("exit %d: %s%s", exit, stdout, stderr)
	}
	before, err := os.ReadFile(rejected)
	if err != nil {
		t.Fatal(err)
	}
	// Of the same length, as for a corrected number.
	corrected := bytes.Replace(before, []byte(`"number":"ACR00045000"`), []byte(`"number":"ACR00045001"`), 1)
	if err := os.WriteFile(rejected, corrected, 0o600); err != nil {
		t.Fatal(err)
	}
	earlier := tempFile(t, "earlier", []byte("an earlier report"))
	if err := os.Rename(earlier, rejected+".edited-1"); err != nil {
		t.Fatal(err)
	}
	g.onCall(nil)
	exit, stdout, stderr := sendCommand(t, g.URL, file)
	if exit != 1 || !strings.Contains(stdout, "9000 of 9000 events are done: 8910 processed") ||
		!strings.Contains(stderr, "it is kept as "+rejected+".edited-2") {
		t.Errorf("exit %d: %s%s", exit, stdout, stderr)
	}
	mustContain(t, rejected+".edited-1", []byte("an earlier report"))
	mustContain(t, rejected+".edited-2", corrected)
	if lines := rejectedOf(t, file); len(lines) != 50 || lines[0].Line != 4_038 {
		t.Errorf("%d lines, from %+v", len(lines), lines[0])
	}
	// Sending again without the state finds the rejected file.
	after, err := os.ReadFile(rejected)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(file + ".sent"); err != nil {
		t.Fatal(err)
	}
	if exit, stdout, stderr := sendCommand(t, g.URL, file); exit != 1 ||
		!strings.Contains(stderr, "it is kept as "+rejected+".edited-3") {
		t.Errorf("exit %d: %s%s", exit, stdout, stderr)
	}
	mustContain(t, rejected+".edited-3", after)
	mustBeSentOnce(t, s, file, events)
}

func mustContain(t *testing.T, path string, want []byte) {
	t.Helper()
	if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, want) {
		t.Errorf("%s holds %d bytes, %v, and not the %d that were to be kept", filepath.Base(path), len(got),
			err, len(want))
	}
}

// TestSend_CredentialAttempts checks that wrong pass codes do not lock out the customer's right one: the
// sender does not repeat a call for events that may be accepted later, and every event keeps the code of
// its own first response.
func TestSend_CredentialAttempts(t *testing.T) {
	t.Parallel()
	s := apitest.ServeDemo(t, storetest.SQLite(t))
	by := func(identifier, passCode string) apitest.Object {
		return apitest.ByToken("credentials", apitest.Object{"identifier": identifier, "passCode": passCode})
	}
	var text bytes.Buffer
	for i := range 6 {
		err := json.NewEncoder(&text).Encode(apitest.Event(fmt.Sprint("unknown", i), by("unknown@example.com",
			fmt.Sprint(1000+i))))
		if err != nil {
			t.Fatal(err)
		}
	}
	for i := range 2 {
		err := json.NewEncoder(&text).Encode(apitest.Event(fmt.Sprint("maria", i), by("maria@example.com",
			fmt.Sprint(1000+i))))
		if err != nil {
			t.Fatal(err)
		}
	}
	file, g := tempFile(t, "events.ndjson", text.Bytes()), proxyTo(t, s)
	calls := make(chan int, 100)
	g.onCall(func(number int, w http.ResponseWriter, r *http.Request, forward http.Handler) {
		calls <- number
		forward.ServeHTTP(w, r)
	})
	exit, stdout, stderr := sendCommand(t, g.URL, file)
	if exit != 1 || !strings.Contains(stdout,
		"8 of 8 events are done: 0 processed (none of them a replay), 8 rejected") {
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
	a := s.Create(t, []apitest.Object{apitest.Event("right", by("maria@example.com", "4711"))})
	if a.Summary.Processed != 1 {
		t.Errorf("the right pass code: %+v", a)
	}
}
