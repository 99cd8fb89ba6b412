package e2e

import (
	"encoding/csv"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"

	"customer-events/internal/store/storetest"
	"customer-events/test/apitest"
)

const (
	csvHeader = "accountsReceivableIdentifier.number,performedByUnitIdentifier.name,performedOn,website"
	csvCells  = ",Admin Unit,2016-06-22T15:00:00,www.crm.com," // after the account
)

// csvText returns a CSV of valid events marked 0 to n-1, without every third one's account.
func csvText(n int) string {
	text := csvHeader + ",description," + apitest.MarkField + "\n"
	for i := range n {
		account := "ACR0000000020"
		if i%3 == 1 {
			account = "ACR00045000"
		}
		text += fmt.Sprintf("%s%s\"ü, \"\"%d\"\"\",%d\n", account, csvCells, i, i)
	}
	return text
}

func toUTF16(text string) string {
	units := []byte{0xff, 0xfe}
	for _, unit := range utf16.Encode([]rune(text)) {
		units = append(units, byte(unit), byte(unit>>8))
	}
	return string(units)
}

// TestSend_RejectedFileIsSent sends a file, corrects its file of rejected events in place, and sends that.
func TestSend_RejectedFileIsSent(t *testing.T) {
	t.Parallel()
	const events = 7
	ndjson := string(eventLines(t, 0, events))
	ndjson = strings.Replace(ndjson, "ACR0000000020", "ACR00045000", 1)
	named := strings.Replace(ndjson, "{", `{"requestUniqueIdentifier":"a",`, 1)
	for name, c := range map[string]struct{ file, text, extension string }{
		"NDJSON":        {"x.ndjson", ndjson, ".rejected.ndjson"},
		"NDJSON, named": {"x.json", named, ".rejected.ndjson"},
		"CSV":           {"x.csv", csvText(events), ".rejected.csv"},
		"CSV by text":   {"x.txt", csvText(events), ".rejected.csv"},
		"semicolons":    {"x.csv", strings.ReplaceAll(csvText(events), ",", ";"), ".rejected.csv"},
		"tabs":          {"x.CSV", strings.ReplaceAll(csvText(events), ",", "\t"), ".rejected.csv"},
		"CRLF":          {"x.csv", strings.ReplaceAll(csvText(events), "\n", "\r\n"), ".rejected.csv"},
		"a mark":        {"x.csv", "\ufeff" + csvText(events), ".rejected.csv"},
		"UTF-16":        {"x.csv", toUTF16(strings.ReplaceAll(csvText(events), ",", "\t")), ".rejected.csv"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := apitest.ServeDemo(t, storetest.SQLite(t))
			file := tempFile(t, c.file, []byte(c.text))
			for range 3 { // each time it sends the file of rejected events of the last time
				if exit, stdout, stderr := sendCommand(t, s.URL, file); exit != 1 ||
					!strings.Contains(stderr, "the rejected events are in "+file+c.extension) {
					t.Fatalf("exit %d: %s%s", exit, stdout, stderr)
				}
				file += c.extension
			}
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			marked := strings.HasPrefix(c.text, "\ufeff") || strings.HasPrefix(c.text, "\xff\xfe")
			if marked != strings.HasPrefix(string(text), "\ufeff") {
				t.Errorf("the byte order mark: %q", text)
			}
			if crlf := strings.Contains(string(text), "\r\n"); crlf != strings.Contains(c.text, "\r\n") {
				t.Errorf("the line ends: %q", text)
			}
			corrected := strings.ReplaceAll(string(text), "ACR00045000", "ACR0000000020")
			file = tempFile(t, "corrected"+c.extension, []byte(corrected))
			if exit, stdout, stderr := sendCommand(t, s.URL, file); exit != 0 {
				t.Errorf("corrected: exit %d: %s%s", exit, stdout, stderr)
			}
			mustBeStoredOnce(t, s, events)
		})
	}
}

// TestSend_RejectedCSV compares the rows of a file of rejected events: the columns of the sent file, then
// the reason and the line.
func TestSend_RejectedCSV(t *testing.T) {
	t.Parallel()
	s := apitest.ServeDemo(t, storetest.SQLite(t))
	const good = csvCells
	file := tempFile(t, "x.csv", []byte(csvHeader+",description\n"+
		"ACR0000000020"+good+"good\n"+
		"ACR1"+good+"\"two\nlines\"\n"+
		"ACR1"+good+"a,b\n"+
		"ACR1,Admin Unit\n"+
		"ACR0000000020"+good+"\"not closed\n"+
		"ACR0000000020"+good+"good\n"+
		"ACR0000000020"+good+"15\" wide\n"+
		"ACR0000000020"+good+"\xff\n"+
		"ACR0000000020"+good+strings.Repeat("x", 1<<20)+"\n"))
	if exit, stdout, stderr := sendCommand(t, s.URL, file); exit != 1 ||
		!strings.Contains(stdout, "9 of 9 events are done: 2 processed") ||
		!strings.Contains(stderr, "line 7: a quotation mark is not closed") {
		t.Errorf("exit %d: %s%s", exit, stdout, stderr)
	}
	text, err := os.Open(file + ".rejected.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer text.Close()
	reader := csv.NewReader(text)
	reader.FieldsPerRecord = -1
	var got [][]string
	for {
		record, err := reader.Read()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		record[5] = strings.SplitN(record[5], ":", 2)[0]
		got = append(got, record)
	}
	row := func(account, description, reason string, line ...string) []string {
		return append([]string{account, "Admin Unit", "2016-06-22T15:00:00", "www.crm.com", description, reason},
			line...)
	}
	want := [][]string{
		strings.Split(csvHeader+",description,error,line", ","),
		row("ACR1", "two\nlines", "Account (ACR1) Not Found. (NotFoundAPIValueException)", "3"),
		row("ACR1", "a", "Line 5 Is Not An Event", "5", "b"),
		{"ACR1", "Admin Unit", "", "", "", "Line 6 Is Not An Event", "6"},
		row("ACR0000000020", "\"not closed", "Line 7 Is Not An Event", "7"),
		row("ACR0000000020", "15\" wide", "Line 9 Is Not An Event", "9"),
		row("ACR0000000020", "\xff", "Line 10 Is Not An Event", "10"),
		{"", "", "", "", "", "Line 11 Is Not An Event", "11"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestSend_UnclosedQuote expects a quotation mark that is not closed to reject its own line only, however
// long the rest of the file is.
func TestSend_UnclosedQuote(t *testing.T) {
	t.Parallel()
	s := apitest.ServeDemo(t, storetest.SQLite(t))
	for name, rows := range map[string]int{"short": 3, "more than a row may have": 40_000} {
		t.Run(name, func(t *testing.T) {
			const row = "ACR0000000020" + csvCells + "\n"
			bad := strings.Replace(row, ",", ",\"", 1)
			file := tempFile(t, "x.csv", []byte(csvHeader+",description\n"+row+bad+strings.Repeat(row, rows)))
			exit, stdout, stderr := sendCommand(t, s.URL, file)
			want := fmt.Sprintf("%d processed (none of them a replay), 1 rejected", rows+1)
			if exit != 1 || !strings.Contains(stdout, want) || !strings.Contains(stderr, "line 3: ") {
				t.Errorf("exit %d: %s%s", exit, stdout, stderr)
			}
		})
	}
}

// TestSend_LinesOfRejectedFiles expects only a line that send has written to be read as such.
func TestSend_LinesOfRejectedFiles(t *testing.T) {
	t.Parallel()
	s := apitest.ServeDemo(t, storetest.SQLite(t))
	event := strings.TrimSpace(string(eventLines(t, 0, 1)))
	for name, c := range map[string]struct{ line, want string }{
		"the event and its line": {`{"line":7,"event":` + event + `}`, "1 processed"},
		"the event alone":        {`{"event":` + event + `}`, "1 processed"},
		"blanks":                 {` { "event" : ` + event + ` , "problems" : [ ] } `, "1 processed"},
		"no event":               {`{"line":7,"event":null}`, "write the corrected event in place of null"},
		"no object":              {`{"line":7,"event":[]}`, "write one JSON object a line"},
		"an unknown member":      {`{"event":` + event + `,"website":"a"}`, "event Is Not A Field"},
	} {
		t.Run(name, func(t *testing.T) {
			exit, stdout, stderr := sendCommand(t, s.URL, tempFile(t, "x.ndjson", []byte(c.line+"\n")))
			if !strings.Contains(stdout+stderr, c.want) || (exit == 0) != (c.want == "1 processed") {
				t.Errorf("exit %d: %s%s", exit, stdout, stderr)
			}
		})
	}
}

// TestSend_AllRejected expects a file of which nothing was stored to be sent again once it is corrected in
// place, and a file of which something was stored not to be.
func TestSend_AllRejected(t *testing.T) {
	t.Parallel()
	s := apitest.ServeDemo(t, storetest.SQLite(t))
	for name, c := range map[string]struct {
		from, to string // the unit
		exit     int
		want     string
	}{
		"corrected":       {"Nowhere", "Admin Unit", 0, ""},
		"still wrong":     {"Nowhere", "Elsewhere", 1, "Unit (Elsewhere) Not Found"},
		"not all of them": {"Admin Unit", "Web Shop", 3, "has been changed since"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text := strings.ReplaceAll(csvText(6), "Admin Unit", c.from)
			file := tempFile(t, "x.csv", []byte(text))
			if exit, stdout, stderr := sendCommand(t, s.URL, file); exit != 1 {
				t.Fatalf("exit %d: %s%s", exit, stdout, stderr)
			}
			if exit, _, stderr := sendCommand(t, s.URL, file); exit != 1 ||
				!strings.Contains(stderr, "has been sent already") {
				t.Errorf("unchanged: exit %d: %s", exit, stderr)
			}
			text = strings.NewReplacer(c.from, c.to, "ACR00045000", "ACR0000000020").Replace(text)
			if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			exit, stdout, stderr := sendCommand(t, s.URL, file)
			if exit != c.exit || !strings.Contains(stderr, c.want) || strings.Contains(stderr, "is kept as") {
				t.Errorf("exit %d: %s%s", exit, stdout, stderr)
			}
			if _, err := os.Stat(file + ".rejected.csv"); (err == nil) != (c.exit != 0) {
				t.Errorf("the file of rejected events: %v", err)
			}
		})
	}
}

// TestSend_RejectedCSVAfterInterruption expects the file of rejected events of an interrupted run to be the
// same as that of one without interruption: with one header line, and each row once.
func TestSend_RejectedCSVAfterInterruption(t *testing.T) {
	t.Parallel()
	s := apitest.ServeDemo(t, storetest.SQLite(t))
	text := []byte(csvText(5_000))
	whole, file, g := tempFile(t, "x.csv", text), tempFile(t, "x.csv", text), proxyTo(t, s)
	if exit, stdout, stderr := sendCommand(t, s.URL, whole); exit != 1 {
		t.Fatalf("exit %d: %s%s", exit, stdout, stderr)
	}
	for _, most := range []int{1, 2, 5} {
		g.onCall(func(number int, w http.ResponseWriter, r *http.Request, forward http.Handler) {
			if number > most {
				w.WriteHeader(http.StatusForbidden)
				return
			}
			forward.ServeHTTP(w, r)
		})
		if exit, stdout, stderr := sendCommand(t, g.URL, file); exit != 3 && exit != 1 {
			t.Fatalf("exit %d: %s%s", exit, stdout, stderr)
		}
	}
	want, err := os.ReadFile(whole + ".rejected.csv")
	if err != nil {
		t.Fatal(err)
	}
	mustContain(t, file+".rejected.csv", want)
}
