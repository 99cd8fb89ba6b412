package e2e

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"customer-events/internal/app"
	"customer-events/internal/store/storetest"
	"customer-events/test/apitest"
)

var update = flag.Bool("update", false, "rewrite the golden files of testdata/send")

// TestSend_RejectedFile compares the rejected files with the golden files.
func TestSend_RejectedFile(t *testing.T) {
	t.Parallel()
	s := apitest.ServeDemo(t, storetest.SQLite(t))
	for name, c := range map[string]struct{ want, extension string }{
		"events.ndjson": {"10 of 10 events are done: 2 processed", ".rejected.ndjson"},
		"events.csv":    {"6 of 6 events are done: 2 processed", ".rejected.csv"},
	} {
		want := c.want
		golden := filepath.Join("testdata", "send", name)
		text, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		file := tempFile(t, name, text)
		exit, stdout, stderr := sendCommand(t, s.URL, file)
		if exit != 1 || !strings.Contains(stdout, want) ||
			!strings.Contains(stderr, file+c.extension) {
			t.Errorf("%s: exit %d: %s%s", name, exit, stdout, stderr)
		}
		got, err := os.ReadFile(file + c.extension)
		if err != nil {
			t.Fatal(err)
		}
		if *update {
			if err := os.WriteFile(golden+c.extension, got, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		rejected, err := os.ReadFile(golden + c.extension)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(rejected), string(got)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		// Sent again, the command prints the same without a call.
		if exit, stdout, stderr := sendCommand(t, "http://127.0.0.1:1", file); exit != 3 ||
			!strings.Contains(stderr, "was being sent to "+s.URL) || strings.Contains(stdout, want) {
			t.Errorf("%s to another server: exit %d: %s%s", name, exit, stdout, stderr)
		}
		if exit, stdout, stderr := sendCommand(t, s.URL, file); exit != 1 ||
			!strings.Contains(stdout, want) || !strings.Contains(stderr, "has been sent already") {
			t.Errorf("%s again: exit %d: %s%s", name, exit, stdout, stderr)
		}
	}
	event := apitest.Ask[struct{ Nodes []apitest.Object }](t, s, "webCustomerEvents",
		`{ webCustomerEvents(filter: {rewardsParticipant: {number: "RP0000000019"}}) { nodes { `+
			`description udfFloat1 } } }`, nil)
	diff := cmp.Diff([]apitest.Object{{
		"description": "two\nlines, \"quoted\"",
		"udfFloat1":   1.5,
	}}, event.Nodes)
	if diff != "" {
		t.Errorf("the CSV's event (-want +got):\n%s", diff)
	}
}

// TestSend_ChangedFile expects a cut or changed file to be rejected with nothing sent, until it is
// restored.
func TestSend_ChangedFile(t *testing.T) {
	t.Parallel()
	s := apitest.ServeDemo(t, storetest.SQLite(t))
	file := sendableFile(t, 1_200, nil)
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if exit, stdout, stderr := sendCommand(t, s.URL, file); exit != 1 ||
		!strings.Contains(stdout, "1200 of 1200") {
		t.Fatalf("exit %d: %s%s", exit, stdout, stderr)
	}
	sent := file + ".sent"
	state, err := os.ReadFile(sent)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ file, state, want string }{
		"cut": {string(text[:len(text)/2]), string(state), "has been changed since"},
		"edited": {
			strings.Replace(string(text), "www.crm.com", "www.crm.org", 1), string(state),
			"has been changed since",
		},
		"garbage": {string(text), "{", "was not written by this version"},
		"newer": {
			string(text), strings.Replace(string(state), `"format": 1`, `"format": 2`, 1),
			"was not written by this version",
		},
		"user": {string(text), strings.Replace(string(state), app.DemoUser, "anna", 1), "as anna"},
		"damaged": {
			string(text), strings.Replace(string(state), `"done": 1200`, `"done": 1`, 1), "is damaged",
		},
	} {
		for path, text := range map[string]string{file: c.file, sent: c.state} {
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		exit, _, stderr := sendCommand(t, s.URL, file)
		if exit != 3 || !strings.Contains(stderr, c.want) || !strings.Contains(stderr, "delete "+sent) {
			t.Errorf("%s: exit %d: %s", name, exit, stderr)
		}
	}
	mustBeSentOnce(t, s, file, 1_200)
}

// TestSend_UnreadableFiles expects files that cannot be sent as a whole to be rejected before anything is
// sent.
func TestSend_UnreadableFiles(t *testing.T) {
	t.Parallel()
	s := apitest.ServeDemo(t, storetest.SQLite(t))
	good := `{"accountsReceivableIdentifier":{"number":"ACR0000000020"},` +
		`"performedByUnitIdentifier":{"name":"Admin Unit"},"performedOn":"2016-06-22T15:00:00",` +
		`"website":"www.crm.com"}` + "\n"
	const header = "accountsReceivableIdentifier.number,performedByUnitIdentifier.name,performedOn,website\n"
	for name, c := range map[string]struct{ file, text, want string }{
		"array": {"x.json", "[" + good + "]", "it begins with ["},
		"columns": {
			"x.csv", "website,websiet,website\nSECRET,,\n", "the header line: column 2 has an unknown " +
				"name, website stands there twice: write names out of requestUniqueIdentifier,",
		},
		"no names": {"x.csv", "SECRET,ACR1\n", "column 1 has an unknown name"},
		"empty":    {"x.csv", "", "it is empty"},
	} {
		exit, stdout, stderr := sendCommand(t, s.URL, tempFile(t, c.file, []byte(c.text)))
		if exit != 3 || !strings.Contains(stderr, c.want) || strings.Contains(stdout+stderr, "SECRET") {
			t.Errorf("%s: exit %d: %s%s", name, exit, stdout, stderr)
		}
	}
	if exit, _, stderr := sendCommand(t, s.URL, t.TempDir()); exit != 3 ||
		!strings.Contains(stderr, "is a folder") {
		t.Errorf("a folder: exit %d: %s", exit, stderr)
	}
	if exit, _, stderr := sendCommand(t, s.URL, filepath.Join(t.TempDir(), "none")); exit != 3 ||
		!strings.Contains(stderr, "opening the file to send") {
		t.Errorf("no file: exit %d: %s", exit, stderr)
	}
	if exit, stdout, stderr := sendCommand(t, s.URL, tempFile(t, "x.ndjson", nil)); exit != 0 ||
		!strings.Contains(stdout, "0 of 0 events") {
		t.Errorf("no events: exit %d: %s%s", exit, stdout, stderr)
	}
	if got := s.CountStored(t); len(got) > 0 {
		t.Errorf("stored: %v", got)
	}
	// A line that is too long is rejected; the lines beside it are sent.
	long := tempFile(t, "x.ndjson", []byte(good+`{"description":"`+strings.Repeat("x", 300_000)+`"}`+"\n"+
		good))
	if exit, stdout, stderr := sendCommand(t, s.URL, long); exit != 1 ||
		!strings.Contains(stdout, "3 of 3 events are done: 2 processed") {
		t.Errorf("a long line: exit %d: %s%s", exit, stdout, stderr)
	}
	lines := rejectedOf(t, long)
	if len(lines) != 1 || lines[0].Line != 2 ||
		!strings.Contains(lines[0].ErrorDescription, "it has more than 262144 bytes") {
		t.Errorf("a long line: %+v", lines)
	}
	long = tempFile(t, "x.csv",
		[]byte("description,"+header+","+"ACR0000000020,Admin Unit,2016-06-22T15:00:00,www.crm.com\n"+
			strings.Repeat("x", 300_000)+",,,,\n,,,,\n"))
	exit, stdout, stderr := sendCommand(t, s.URL, long)
	if exit != 1 || !strings.Contains(stdout, "3 of 3 events are done: 1 processed") {
		t.Errorf("a long row: exit %d: %s%s", exit, stdout, stderr)
	}
}

func TestSend_Options(t *testing.T) {
	t.Parallel()
	file := tempFile(t, "x.ndjson", []byte("{}\n"))
	exit, _, stderr := apitest.Command(t, "password", "send", file, "--server", "ftp://user:CANARY@host/",
		"--patience", "25h")
	if exit != 2 || !strings.Contains(stderr, "server is not valid") ||
		!strings.Contains(stderr, "username is missing") ||
		!strings.Contains(stderr, "patience (25h) is not valid") || strings.Contains(stderr, "CANARY") {
		t.Errorf("exit %d: %s", exit, stderr)
	}
	if exit, _, stderr := apitest.Command(t, "", sendArgs("http://127.0.0.1:1", file)...); exit != 3 ||
		!strings.Contains(stderr, "the password is missing") {
		t.Errorf("exit %d: %s", exit, stderr)
	}
	if exit, _, stderr := apitest.Command(t, "password", append(sendArgs("http://127.0.0.1:1", file),
		"--patience", "1s")...); exit != 3 || !strings.Contains(stderr, "given up after 1 s") ||
		!strings.Contains(stderr, "0 of 1 events are done") {
		t.Errorf("exit %d: %s", exit, stderr)
	}
	s := apitest.ServeDemo(t, storetest.SQLite(t))
	if exit, _, stderr := apitest.Command(t, "a wrong password", sendArgs(s.URL, file)...); exit != 3 ||
		!strings.Contains(stderr, "UNAUTHENTICATED") {
		t.Errorf("exit %d: %s", exit, stderr)
	}
	if exit, _, stderr := apitest.Command(t, "password", "send", file, "--server", s.URL+"/nothing",
		"--username", app.DemoUser); exit != 3 ||
		!strings.Contains(stderr, "there is nothing at /nothing: GraphQL is at /graphql") {
		t.Errorf("exit %d: %s", exit, stderr)
	}
}
