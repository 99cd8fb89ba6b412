package importer_test

import (
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"

	"customer-events/internal/importer"
)

// encodeUTF16 encodes a text like a spreadsheet.
func encodeUTF16(text string, order binary.AppendByteOrder) string {
	var bytes []byte
	for _, unit := range utf16.Encode([]rune(text)) {
		bytes = order.AppendUint16(bytes, unit)
	}
	return string(bytes)
}

// TestRun_SeparatorsAndEncodings imports the same rows with each separator and in each encoding.
func TestRun_SeparatorsAndEncodings(t *testing.T) {
	t.Parallel()
	to := openSQLite(t)
	comma := "number,name\nA1,Ünal 😀\n\"A,2\",x\n"
	semicolon := "number;name\r\nA1;Ünal 😀\r\n\"A,2\";x\r\n"
	tab := "number\tname\nA1\tÜnal 😀\nA,2\tx\n"
	json := "{\"number\":\"A1\",\"name\":\"Ünal 😀\"}\n{\"number\":\"A,2\",\"name\":\"x\"}\n"
	for _, text := range []string{comma, semicolon, tab, json} {
		for name, encoded := range map[string]string{
			"UTF-8":         text,
			"UTF-8 BOM":     "\ufeff" + text,
			"UTF-16 LE":     encodeUTF16("\ufeff"+text, binary.LittleEndian),
			"UTF-16 BE":     encodeUTF16("\ufeff"+text, binary.BigEndian),
			"UTF-16 no BOM": encodeUTF16(text, binary.LittleEndian),
		} {
			if _, err := to.db.ExecContext(t.Context(), "DELETE FROM accounts_receivable"); err != nil {
				t.Fatal(err)
			}
			result, report := to.load(t, accounts, encoded)
			got := to.table(t, "SELECT number, name FROM accounts_receivable ORDER BY number")
			if fmt.Sprint(got) != "[A,2|x A1|Ünal 😀]" || result.Added != 2 {
				t.Errorf("%s of %q: %q %s", name, text, got, report)
			}
		}
	}
	if _, report := to.load(t, accounts, encodeUTF16("\ufeffnumber,name\nB1,", binary.LittleEndian)+
		"\x00\xd8"); !strings.Contains(report, "U+FFFD") {
		t.Errorf("half a character: %q", report)
	}
}

// TestRun_MalformedRows expects that a row that is too long, or has an unclosed quotation mark, does not
// affect the rows after it. Rows of empty cells do not count.
func TestRun_MalformedRows(t *testing.T) {
	t.Parallel()
	to := openSQLite(t)
	long := strings.Repeat("x", 70_000)
	for name, test := range map[string]struct {
		text   string
		counts string
		report []string
	}{
		"a long line": {
			"number,name\nA1,x\nA2," + long + "\nA3,x\n",
			"3 rows: 2 added, 0 changed, 0 unchanged, 1 rejected",
			[]string{"line 3: it has more than 65536 bytes"},
		},
		"a long last line": {
			"number,name\nB1,x\nB2," + long,
			"2 rows: 1 added, 0 changed, 0 unchanged, 1 rejected",
			[]string{"line 3: it has more than 65536 bytes"},
		},
		"long in quotes": {
			"number,name\nC1,\"" + long + "\"\nC2,x\n",
			"2 rows: 1 added, 0 changed, 0 unchanged, 1 rejected",
			[]string{"line 2: it has more than 65536 bytes"},
		},
		"never closed": {
			"number,name\nD1,\"x\n" + lines("D", 2, 20_000),
			"20000 rows: 19999 added, 0 changed, 0 unchanged, 1 rejected",
			[]string{"line 2: it has more than 65536 bytes: is a quotation mark not closed?"},
		},
		"not closed, short": {
			"number,name\nE1,\"x\nE2,y\n",
			"2 rows: 1 added, 0 changed, 0 unchanged, 1 rejected",
			[]string{"line 2: a quotation mark is not closed"},
		},
		"closed by the next": {
			"number,name\nF1,\"x\nF2,\"y\"\nF3,z\n",
			"3 rows: 2 added, 0 changed, 0 unchanged, 1 rejected",
			[]string{"line 2: a quotation mark is not closed"},
		},
		"empty cells": {
			"number,name,id\nG1,x,\n,,\n\n , ,\"\"\n,\nG2,x,\n,,,,\n",
			"2 rows: 2 added, 0 changed, 0 unchanged, 0 rejected",
			nil,
		},
		"only empty cells": {
			"number,name\n,\n,\n",
			"0 rows: 0 added, 0 changed, 0 unchanged, 0 rejected",
			nil,
		},
		"a key again": {
			"number,name,id\nH1,x,h1\nH2,y,\nH1,z,\nH3,x,h1\n,x,\nH4,x,\n",
			"6 rows: 3 added, 0 changed, 0 unchanged, 3 rejected",
			[]string{
				"line 4: number (H1) is given in line 2 already",
				"line 5: id (h1) is given in line 2 already",
				"line 6: number is missing",
			},
		},
		"a key of a bad row": {
			"number,name\nI1,\nI1,x\n",
			"2 rows: 1 added, 0 changed, 0 unchanged, 1 rejected",
			[]string{"line 2: name is missing"},
		},
	} {
		mustReport(t, to, name, test.text, test.counts, test.report)
	}
	mustReport(t, to, "all", "number,name\nA1,x\nA3,y\nJ1,x\n", "3 rows: 1 added, 1 changed, 1 unchanged, "+
		"0 rejected", nil)
}

func mustReport(t *testing.T, to database, name, text, counts string, want []string) {
	t.Helper()
	result, report := to.load(t, accounts, text)
	if result.String() != counts {
		t.Errorf("%s: %s\n%.500s", name, result, report)
	}
	got := strings.Split(strings.TrimSuffix(report, "\n"), "\n")
	for i, line := range want {
		if i >= len(got) || !strings.HasPrefix(got[i], line) {
			t.Errorf("%s: %.500q, not %q", name, got, line)
		}
	}
}

func lines(prefix string, from, to int) string {
	var b strings.Builder
	for i := from; i <= to; i++ {
		fmt.Fprintf(&b, "%s%d,x\n", prefix, i)
	}
	return b.String()
}

// TestRejectedFile corrects the rows in the file of rejected rows, and imports that file.
func TestRejectedFile(t *testing.T) {
	t.Parallel()
	for format, text := range map[string]string{
		"csv": "number;name\nA1;x\nA2;\nA3;y;z\n;w\n",
		"ndjson": "{\"number\":\"A1\",\"name\":\"x\"}\n{\"number\":\"A2\"}\n" +
			"{\"number\":\"A3\",\"name\":\"y\",\"z\":1}\n{\"name\":\"w\"}\n",
	} {
		to, path := openSQLite(t), filepath.Join(t.TempDir(), "accounts."+format)
		run := func(file, text string) importer.Result {
			t.Helper()
			if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			result, err := importer.Run(t.Context(), importer.Options{
				Kind:         accounts,
				File:         file,
				To:           to.store,
				Rejected:     file,
				MostReported: 1,
			})
			if err != nil {
				t.Fatal(err)
			}
			return result
		}
		result := run(path, text)
		rejected := path + ".rejected." + format
		if result.RejectedFile != rejected || result.Kept != "" || result.Bad != 3 {
			t.Errorf("%s: %+v", format, result)
		}
		data, err := os.ReadFile(rejected)
		if err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(rejected)
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v %v", format, info.Mode(), err)
		}
		for _, want := range []string{
			"A2",
			"name is missing or blank: it is mandatory",
			"number is missing",
		} {
			if !strings.Contains(string(data), want) {
				t.Errorf("%s: %s is missing:\n%s", format, want, data)
			}
		}
		// A second import keeps the file under another name, because it may contain corrections.
		if result = run(path, text); result.Kept != rejected+".1" {
			t.Errorf("%s: %+v", format, result)
		}
		kept, err := os.ReadFile(rejected + ".1")
		if err != nil || string(kept) != string(data) {
			t.Errorf("%s: %v %s", format, err, kept)
		}
		fixed := strings.Replace(strings.Replace(string(data), "A2,,", "A2,two,", 1), `"name":null`,
			`"name":"two"`, 1)
		fixed = strings.Replace(fixed, `{"error":"name is missing`, `{"name":"two","error":"name is missing`,
			1)
		if result = run(rejected, fixed); result.Added != 1 || result.Bad != 2 {
			t.Errorf("%s: %s\n%s", format, result, fixed)
		}
	}
}

// TestRejectedFile_ReadOnly: if the file of rejected rows cannot be written, the report lists all of them,
// and the import continues.
func TestRejectedFile_ReadOnly(t *testing.T) {
	t.Parallel()
	to := openSQLite(t)
	var report strings.Builder
	result, err := importer.Run(t.Context(), importer.Options{
		Kind:         accounts,
		Input:        strings.NewReader("number,name\nA1,\nA2,\nA3,x\n"),
		To:           to.store,
		Rejected:     filepath.Join(t.TempDir(), "none", "accounts.csv"),
		Report:       &report,
		MostReported: 1,
	})
	if err != nil || result.Added != 1 || result.Bad != 2 || result.RejectedFile != "" ||
		strings.Count(report.String(), "name is missing") != 2 ||
		!strings.Contains(report.String(), "no such file or directory") {
		t.Errorf("%+v, %v\n%s", result, err, &report)
	}
}
